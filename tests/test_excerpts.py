"""What a passage takes along of its source text says of its places what the text itself says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.excerpts import excerpt, source_of
from spanwise.types import Part, Passage, SourceText

LETTERS = st.text("ab \n\r", min_size=1, max_size=60)


@st.composite
def texts(draw):
    """A text with some of pages, labels, parts and lines, and slices of it that are passages."""
    text = draw(LETTERS)
    places = st.integers(0, len(text))
    starts = labels = None
    if draw(st.booleans()):
        starts = (0, *sorted(draw(st.lists(places, max_size=6))))
        labels = draw(st.none() | st.just(tuple(f"p{number}" for number in range(len(starts)))))
    sections = sorted(tuple(sorted(pair)) for pair in draw(st.lists(st.tuples(places, places), max_size=3)))
    parts, end = [], 0
    for begin, stop in sections:
        if end <= begin < stop:
            parts.append(Part(begin, stop, "heading", f"section {begin}"))
            end = stop
    source = SourceText("a.txt", text, "0" * 64, "A title", starts, labels, tuple(parts), draw(st.booleans()))
    slices = draw(st.lists(st.tuples(places, places), min_size=1, max_size=5))
    passages = []
    for begin, stop in map(sorted, slices):
        words = text[begin:stop].strip()
        if words:
            at = begin + text[begin:stop].index(words)
            passages.append(Passage("a.txt", at, at + len(words), words, source.page_at(at), source.title))
    return source, passages


@given(texts())
def test_every_place_in_a_passage_is_cited_as_in_the_whole_text(made):
    source, passages = made
    if not passages:
        return
    found = source_of([(passage, excerpt(source, passage)) for passage in passages])
    assert (found.file, found.title, found.sha256) == (source.file, source.title, source.sha256)
    for passage in passages:
        assert passage.stands_in(found)
        for start in range(passage.start, passage.end):
            assert found.cite(start, start + 1) == source.cite(start, start + 1)


def test_passages_of_another_version_of_the_file_are_left_out():
    new, old = (SourceText("a.txt", text, digest * 64) for text, digest in (("new words", "1"), ("older words", "2")))
    first, second = Passage("a.txt", 0, 3, "new", None), Passage("a.txt", 6, 11, "words", None)
    found = source_of([(first, excerpt(new, first)), (second, excerpt(old, second))])
    assert found.text == "new"
    assert not second.stands_in(found)


@pytest.mark.parametrize("has_lines", [True, False])
def test_what_there_is_nothing_of_is_left_out(has_lines):
    source = SourceText("a.txt", "some words", "1" * 64, has_lines=has_lines)
    said = excerpt(source, Passage("a.txt", 0, 4, "some", None))
    assert said == {"sha256": "1" * 64} | ({"line": 1} if has_lines else {})
