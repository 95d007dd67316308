"""`spanwise show`: the stored text of a file."""

import os
import re
import shutil
import sys
from bisect import bisect_right
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from spanwise.cli.options import DEFAULT_INDEX, IndexOption
from spanwise.cli.output import MARK, echo, note, plain_console
from spanwise.errors import UsageError
from spanwise.text.visible import visible

if TYPE_CHECKING:
    from rich.text import Text

    from spanwise.types import SourceText

AROUND = 3  # lines before and after a marked place
_LINE_END = re.compile(r"\r\n|\r|\n")


def show(
    file: Annotated[str, Argument(metavar="FILE", help="Its path, as citations name it or as it is on the disk.")],
    page: Annotated[int | None, Option(min=1, metavar="N", help="Only this page.")] = None,
    lines: Annotated[
        str | None, Option(metavar="A:B", help="Only these lines; A: goes to the end, :B from the start.")
    ] = None,
    at: Annotated[
        str | None, Option(metavar="START:END", help="Mark these characters, and show the lines around them.")
    ] = None,
    plain: Annotated[bool, Option("--plain", help="Print the text alone, without numbers, marks or pages.")] = False,
    index_dir: IndexOption = DEFAULT_INDEX,
) -> None:
    """
    Show the stored text of a file, its lines numbered.

    The offsets in citations count the characters of this text. In text,
    Markdown and CSV its lines are those of the file.

    Examples:
        spanwise show manuals/pump.pdf --page 3
        spanwise show notes.md --lines 10:20
        spanwise show notes.md --at 1041:1055

    """
    if sum(given is not None for given in (page, lines, at)) > 1:
        msg = "expected one of --page, --lines and --at, found several; leave all but one out"
        raise UsageError(msg)
    from spanwise.files.names import escaped
    from spanwise.index.index import Index

    with Index.open(index_dir) as index, index.pinned() as snapshot:
        roots = snapshot.roots
        cited, here = roots.stored(escaped(file)), roots.stored(roots.name_at(file))
        found = snapshot.sources([cited, here])
        source = found.get(cited) or snapshot.source(roots.name_at(file))
    if len(found) > 1 and os.path.exists(file):
        note(f"This is {roots.place_of(cited)}; the file here is {roots.shown(here)}.")
    text = source.text
    starts = [0, *(end.end() for end in _LINE_END.finditer(text) if end.end() < len(text))]
    marked = None if at is None else _range(at, "--at START:END", len(text))
    if page is not None:
        begin, end = _page_bounds(source, roots.shown(source.file), page)
    else:
        first, last = _chosen_lines(lines, marked, starts)
        begin, end = starts[first], [*starts, len(text)][last]
    if plain:
        piece = text[begin:end] if page is None else text[begin:end].rstrip("\f\n")
        echo(piece, nl=not piece.endswith("\n"))
        return
    _print_lines(text, starts, bisect_right(starts, begin) - 1, bisect_right(starts, max(begin, end - 1)), marked)


def _chosen_lines(lines: str | None, marked: tuple[int, int] | None, starts: list[int]) -> tuple[int, int]:
    """Return the first line to be shown, from 0, and the one after the last."""
    if lines is not None:
        first, last = _range(lines, "--lines A:B", len(starts))
        return max(0, first - 1), last
    if marked is None:
        return 0, len(starts)
    first, last = bisect_right(starts, marked[0]) - 1, bisect_right(starts, max(marked[0], marked[1] - 1))
    return max(0, first - AROUND), min(len(starts), last + AROUND)


def _range(text: str, what: str, most: int) -> tuple[int, int]:
    """Return two numbers from "A:B", the second `most` where it is left out; "A" alone is "A:A"."""
    found = re.fullmatch(r"(\d{0,12})(?:(:)(\d{0,12}))?", text.strip())
    if found is None or not (found[1] or found[3]):
        msg = f"expected {what} as two numbers such as 10:20, found {text!r}"
        raise UsageError(msg)
    begin = int(found[1] or 0)
    end = begin if found[2] is None else int(found[3] or most)
    if end < begin or begin > most:
        msg = f"expected {what} in ascending order, up to {most}, found {text!r}"
        raise UsageError(msg)
    return begin, min(end, most)


def _page_bounds(source: "SourceText", name: str, page: int) -> tuple[int, int]:
    if source.page_starts is None:
        msg = f"expected a file with pages, found {name} without; leave out --page"
        raise UsageError(msg)
    if page > len(source.page_starts):
        msg = f"expected a page from 1 to {len(source.page_starts)} of {name}, found {page}"
        raise UsageError(msg)
    begin, end = [*source.page_starts, len(source.text)][page - 1 : page + 1]
    piece = source.text[begin:end]
    return end - len(piece.lstrip("\r\n")), end


def _print_lines(text: str, starts: list[int], first: int, last: int, marked: tuple[int, int] | None) -> None:
    """Print numbered lines; by a pager where they are more than a terminal has."""
    from contextlib import nullcontext

    console = plain_console()
    bounds = [*starts, len(text)]
    width = len(str(last))
    long = sys.stdout.isatty() and last - first >= shutil.get_terminal_size().lines
    if long:
        os.environ.setdefault("LESS", "-RFX")  # as Git does: colors, and no stop for less than a screen
    with console.pager(styles=True, links=True) if long else nullcontext():
        for number in range(first, last):
            line = _numbered(f"{number + 1:{width}}  ", text, bounds[number], bounds[number + 1], marked)
            if console.is_terminal:
                console.print(line, soft_wrap=True)
            else:
                echo(line.plain)


def _numbered(number: str, text: str, begin: int, end: int, marked: tuple[int, int] | None) -> "Text":
    from rich.text import Text

    line = Text(number, style="dim")
    low, high = marked or (end, end)
    for start, stop, style in ((begin, low, ""), (low, high, MARK), (high, end, "")):
        piece = text[max(begin, start) : max(begin, min(end, stop))]
        line.append(visible(piece.rstrip("\r\n").strip("\f")), style=style or "not dim")
    return line
