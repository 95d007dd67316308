"""How commands print: JSON, tables, and texts made safe for a terminal."""

import json
import math
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

CONTROL = re.compile(r"\r\n|[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
WIDE = 1000  # columns where stdout is not a terminal: nothing is cut or wrapped there


def echo(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """
    Print text in which nothing can drive a terminal; every command prints by this, or by what is below.

    :param err: Print on stderr.
    :param nl: End it with a line end.
    """
    typer.echo(visible(text), err=err, nl=nl)


def visible(text: str) -> str:
    """Return text with control characters and bidirectional overrides as escapes; line ends, tabs and pages stay."""
    return CONTROL.sub(lambda match: match[0] if match[0] in {"\r\n", "\f"} else _escape(match), text)


def print_json(value: Any) -> None:
    """
    Print one JSON value on one line of stdout, whatever its reader takes for the end of a line.

    What JSON does not have, an infinity or a number that is none, is null.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(value), ensure_ascii=False, allow_nan=False)
    typer.echo(CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


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
        table.add_row(*map(visible, row))
    console = Console(highlight=False, markup=False, emoji=False, width=None if sys.stdout.isatty() else WIDE)
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().split("\n")[:-1]:
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
