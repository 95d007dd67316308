"""The sentence or two around an answer."""

from spanwise.sentences import Level, breaks

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
    left = before.pop() if before else (_word_start(text, low, start), Level.PARAGRAPH)
    right = after.pop(0) if after else (_word_end(text, end, high), Level.PARAGRAPH)
    if right[0] - left[0] < SHORT:
        if before and left[1] < Level.PARAGRAPH:
            left = before[-1]
        if after and right[1] < Level.PARAGRAPH:
            right = after[0]
    begin, stop = left[0], right[0]
    while begin < start and text[begin].isspace():
        begin += 1
    while stop > end and text[stop - 1].isspace():
        stop -= 1
    return begin, stop


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
