from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spanwise.answer.context import context_around, with_sentences
from spanwise.types import Answer, Citation, QueryResult

TEXTS = st.text(st.sampled_from("aB .?\n-é東"), min_size=1, max_size=60) | st.lists(
    st.sampled_from(["The dome opens. ", "It is 8443! ", "dome ", "\n\n", "- item\n", "x" * 90 + " "]),
    min_size=5,
    max_size=60,
).map("".join)


@given(TEXTS, st.data())
def test_the_context_holds_the_answer(text, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, min(len(text), start + 40)))
    low, high = context_around(text, start, end)
    assert 0 <= low <= start < end <= high <= len(text)
    assert start - low <= 300
    assert high - end <= 300
    assert low == start or not text[low].isspace()
    assert high == end or not text[high - 1].isspace()


LONG = "The observatory on the hill, which was built long ago, opens its great dome every evening at dusk."


@pytest.mark.parametrize(
    ("text", "answer", "expected"),
    [
        (f"First one. {LONG} Last one.", "dusk", LONG),
        ("One ends. The port is 8443. Two begins.", "8443", "One ends. The port is 8443. Two begins."),
        ("Before.\n\nThe port is 8443.\n\nAfter.", "8443", "The port is 8443."),
        ("Ports:\n- http is 80\n- https is 443\n", "443", "- http is 80\n- https is 443"),
        ("8443", "8443", "8443"),
        (f"{LONG} {LONG}", f"dusk. {LONG[:10]}", f"{LONG} {LONG}"),
    ],
)
def test_sentences_around_an_answer(text, answer, expected):
    start = text.index(answer)
    low, high = context_around(text, start, start + len(answer))
    assert text[low:high] == expected


def test_a_text_without_sentences_is_cut_between_words():
    text = "dome opens " * 100 + "8443 " + "port server " * 100
    start = text.index("8443")
    low, high = context_around(text, start, start + 4)
    assert text[low - 1] == text[high] == " "
    assert 500 < high - low <= 604


TEXT = "It hums. The pump is red, and it is new.\nArticle: A-1003; Price: 149\n"


def answer(words):
    start = TEXT.index(words)
    place = Citation("a.txt", None, 1, start, start + len(words))
    return Answer(words, 0.9, "a.txt", None, 1, start, start + len(words), TEXT.rstrip(), 0, 1.0, 0.5, (place,))


def sentences(*words):
    result = QueryResult("?", 1, tuple(map(answer, words)), False, 0.5, 0.1, True)
    return with_sentences(result).answers


def test_the_sentence_or_the_row_of_an_answer():
    first, second = sentences("red", "149")
    assert first.answer == "The pump is red, and it is new."
    assert second.answer == "Article: A-1003; Price: 149"
    for found in (first, second):
        assert TEXT[found.start : found.end] == found.answer
        assert (found.citations[0].start, found.citations[0].end) == (found.start, found.end)


def test_answers_in_one_sentence_are_one():
    assert [found.answer for found in sentences("red", "new", "hums")] == [
        "The pump is red, and it is new.",
        "It hums.",
    ]


def test_no_answers():
    empty = QueryResult("?", 1, (), True, 0.5, 1.0, True)
    assert with_sentences(empty) == replace(empty)
