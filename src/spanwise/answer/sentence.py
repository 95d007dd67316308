"""Whole sentences and table rows for answers."""

from dataclasses import replace

from spanwise.text.sentences import breaks
from spanwise.types import Answer, QueryResult


def with_sentences(result: QueryResult) -> QueryResult:
    """
    Return a result whose answers are the sentences, or the table rows, that their words stand in.

    Of answers in one sentence the first is kept.
    """
    whole = [_sentence(answer) for answer in result.answers]
    first = {_place(answer): answer for answer in reversed(whole)}
    return replace(result, answers=tuple(answer for answer in whole if first[_place(answer)] is answer))


def _place(answer: Answer) -> tuple[str, int, int]:
    return answer.file, answer.start, answer.end


def _sentence(answer: Answer) -> Answer:
    text, base = answer.context, answer.context_start
    offsets = [offset for offset, _ in breaks(text)]
    begin = max((offset for offset in offsets if offset <= answer.start - base), default=0)
    end = min((offset for offset in offsets if offset >= answer.end - base), default=len(text))
    begin += len(text[begin:end]) - len(text[begin:end].lstrip())
    words = text[begin:end].rstrip()
    start, stop = base + begin, base + begin + len(words)
    citations = (replace(answer.citations[0], start=start, end=stop), *answer.citations[1:])
    return replace(answer, answer=words, start=start, end=stop, citations=citations)
