"""Find again, in a converted text, the row that an answer stands in, and the answer in it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.tables.source import Target, Unit, bounded

from spanwise.text.sentences import breaks

GAPS = (r"[^\n]{0,80}?", r"(?:.|\n){0,160}?")  # what may stand between two cells: on one line, else on several
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where an answer stands in a text, by its offsets.

    :param row: What has to be read to know that the answer is right: its row, and its header where that answers.
    """

    answer: Span
    row: Span


def place(text: str, target: Target, answer: str) -> Place | None:
    """Return where an answer stands, or None where its row is not in the text or not told apart."""
    for row, cells in _rows(text, target.unit):
        if target.in_label:
            found = _label(text, target, row, cells)
        else:
            found = cells.get(target.column) or _above(text, row, target)
        if found is None:
            continue
        inside = re.compile(bounded(answer)).search(text, *found)
        if inside is not None:
            whole = _sentence(text, inside.span(), found) if len(target.unit.cells) == 1 else row
            return Place(inside.span(), (min(whole[0], inside.start()), max(whole[1], inside.end())))
    return None


def _sentence(text: str, answer: Span, paragraph: Span) -> Span:
    """Return the sentences of a paragraph that an answer stands in."""
    ends = [paragraph[0], *(offset for offset, _ in breaks(text, *paragraph)), paragraph[1]]
    start = max(end for end in ends if end <= answer[0])
    return start, min(end for end in ends if end >= answer[1])


def _rows(text: str, unit: Unit) -> Iterator[tuple[Span, dict[int, Span]]]:
    """Give the places where all cells of a row stand near each other, in order, the surest ones first."""
    filled = [number for number, cell in enumerate(unit.cells) if cell]
    own = [number for number in filled if unit.own[number]]
    single = [n for n in filled if n == 0 or unit.own[n] or unit.cells[n] != unit.cells[n - 1]]
    for gap in GAPS:
        for numbers in (filled, single, own):
            yield from _matches(text, unit, numbers, gap)


def _matches(text: str, unit: Unit, numbers: Sequence[int], gap: str) -> list[tuple[Span, dict[int, Span]]]:
    if not numbers:
        return []
    pattern = re.compile(gap.join(f"(?P<c{number}>{bounded(unit.cells[number])})" for number in numbers))
    found = []
    for start in re.finditer(bounded(unit.cells[numbers[0]]), text):
        match = pattern.match(text, start.start())
        if match is not None:
            found.append((match.span(), {number: match.span(f"c{number}") for number in numbers}))
    return sorted(found, key=lambda row: row[0][1] - row[0][0])


def _above(text: str, row: Span, target: Target) -> Span | None:
    """Return the last place before a row at which the text of its merged cell stands."""
    starts = [match.span() for match in re.finditer(bounded(target.unit.cells[target.column]), text[: row[0]])]
    return starts[-1] if starts else None


def _label(text: str, target: Target, row: Span, cells: dict[int, Span]) -> Span | None:
    """Return where the header of a cell stands: right before the cell, else in the last row of headers above it."""
    label = target.unit.labels[target.column]
    cell = cells.get(target.column, row)
    before = [match.span() for match in re.finditer(bounded(label), text[row[0] : cell[0]])]
    if before:
        return before[-1][0] + row[0], before[-1][1] + row[0]
    last = [name.rpartition(" / ")[2] for name in target.unit.labels]
    headers = Unit(target.unit.block, last, [True] * len(last), [])
    above = [found for found in _rows(text[: row[0]], headers) if target.column in found[1]]
    if not above:
        return None
    return max(above, key=lambda found: found[0][0])[1][target.column]


def nearest_passage(question: str, passages: Sequence[str]) -> int:
    """Return which passage shares most words with a question: the one that tempts most."""
    words = [set(re.findall(r"\w+", passage.lower())) for passage in passages]
    common = set.intersection(*words) if len(words) > 1 else set()
    asked = set(re.findall(r"\w+", question.lower())) - common
    shared = [len(asked & found) for found in words]
    return shared.index(max(shared))
