import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.evaluate.evidence import PhraseSearch, Words

TEXT = st.text(alphabet="ab -.\n\t_é", max_size=40)


def test_words_and_their_places():
    words = Words("- the  (big) dog")
    assert words.phrase(0, len(words)) == "the big dog"
    assert words.within(4, 12) == (0, 2)
    assert words.span(1, 3) == (8, 16)


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [(0, 1, (0, 0)), (2, 3, (0, 1)), (5, 9, (1, 2)), (3, 9, (0, 2)), (12, 13, (2, 2)), (6, 16, (1, 3))],
)
def test_within_takes_the_words_that_are_touched(start, end, expected):
    assert Words("- the  (big) dog").within(start, end) == expected


@given(TEXT, st.data())
def test_a_span_of_words_holds_what_was_asked_for(text, data):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    words = Words(text)
    first, stop = words.within(start, end)
    touched = words.phrase(first, stop)
    assert "".join(Words(text[start:end]).phrase(0, 99).split()) in touched.replace(" ", "")
    if first < stop:
        begin, after = words.span(first, stop)
        assert Words(text[begin:after]).phrase(0, 99) == touched


def test_search_finds_every_place():
    texts = {"a": "One two,\nthree. One two three", "b": "", "c": "* three\n* one two  three - four"}
    search = PhraseSearch(texts)
    assert list(search.find("two three")) == [("a", 1), ("a", 4), ("c", 2)]
    assert [texts[file][slice(*search.span(file, at, at + 2))] for file, at in search.find("two three")] == [
        "two,\nthree",
        "two three",
        "two  three",
    ]


def test_search_finds_whole_words_within_one_text():
    search = PhraseSearch({"a": "lantern", "b": "ant hill", "c": "an ant"})
    assert list(search.find("ant")) == [("b", 0), ("c", 1)]
    assert list(search.find("hill an")) == []
    assert list(search.find("")) == []


@given(st.lists(TEXT, min_size=1, max_size=4), st.data())
def test_search_finds_what_is_there(texts, data):
    files = {str(number): text for number, text in enumerate(texts)}
    file = data.draw(st.sampled_from(sorted(files)))
    words = Words(files[file])
    first = data.draw(st.integers(0, len(words)))
    stop = data.draw(st.integers(first, len(words)))
    found = list(PhraseSearch(files).find(words.phrase(first, stop)))
    assert ((file, first) in found) is (first < stop)
    assert len(found) == len(set(found))
