"""How commands print: JSON, tables, and texts made safe for a terminal."""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

LINE_ENDS = {end: f"\\u{end:04x}" for end in (0x85, 0x2028, 0x2029)}
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
WIDE = 1000  # columns where stdout is not a terminal: nothing is cut or wrapped there


def print_json(value: Any) -> None:
    """Print one JSON value on one line of stdout, whatever its reader takes for the end of a line."""
    typer.echo(json.dumps(value, ensure_ascii=False).translate(LINE_ENDS))


def plain_console() -> "Console":
    """Return a console on stdout that prints texts as they are."""
    from rich.console import Console

    return Console(highlight=False, markup=False, emoji=False, soft_wrap=True)


def print_table(rows: Iterable[Sequence[str]], header: Sequence[str] = ()) -> None:
    """
    Print rows in columns on stdout; with a header, all columns but the first hold numbers and stand to the right.

    :param rows: As many cells each.
    """
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, show_header=bool(header), pad_edge=False, header_style="dim")
    for place, name in enumerate(header):
        table.add_column(name, justify="right" if place else "left")
    for row in rows:
        table.add_row(*row)
    console = Console(highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else WIDE)
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        typer.echo(line.rstrip())


def one_line(text: str) -> str:
    """Return text fit for a terminal: whitespace folded, control characters shown as a replacement character."""
    return CONTROL.sub("\ufffd", " ".join(text.split()))


def megabytes(size: int) -> str:
    """Return a size in bytes as megabytes."""
    return f"{size / 1e6:,.1f} MB"


def safe_name(file: str) -> str:
    """Return a file name fit for a terminal: line breaks and control characters as escapes."""
    return CONTROL.sub(_escape, file.replace("\n", "\\n").replace("\t", "\\t"))


def _escape(match: re.Match[str]) -> str:
    return match[0].encode("unicode_escape").decode("ascii")
