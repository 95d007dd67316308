import pytest

from spanwise.convert.text import separated
from spanwise.convert.text.separated import convert_table


def text_of(table, suffix=".csv"):
    return convert_table(table.encode(), suffix).text


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_each_row_names_its_columns(sign):
    rows = [["Article", "Name", "Price"], ["A-1003", "Telescopic ladder", "149"], ["A-1004", "", "20"]]
    assert text_of("\n".join(sign.join(row) for row in rows)) == (
        "Article | Name | Price\nArticle: A-1003; Name: Telescopic ladder; Price: 149\nArticle: A-1004; Price: 20"
    )


def test_rows_keep_the_lines_and_numbers_of_the_file():
    found = convert_table(b'Name;Note\r\nA;"two\r\nlines"\r\n\r\nB;"x; y"\r\n')
    assert found.text.split("\n") == ["Name | Note", "Name: A; Note: two lines", "", "", "Name: B; Note: x; y"]
    rows = {found.text[part.start : part.end]: part.value for part in found.parts}
    assert rows == {"Name | Note": "1", "Name: A; Note: two lines": "2", "Name: B; Note: x; y": "4"}


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("Prices of 2024\n\nArticle,Price\nA,1.50\n", "Prices of 2024\n\nArticle | Price\nArticle: A; Price: 1.50"),
        ("1,2\n3,4\n", "1 | 2\n3 | 4"),
        ("sep=;\nName;Price\nA;1,50\n", "\nName | Price\nName: A; Price: 1,50"),
        ("Name;Price\nA;1,50\nB;2,75\n", "Name | Price\nName: A; Price: 1,50\nName: B; Price: 2,75"),
        ("one\ntwo\n", "one\ntwo"),
        ("Name,Price\nA,1,more\n", "Name | Price\nName: A; Price: 1; more"),
        (
            "Konto;DE12\n\nTag;An;Wert\n2.1.;Falk;-45,20\n3.1.;Roth;7,00\n",
            "Konto | DE12\n\nTag | An | Wert\nTag: 2.1.; An: Falk; Wert: -45,20\nTag: 3.1.; An: Roth; Wert: 7,00",
        ),
        (
            "# Made by a tool, version 2\nName,Town,Site\nAda,Ulm,A\n",
            "# Made by a tool | version 2\nName | Town | Site\nName: Ada; Town: Ulm; Site: A",
        ),
        ("# one,two\np,a,b\np,c,d\n", "# one | two\np | a | b\np | c | d"),
        ("Ada,Sales,Ulm\nBob,Sales,Bonn\n", "Ada | Sales | Ulm\nBob | Sales | Bonn"),
        ("p,user,get\np,admin,set\n", "p | user | get\np | admin | set"),
        ("Land,2019,2020\nUlm,4,5\n", "Land | 2019 | 2020\nLand: Ulm; 2019: 4; 2020: 5"),
    ],
)
def test_headers_and_separators_are_found_out(table, text):
    assert text_of(table) == text


def test_tabs_separate_a_tsv():
    assert text_of("Name\tPrice, net\nA\t1,50\n", ".tsv") == "Name | Price, net\nName: A; Price, net: 1,50"


def test_a_quotation_mark_that_nothing_closes_swallows_nothing():
    table = 'Name,Size\nPipe,2"\n"Nail,5\n' + "Bolt,7\n" * 300
    assert text_of(table).count("Name: Bolt; Size: 7") == 300


def test_a_table_of_too_many_rows_says_so(monkeypatch):
    monkeypatch.setattr(separated, "MOST_ROWS", 100)
    found = convert_table(b"Name,Price\n" + b"A,1\n" * 1000)
    assert found.text.endswith("Only the first 100 rows of this file were read.")
    assert found.warning == "Only the first 100 rows of this file were read."
    assert (found.parts[-1].kind, found.parts[-1].value) == ("left_out", "bound")
    assert found.text.count("Name: A") == 99
