"""What stands on a PDF's pages but in no sentence: headers and footers that repeat, and tables of contents."""

import re
from collections import Counter
from itertools import groupby

from spanwise.types import Part

_ENDS = 3  # lines at either end of a page that may be a header or a footer
_FEWEST_PAGES = 4
_MOST_PAGES = 0.4  # share of pages on which a line stands that runs through the document; left and right may differ
_MOST_OFFSET = 100  # between a printed page number and the page's place
_NUMBER = re.compile(r"\d+")
_ENTRY = re.compile(r"\S.*?(?:\s?\.{3}\s?|\s{2,}|\s)(\d{1,4}|[ivxlc]{1,7})\s*")
_LED_ENTRY = re.compile(r"\S.*?\s?(?:\.{3}|\u2026)\s?(\d{1,4}|[ivxlc]{1,7})\s*")
_CONTENTS = re.compile(
    r"(?:table of )?contents|inhalt(?:sverzeichnis)?|table des mati\u00e8res|sommaire|\u00edndice|indice|sommario|inhoud(?:sopgave)?"
    r"|inneh\u00e5ll|indhold|innhold|sis\u00e4llys|spis tre\u015bci|obsah",
    re.IGNORECASE,
)
_FEWEST_ENTRIES = 4


def running_parts(pages: list[str], starts: list[int], labels: tuple[str, ...] | None) -> list[Part]:
    """
    Return the lines that are left out of the passages.

    :param pages: The text of each page.
    :param starts: Where each begins in the text of the document.
    :param labels: What the pages are called, or None where they are just counted.
    """
    parts = _repeated(pages, starts, labels)
    for page, start in zip(pages, starts, strict=True):
        parts += [
            Part(start + begin, start + end, "left_out", "contents") for begin, end in _contents(page, len(pages))
        ]
    return sorted(parts, key=lambda part: (part.start, -part.end))


def _repeated(pages: list[str], starts: list[int], labels: tuple[str, ...] | None) -> list[Part]:
    found: list[list[tuple[str, int, int]]] = []
    for at, page in enumerate(pages):
        lines = [(match[0], match.start(), match.end()) for match in re.finditer(r"[^\n]*\S[^\n]*", page)]
        first, last = lines[:_ENDS], lines[max(len(lines) - _ENDS, _ENDS) :]
        label = labels[at] if labels is not None and at < len(labels) else None
        found.append(
            [
                (f"{end}{_alike(text, at + 1, label)}", b, e)
                for end, some in (("<", first), (">", last))
                for text, b, e in some
            ]
        )
    counts = Counter(key for keys in found for key in {key for key, _, _ in keys})
    filled = sum(bool(keys) for keys in found)
    least = max(_FEWEST_PAGES - 1, _MOST_PAGES * filled)
    if filled < _FEWEST_PAGES:
        return []
    return [
        Part(start + begin, start + end, "left_out", "header" if key[0] == "<" else "footer")
        for keys, start in zip(found, starts, strict=True)
        for key, begin, end in keys
        if counts[key] >= least
    ]


def _alike(line: str, page: int, label: str | None) -> str:
    """Return a line with its page number as what is the same on every page: how far it is from the page's place."""

    def relative(match: re.Match[str]) -> str:
        offset = int(match[0]) - page if len(match[0]) < 6 else _MOST_OFFSET + 1
        return f"#{offset}" if abs(offset) <= _MOST_OFFSET else match[0]

    words = " ".join(line.split())
    if label and words == label:
        return "#label"
    return _NUMBER.sub(relative, words)


def _contents(page: str, count: int) -> list[tuple[int, int]]:
    """Return the stretches of a page that are entries of a table of contents, each with its page."""
    lines = [(match[0], match.start(), match.end()) for match in re.finditer(r"[^\n]*\S[^\n]*", page)]
    titled = next((at for at, (text, _, _) in enumerate(lines[:5]) if _CONTENTS.fullmatch(text.strip())), None)
    entry = _LED_ENTRY if titled is None else _ENTRY
    found = []
    marked = [(entry.fullmatch(text), begin, end) for text, begin, end in lines[0 if titled is None else titled + 1 :]]
    # An entry may go over two lines; the first of them has no number.
    for at, (match, _, _) in enumerate(marked):
        if match is None and 0 < at < len(marked) - 1 and marked[at - 1][0] and marked[at + 1][0]:
            marked[at] = marked[at + 1][0], *marked[at][1:]
    for is_entry, group in groupby(marked, key=lambda line: line[0] is not None):
        run = list(group)
        numbers = [int(match[1]) for match, _, _ in run if match is not None and match[1].isdigit()]
        rises = all(before <= after for before, after in zip(numbers, numbers[1:], strict=False))
        within = not numbers or (numbers[-1] <= count + _MOST_OFFSET and (numbers[-1] > numbers[0] or len(numbers) < 2))
        if is_entry and len(run) >= _FEWEST_ENTRIES and rises and within:
            found.append((run[0][1], run[-1][2]))
    if found and titled is not None:
        found[0] = lines[titled][1], found[0][1]
    return found
