"""Raised characters of a PDF: which of its digits and marks stand above the line."""

import re
from collections.abc import Iterator

from spanwise.convert.pdf.lines.characters import Places
from spanwise.convert.raised import raised

# Digits of more scripts than these take twice as long to look for. A lone one behind a space is glued to nothing.
_MARKS = re.compile(r"[0-9*\u2020\u2021\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\uff10-\uff19]+(?:[,\u2013]\d+)*(?<! .)")
_SIGNS = frozenset("-\u2212+")
_UNSPACED = frozenset(["", *" ,.;:)]"])
_RISE = 0.25  # of its own height; a raised character stands at least so much above the one before
_HIGHEST = 3.0  # of its own height
_FARTHEST = 3.0  # of its own height; it stands no farther behind where the one before begins
_LOWEST_SIZE = 1.5  # a font's size below it says nothing: the page is scaled by other means
_SAME_LINE = 0.15  # of the height; lines that differ less are one

Edit = tuple[int, int, str]  # from where to where, and what stands there instead


def raised_edits(places: Places) -> list[Edit]:
    """Return what tells a page's exponents and note marks apart from what they are glued to."""
    text, edits = places.text, list[Edit]()
    for start, stop in _higher(places, list(_candidates(text))):
        is_new_line = text[start] == "\r"
        begin, before = start + 2 * is_new_line, start - 1
        while begin < stop and not _is_raised(places, before, begin):
            before, begin = begin, begin + 1
        if begin == stop or places.origin(begin)[0] - places.origin(before)[0] > _FARTHEST * places.height(begin):
            continue  # not raised, or in another cell of a table
        level, height, end = places.origin(begin)[1], places.height(begin), begin + 1
        while end < stop and abs(places.origin(end)[1] - level) < height * _SAME_LINE:
            end += 1
        glued = start if is_new_line else begin
        words = raised(text[max(glued - 40, 0) : glued], text[begin:end])
        done = _after(places, before, end)
        edits.append((glued, done, words + (" " if done > end and text[done : done + 1] not in _UNSPACED else "")))
    return edits


def _higher(places: Places, candidates: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return those candidates of which the last character is raised: where a number has an exponent, it is."""
    befores = [start - 1 for start, _ in candidates]
    lasts = [start + 2 if places.text[start] == "\r" else stop - 1 for start, stop in candidates]
    sizes = zip(map(places.size, befores), map(places.size, lasts), strict=True)
    kept = [at for at, (before, size) in enumerate(sizes) if not before <= size > _LOWEST_SIZE]
    if not kept:
        return []
    steps = places.origins([lasts[at] for at in kept]) - places.origins([befores[at] for at in kept])
    is_higher = ((steps[:, 0] >= 0) & (steps[:, 1] > 0)).tolist()
    return [
        candidates[at]
        for at, is_candidate in zip(kept, is_higher, strict=True)
        if is_candidate and _is_raised(places, befores[at], lasts[at])
    ]


def _candidates(text: str) -> Iterator[tuple[int, int]]:
    """Yield where digits and marks, with a sign or a line end before them, are glued to a character."""
    for match in _MARKS.finditer(text):
        start, end = match.span()
        before = text[start - 1 : start]
        if before == " ":
            yield start + 1, end
        elif before.isalnum():
            yield start, end
        elif (begin := _begin(text, start)) < end:
            yield begin, end


def _begin(text: str, start: int) -> int:
    """Return where digits or marks behind something that is no letter, digit or space begin to be glued to it."""
    has_sign = text[start - 1 : start] in _SIGNS
    begin = start - has_sign
    if text[begin - 2 : begin] == "\r\n":
        begin -= 2
    if begin == 0 or text[begin - 1].isspace() or text[begin - 1] == "\x02":
        return start if has_sign else start + 1  # glued to its own sign, or to its first digit
    return begin


def _is_raised(places: Places, before: int, at: int) -> bool:
    size = places.size(at)
    if size >= places.size(before) and size > _LOWEST_SIZE:
        return False
    (x_before, y_before), (x, y) = places.origin(before), places.origin(at)
    if x < x_before or y <= y_before or not places.is_level(at):
        return False
    height = places.height(at)
    return height > 0 and _RISE * height <= y - y_before <= _HIGHEST * height


def _after(places: Places, before: int, end: int) -> int:
    """Return where the text goes on: behind a line's end that is none, since what follows stands on the old line."""
    if places.text[end : end + 2] != "\r\n":
        return end
    rest = re.compile(r"\s*\S").match(places.text, end)
    if rest is None:
        return end
    following = rest.end() - 1
    (x_before, y_before), (x, y) = places.origin(before), places.origin(following)
    on_line = abs(y - y_before) < _SAME_LINE * max(places.height(before), 1) and x > x_before
    return end + 2 if on_line else end
