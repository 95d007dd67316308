import doctest

from spanwise.convert import text_writer
from spanwise.convert.text_writer import TextWriter


def test_docstring_example():
    result = doctest.testmod(text_writer)
    assert result.attempted > 0
    assert result.failed == 0


def test_white_space_between_pieces_counts_once():
    writer = TextWriter()
    for piece in ("one ", " two", "\n", "three", "four"):
        writer.words(piece)
    assert writer.text() == "one two threefour"


def test_no_line_ends_before_or_after_the_text():
    writer = TextWriter()
    writer.end_line(2)
    writer.words("text")
    writer.end_line(2)
    assert writer.text() == "text"


def test_the_larger_break_wins():
    writer = TextWriter()
    writer.words("a")
    writer.end_line(2)
    writer.end_line(1)
    writer.words("b")
    assert writer.text() == "a\n\nb"


def test_items_with_paragraphs_are_set_apart():
    writer = TextWriter()
    for paragraphs in (["a"], ["b", "c"], ["d"]):
        writer.open_item("1. ", follows="item")
        for paragraph in paragraphs:
            writer.end_line(2)
            writer.words(paragraph)
        writer.close_item()
    assert writer.text() == "1. a\n1. b\n\n   c\n\n1. d"


def test_verbatim_lines_keep_their_spaces_and_blank_lines():
    writer = TextWriter()
    writer.open_item("    ")
    writer.verbatim("if x:\n    y\n\nz")
    assert writer.text() == "    if x:\n        y\n\n    z"
