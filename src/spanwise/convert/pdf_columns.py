"""Columns that a PDF writes row by row: their lines are put into the order of reading."""

import re
from ctypes import byref, c_double
from dataclasses import dataclass
from statistics import fmean
from typing import Any

_GAP = 1.2  # heights of the line; what is wider may part columns
_FEWEST_ROWS = 3
_FEWEST_WORDS = 3.0  # on average in a line of a column; with fewer it is a table
_MOST_RECTANGLES = 5000  # of one page
_LINE = re.compile(r"[^\r\n]+")
_WORDS = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of a page, in points from its lower left corner."""

    left: float
    top: float
    right: float
    bottom: float

    def stands_beside(self, other: "Box") -> bool:
        """Return whether another box is on the same line to the right, beyond a gap that may part columns."""
        height = min(self.top - self.bottom, other.top - other.bottom)
        overlap = min(self.top, other.top) - max(self.bottom, other.bottom)
        return overlap > height / 2 and other.left - self.right > _GAP * max(height, 1)


@dataclass(frozen=True, slots=True)
class _Segment:
    text: str
    box: Box
    column: int
    is_split: bool  # whether another one stands on its line


def boxes(text_page: Any, start: int = 0, count: int = -1) -> list[Box]:
    """
    Return the rectangles around characters that belong together, in their order.

    :param text_page: A text page of pypdfium2.
    :param start: The first character's place.
    :param count: How many characters; -1 for all.
    """
    import pypdfium2.raw as pdfium

    left, top, right, bottom = c_double(), c_double(), c_double(), c_double()
    found = []
    for at in range(min(pdfium.FPDFText_CountRects(text_page, start, count), _MOST_RECTANGLES)):
        pdfium.FPDFText_GetRect(text_page, at, byref(left), byref(top), byref(right), byref(bottom))
        found.append(Box(left.value, top.value, right.value, bottom.value))
    return found


def in_columns(text_page: Any, text: str) -> str:
    """
    Return a page's text column by column, where its lines go over several columns of sentences.

    :param text_page: A text page of pypdfium2.
    :param text: Its text, in which each character has the place that PDFium counts it at.
    """
    gutters = _gutters(boxes(text_page))
    if not gutters:
        return text
    lines = [_segments(text_page, match[0], match.start(), gutters) for match in _LINE.finditer(text)]
    ordered: list[str] = []
    block: list[_Segment] = []
    for segments in lines:
        if not segments or any(segment.column < 0 for segment in segments):
            ordered += _ordered(block)
            block = []
            ordered += [" ".join(segment.text for segment in segments)]
        else:
            block += segments
    ordered += _ordered(block)
    return "\n".join(ordered)


def _gutters(found: list[Box]) -> list[float]:
    """Return the places, from left to right, at which several lines have a wide gap."""
    gaps = [(box.right, after.left) for box, after in zip(found, found[1:], strict=False) if box.stands_beside(after)]
    gaps.sort(key=lambda gap: gap[1])
    gutters = []
    while gaps:
        place = gaps[0][1] - 0.01
        here = [gap for gap in gaps if gap[0] < place < gap[1]]
        if len(here) >= _FEWEST_ROWS:
            gutters.append((max(gap[0] for gap in here) + place) / 2)
        gaps = [gap for gap in gaps if not gap[0] < place < gap[1]] if here else gaps[1:]
    return gutters


def _segments(text_page: Any, line: str, start: int, gutters: list[float]) -> list[_Segment]:
    """Return the parts of a line; one that goes over a gutter is in column -1."""
    import pypdfium2.raw as pdfium

    groups: list[list[Box]] = []
    for box in boxes(text_page, start, len(line)):
        if groups and not (
            groups[-1][-1].stands_beside(box) and _column(groups[-1][-1].right, gutters) < _column(box.left, gutters)
        ):
            groups[-1].append(box)
        else:
            groups.append([box])
    cuts = [0]
    for group in groups[1:]:
        middle = (group[0].top + group[0].bottom) / 2
        at = pdfium.FPDFText_GetCharIndexAtPos(text_page, group[0].left + 0.5, middle, 4.0, 4.0) - start
        cuts.append(at if cuts[-1] < at < len(line) else cuts[-1])
    texts = [line[begin:end] for begin, end in zip(cuts, [*cuts[1:], len(line)], strict=True)]
    found = []
    for text, group in zip(texts, groups, strict=False):
        box = Box(group[0].left, max(b.top for b in group), max(b.right for b in group), min(b.bottom for b in group))
        column = _column(box.left, gutters)
        spans = _column(box.right - 1, gutters) != column
        found.append(_Segment(text.strip(), box, -1 if spans else column, len(groups) > 1))
    return found


def _column(place: float, gutters: list[float]) -> int:
    return sum(gutter < place for gutter in gutters)


def _ordered(block: list[_Segment]) -> list[str]:
    """Return the lines of a block, column by column if it was written row by row."""
    columns = sorted({segment.column for segment in block})
    returns = sum(after.column < before.column for before, after in zip(block, block[1:], strict=False))
    texts = [[segment.text for segment in block if segment.column == column] for column in columns]
    prose = all(fmean(len(_WORDS.findall(text)) for text in some) >= _FEWEST_WORDS for some in texts)
    if len(columns) > 1 and returns >= _FEWEST_ROWS - 1 and prose:
        return [text for some in texts for text in some]
    lines: list[str] = []
    before: _Segment | None = None
    for segment in block:
        if before is not None and before.is_split and segment.is_split and before.column < segment.column:
            lines[-1] += f" {segment.text}"
        else:
            lines.append(segment.text)
        before = segment
    return lines
