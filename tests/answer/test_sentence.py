"""Whole sentences in place of the words."""

from dataclasses import replace

from spanwise.answer.sentence import with_sentences
from spanwise.types import Answer, Citation, QueryResult

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
