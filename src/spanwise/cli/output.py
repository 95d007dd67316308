"""How commands print: JSON, tables, and texts made safe for a terminal."""

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Option

from spanwise.text.pluralize import megabytes
from spanwise.text.visible import CONTROL, one_line, safe_name, visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

__all__ = ["echo", "megabytes", "note", "one_line", "plain_console", "print_json", "print_table", "safe_name"]

QuietOption = Annotated[bool, Option("--quiet", "-q", help="Print no progress and no notes.")]
VerboseOption = Annotated[
    bool, Option("--verbose", "-v", help="Also print what libraries log, and where an error comes from.")
]


@dataclass(slots=True)
class Verbosity:
    """How much one run of the command line says beside its results."""

    quiet: QuietOption = False
    verbose: VerboseOption = False


verbosity = Verbosity()
MARK = "bold black on yellow"  # what was looked for, or found
WIDE = 1000  # columns where stdout is not a terminal: nothing is cut or wrapped there


def echo(text: str = "", *, err: bool = False, nl: bool = True) -> None:
    """
    Print text in which nothing can drive a terminal; every command prints by this, or by what is below.

    :param err: Print on stderr.
    :param nl: End it with a line end.
    """
    typer.echo(visible(text), err=err, nl=nl)


def note(text: str) -> None:
    """Print on stderr what helps and is no result; --quiet leaves it out."""
    if not verbosity.quiet:
        echo(text, err=True)


def print_json(value: Any) -> None:
    """
    Print one JSON value on one line of stdout, whatever its reader takes for the end of a line.

    What JSON does not have, infinity or NaN, is null.
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
    """Return a console on stdout that prints texts as they are; it wraps them by words on a terminal only."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    console.soft_wrap = not console.is_terminal
    return console


def print_indented(console: "Console", text: "Text") -> None:
    """Print text two columns in, all its lines where it is wrapped."""
    from rich.padding import Padding
    from rich.text import Text

    console.print(Text("  ") + text if console.soft_wrap else Padding(text, (0, 0, 0, 2), expand=False))


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
