import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.types import Part, Passage, SourceText, Span


@pytest.mark.parametrize(("offset", "page"), [(0, 1), (4, 1), (5, 2), (8, 2), (9, 4), (30, 4)])
def test_pages_are_physical_and_begin_at_one(offset, page):
    # The third page is empty: it begins where the fourth does.
    source = SourceText("a.pdf", "x" * 31, "0" * 64, page_starts=(0, 5, 9, 9))
    assert source.page_at(offset) == page


def test_a_format_without_pages_has_none():
    assert SourceText("a.txt", "text", "0" * 64).page_at(2) is None


@pytest.mark.parametrize(("offset", "line"), [(0, 1), (3, 1), (4, 2), (5, 3), (8, 3)])
def test_lines_begin_at_one(offset, line):
    assert SourceText("a.txt", "one\n\nlast", "0" * 64).line_at(offset) == line


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_those_of_an_editor(end):
    text = end.join(["one", "", "two\fthree\u2028four", "five"])
    source = SourceText("a.txt", text, "0" * 64)
    assert [source.line_at(text.index(word)) for word in ("one", "two", "three", "four", "five")] == [1, 3, 3, 3, 4]
    assert source.line_at(len(text)) == 4


@given(st.text(st.sampled_from("a\r\n"), max_size=20))
def test_the_second_half_of_a_line_end_belongs_to_its_line(text):
    source = SourceText("a.txt", text, "0" * 64)
    lines = text.replace("\r\n", "_\n").replace("\r", "\n")
    expected = [lines.count("\n", 0, offset) + 1 for offset in range(len(text))]
    assert [source.line_at(offset) for offset in range(len(text))] == expected


class Counted(tuple):
    """Parts that count how often they are gone through."""

    scans = 0

    def __iter__(self):
        self.scans += 1
        return super().__iter__()


def test_places_of_a_long_table_are_looked_up_not_searched():
    rows = [Part(10 * number, 10 * number + 9, "row", str(number + 2)) for number in range(500)]
    parts = Counted([Part(0, 3000, "sheet", "Stock"), *rows[:300], Part(3000, 4999, "sheet", "Sold"), *rows[300:]])
    source = SourceText("a.xlsx", "x" * 5000, "0" * 64, parts=parts)
    assert [source.row_at(offset) for offset in range(0, 5000, 10)] == list(range(2, 502))
    assert [source.row_at(offset) for offset in (9, 2999, 4999)] == [None, None, None]
    assert [source.section_at(offset) for offset in (0, 2999, 3000, 4998, 4999)] == [
        *[["Stock"]] * 2, *[["Sold"]] * 2, []
    ]  # fmt: skip
    assert parts.scans <= 2


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=8))
def test_a_section_is_where_its_part_says(places):
    spans = sorted({(min(place), max(place)) for place in places}, key=lambda span: (span[0], -span[1]))
    parts = tuple(Part(start, end, "heading", f"{start}-{end}") for start, end in spans)
    source = SourceText("a.html", "x" * 13, "0" * 64, parts=parts)
    for offset in range(14):
        assert source.section_at(offset) == [part.value for part in parts if part.start <= offset < part.end]


# No file system allows a NUL in a name.
NAMES = st.text(st.characters(exclude_characters="\0"))


@given(*[st.tuples(NAMES, st.integers(0), st.integers(0), st.text())] * 2)
def test_passages_that_differ_have_different_ids(one, other):
    assert (Passage(*one).id == Passage(*other).id) == (one == other)


def test_a_passages_id_does_not_change_with_the_version():
    passage = Passage("a.txt", 0, 4, "text", page=3, title="T")
    assert passage.id == Passage("a.txt", 0, 4, "text").id
    assert passage.id == "2195a0cca70906542652076aaf6366dff64151bdbef6c8d9121f495f48d12ba1"


def test_a_lone_surrogate_does_not_break_the_id():
    assert len(Passage("caf\udce9.txt", 0, 1, "x").id) == 64


def test_margin():
    assert Span(0, 1, start_logit=3.0, end_logit=4.0, null_logit=1.5).margin == 5.5
