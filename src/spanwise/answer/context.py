"""The sentence or two around an answer, and the whole sentence or table row in its place."""

from dataclasses import replace

from spanwise.text.sentences import Level, breaks
from spanwise.types import Answer, QueryResult

REACH = 300  # characters looked at on each side
SHORT = 80  # a sentence of fewer characters is shown with its neighbors


def context_around(text: str, start: int, end: int) -> tuple[int, int]:
    """
    Find the sentence that holds `text[start:end]`, with its neighbors in the same paragraph when it is short.

    :returns: Start and end of the context in `text`, without whitespace at its ends; it always holds the answer.
    """
    low, high = max(0, start - REACH), min(len(text), end + REACH)
    found = breaks(text, low, high)
    before = [(offset, level) for offset, level in found if offset <= start]
    after = [(offset, level) for offset, level in found if offset >= end]
    before.insert(0, (_word_start(text, low, start), Level.PARAGRAPH))
    after.append((_word_end(text, end, high), Level.PARAGRAPH))
    (begin, above), (stop, below) = before.pop(), after.pop(0)
    if stop - begin < SHORT:
        if before and above < Level.PARAGRAPH:
            begin = before[-1][0]
        if after and below < Level.PARAGRAPH:
            stop = after[0][0]
    while begin < start and text[begin].isspace():
        begin += 1
    while stop > end and text[stop - 1].isspace():
        stop -= 1
    return begin, stop


def with_sentences(result: QueryResult) -> QueryResult:
    """
    Return a result whose answers are the sentences, or the table rows, that their words stand in.

    Of answers in one sentence the first is kept.
    """
    whole = [_sentence(answer) for answer in result.answers]
    first = {_place(answer): answer for answer in reversed(whole)}
    return replace(result, answers=tuple(answer for answer in whole if first[_place(answer)] is answer))


def _word_start(text: str, low: int, start: int) -> int:
    """Move `low` to the start of a word, when it was cut out of the middle of a text."""
    if low == 0:
        return 0
    while low < start and not text[low - 1].isspace():
        low += 1
    return low


def _word_end(text: str, end: int, high: int) -> int:
    if high == len(text):
        return high
    while high > end and not text[high].isspace():
        high -= 1
    return high


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
