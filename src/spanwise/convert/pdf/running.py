"""What stands on a PDF's pages but in no sentence: headers and footers that repeat, and tables of contents."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby, islice, pairwise

from spanwise.types import Part

_ENDS = 3  # lines at either end of a page that may be a header or a footer
_FEWEST_PAGES = 4
_MOST_PAGES = 0.4  # share of pages on which a line stands that runs through the document; left and right may differ
_MOST_OFFSET = 100  # between a printed page number and the page's place
_MOST_TEXT = 0.4  # share of the text; what repeats beyond that is the text itself
_NUMBER = re.compile(r"\d+")
_ENTRY = re.compile(r"\S.*?(?:\s?\.{3}\s?|\s{2,}|\s)(\d{1,4}|[ivxlc]{1,7})\s*")
_LED_ENTRY = re.compile(r"\S.*?\s?(?:\.{3}|\u2026)\s?(\d{1,4}|[ivxlc]{1,7})\s*")
_CONTENTS = re.compile(
    r"(?:table of )?contents|inhalt(?:sverzeichnis)?|table des mati\u00e8res|sommaire|\u00edndice|indice|sommario"
    r"|inhoud(?:sopgave)?|inneh\u00e5ll|indhold|innhold|sis\u00e4llys|spis tre\u015bci|obsah",
    re.IGNORECASE,
)
_LONGEST_TITLE = 20  # characters
_FEWEST_ENTRIES = 4
_TITLED = 5  # lines of a page of which one is the title of a table of contents
_Line = tuple[str, int, int]  # its words, and where on its page they begin and end


def running_parts(pages: list[str], starts: list[int], labels: tuple[str, ...] | None) -> list[Part]:
    """
    Return the lines that are left out of the passages.

    :param pages: The text of each page.
    :param starts: Where each begins in the text of the document.
    :param labels: What the pages are called, or None where they are just counted.
    """
    ends = list(map(_ends, pages))
    parts = _repeated(ends, sum(map(len, pages)), starts, labels)
    for page, (firsts, _), start in zip(pages, ends, starts, strict=True):
        found = _contents(page, firsts, len(pages))
        parts += [Part(start + begin, start + end, "left_out", "contents") for begin, end in found]
    return sorted(parts, key=lambda part: (part.start, -part.end, part.value))


def _lines(texts: Iterable[str], begin: int = 0) -> Iterator[_Line]:
    """Yield the lines of a page that have words."""
    for text in texts:
        end = begin + len(text)
        if text and not text.isspace():
            yield text, begin, end
        begin = end + 1


def _ends(page: str) -> tuple[list[_Line], list[_Line]]:
    """Return the first lines of a page that have words, as many as may be a title, and the last ones from below."""
    texts = page.split("\n")
    from_below = ((text, len(page) - end, len(page) - begin) for text, begin, end in _lines(reversed(texts)))
    return [*islice(_lines(texts), _TITLED)], [*islice(from_below, _ENDS)]


def _repeated(
    ends: list[tuple[list[_Line], list[_Line]]], length: int, starts: list[int], labels: tuple[str, ...] | None
) -> list[Part]:
    if sum(bool(firsts) for firsts, _ in ends) < _FEWEST_PAGES:
        return []
    parts: set[Part] = set()
    for kind, pages in zip(("header", "footer"), zip(*ends, strict=True), strict=True):
        marked = []
        for at, lines in enumerate(pages):
            label = None if labels is None else labels[at]
            marked.append([(_spellings(text, at + 1, label), begin, end) for text, begin, end in lines[:_ENDS]])
        found = _running(marked, starts)
        parts.update(Part(start + begin, start + end, "left_out", kind) for begin, end, start in found)
    # Pages that are filled in from one form have little else; what repeats on them is no header.
    much = sum(part.end - part.start for part in parts) > _MOST_TEXT * length
    return [] if much else list(parts)


def _running(pages: list[list[tuple[set[str], int, int]]], starts: list[int]) -> Iterator[tuple[int, int, int]]:
    """Yield the lines, from one end of each page inwards, that stand there on many pages."""
    counts = Counter(key for lines in pages for key in set().union(*(keys for keys, _, _ in lines)))
    least = max(_FEWEST_PAGES - 1, _MOST_PAGES * sum(map(bool, pages)))
    for lines, start in zip(pages, starts, strict=True):
        for keys, begin, end in lines:
            if max(counts[key] for key in keys) < least:
                break
            yield begin, end, start


def _spellings(line: str, page: int, label: str | None) -> set[str]:
    """Return what a line may share with those of other pages; its page number counts from the page's place."""
    words = " ".join(line.split())
    found = {words, "#label" if label and words == label else words}
    numbers = list(_NUMBER.finditer(words))
    # "Printed 2017-12-12 Page 3 of 18": all that count, the first, the last, or the last but one.
    for chosen in (numbers, numbers[:1], numbers[-1:], numbers[-2:-1]) if len(numbers) > 1 else (numbers,):
        text, done = "", 0
        for match in chosen:
            offset = int(match[0]) - page if len(match[0]) < 6 else _MOST_OFFSET + 1
            text += words[done : match.start()] + (f"#{offset}" if abs(offset) <= _MOST_OFFSET else match[0])
            done = match.end()
        found.add(text + words[done:])
    return found


def _contents(page: str, firsts: list[_Line], count: int) -> list[tuple[int, int]]:
    """Return the stretches of a page that are entries of a table of contents, each with its page."""
    titles = [len(text.strip()) <= _LONGEST_TITLE and _CONTENTS.fullmatch(text.strip()) for text, _, _ in firsts]
    titled = next((at for at, title in enumerate(titles) if title), None)
    if titled is None and "..." not in page and "\u2026" not in page:
        return []
    lines = list(_lines(page.split("\n")))
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
        rises = all(before <= after for before, after in pairwise(numbers))
        most = 1.5 * count if titled is None else count + _MOST_OFFSET
        within = not numbers or (numbers[-1] <= most and (numbers[-1] > numbers[0] or len(numbers) < 2))
        if is_entry and len(run) >= _FEWEST_ENTRIES and rises and within:
            found.append((run[0][1], run[-1][2]))
    if found and titled is not None:
        found[0] = lines[titled][1], found[0][1]
    return found
