import doctest

import pytest

from spanwise.convert import extracted, tables
from spanwise.convert.extracted import heading_parts
from spanwise.convert.tables import Cell, expand, implied_header_rows, looks_like_header, table_lines


def lines(rows, header_rows=None):
    return [line for _, line in table_lines(rows, header_rows)]


def head(*texts):
    return [Cell(text, is_header=True) for text in texts]


def body(*texts):
    return [Cell(text) for text in texts]


@pytest.mark.parametrize("module", [tables, extracted])
def test_docstring_examples(module):
    result = doctest.testmod(module)
    assert result.attempted > 0
    assert result.failed == 0


def test_each_row_names_its_columns():
    rows = [head("Article", "Name", "Price"), body("A-1003", "Telescopic ladder", "149"), body("A-1004", "", "20")]
    assert lines(rows) == [
        "Article: A-1003; Name: Telescopic ladder; Price: 149",
        "Article: A-1004; Price: 20",
    ]
    assert [number for number, _ in table_lines(rows)] == [2, 3]


def test_two_header_rows_are_read_from_above():
    rows = [
        [Cell("Machine", rows=2, is_header=True), Cell("Torque", columns=2, is_header=True)],
        head("front", "rear"),
        body("Lathe", "25", "30"),
    ]
    assert lines(rows) == ["Machine: Lathe; Torque front: 25; Torque rear: 30"]


def test_a_cell_merged_over_columns_counts_for_each():
    rows = [head("Day", "Morning", "Evening"), [Cell("Sunday"), Cell("closed", columns=2)]]
    assert lines(rows) == ["Day: Sunday; Morning: closed; Evening: closed"]


def test_a_cell_merged_over_rows_counts_for_each():
    rows = [head("Day", "Opens"), [Cell("Monday"), Cell("9:00", rows=0)], [Cell("Tuesday")], [Cell("Friday")]]
    assert lines(rows) == ["Day: Monday; Opens: 9:00", "Day: Tuesday; Opens: 9:00", "Day: Friday; Opens: 9:00"]


def test_a_cell_over_the_whole_row_is_a_heading():
    rows = [head("Fare", "Price"), [Cell("Weekdays", columns=2)], body("Child", "4")]
    assert lines(rows) == ["Weekdays", "Fare: Child; Price: 4"]


def test_a_header_over_the_whole_row_is_the_title():
    rows = [[Cell("Fares", columns=2, is_header=True)], head("Fare", "Price"), body("Child", "4")]
    assert lines(rows) == ["Fares", "Fare: Child; Price: 4"]


def test_row_headers_name_what_stands_beside_them():
    rows = [[Cell("Height:", is_header=True), Cell("31 m")], [Cell("Built", is_header=True), Cell("1987")]]
    assert lines(rows) == ["Height: 31 m", "Built: 1987"]


def test_without_a_header_cells_stand_side_by_side():
    assert lines([body("a", "", "b"), body("", "", ""), body("c", "d", "")]) == ["a |  | b", "c | d"]


def test_a_header_over_empty_columns_is_not_lost():
    assert lines([head("Name", "Remarks"), body("Ida", "")]) == ["Name | Remarks", "Name: Ida"]


def test_a_very_long_header_is_written_once():
    long = "word " * 20 + "end"
    assert lines([head("Name", long), body("Ida", "x")]) == [f"Name | {long}", "Name: Ida; x"]


def test_a_table_of_nothing_but_headers():
    assert lines([head("Name", "Port")]) == ["Name | Port"]


def test_spans_beyond_the_table_end_with_it():
    grid = expand([[Cell("a", rows=9, columns=100_000)], [Cell("b")]])
    assert [len(row) for row in grid] == [1000, 1001]
    huge = [[Cell("x", rows=65_534, columns=1000)]] * 20_000
    assert sum(map(len, expand(huge))) < 4_000_000


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (["Article", "Price"], True),
        (["Article", "12.50"], False),
        (["2024-01-03", "x"], False),
        (["a", "a"], False),
        (["Report of the year", "", "", "", ""], False),
        (["Year", "2023 (est.)", "Remarks"], True),
        (["Region", "2019", "2020"], True),
        (["Region", "2020/21", "2019/20"], True),
        (["Region", "2019"], False),
        (["Region", "2019", "2022", "2020"], False),
        (["2018", "2019", "2020"], False),
        (["Region", "2019", "120"], False),
    ],
)
def test_looks_like_header(first, expected):
    assert looks_like_header(first, [["a", "1"]]) is expected


def test_names_of_many_columns_may_be_long_or_repeated():
    names = [f"Question {number}" for number in range(8)]
    assert looks_like_header([*names, "Other", "Other"], [["yes"] * 10])
    assert looks_like_header([*names, "Why " * 30], [["yes"] * 9])
    assert not looks_like_header([*names[:3], "Why " * 30], [["yes"] * 4])
    assert not looks_like_header([*names[:4], "a", "a", "a", "b", "b"], [["yes"] * 9])


def test_what_is_said_again_in_its_column_is_no_name():
    assert not looks_like_header(["Ada", "Sales"], [["Bob", "Sales"]])
    assert looks_like_header(["Name", "Unit"], [["Ada", "Sales"], ["Name", "Unit"], ["Bob", "Sales"]])


def test_years_over_years_are_no_header():
    assert not looks_like_header(["Ada", "1815", "1852"], [["Alan", "1912", "1954"]])


LEVEL, PRICE = Cell("Level"), Cell("Price")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([["Region", "2019", "2020"], ["North", "100", "120"]], 1),
        ([["Item", "Unit", PRICE, PRICE], ["Oil", "l", "@", "$5"], ["Tar", "kg", "@", "$7"]], 1),
        ([["Host", LEVEL, LEVEL, "Site"], ["", "Low", "High", ""], ["a1", "x", "", "North"]], 2),
        ([["", PRICE, PRICE, LEVEL, LEVEL], ["Item", "2019", "2020", "min", "max"], ["Oil", "4", "5", "1", "9"]], 2),
        ([["Owner", LEVEL, LEVEL], ["Street", "12", "b"], ["Town", "Ulm", ""]], 0),
        ([["Host", "Site", LEVEL, LEVEL], ["a1", "North", "low", "high"], ["a2", "South", "low", "low"]], 1),
        ([[LEVEL, LEVEL, LEVEL], ["a", "b", "c"]], 0),
    ],
)
def test_rows_that_name_the_columns_are_told(rows, expected):
    cells = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
    assert implied_header_rows(cells) == expected


def test_headings_stand_over_what_follows():
    parts = heading_parts([(0, 1, "A"), (5, 3, "B"), (9, 2, "C"), (12, 2, "D")], 20)
    assert [(part.start, part.end, part.value) for part in parts] == [
        (0, 20, "A"),
        (5, 9, "B"),
        (9, 12, "C"),
        (12, 20, "D"),
    ]
