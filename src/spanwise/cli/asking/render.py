"""Texts and citations as `spanwise ask`, `search` and `show` print them on a terminal."""

from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from spanwise.text.shown import place_of
from spanwise.types import Citation

MARK = "bold black on yellow"


def print_indented(console: Console, text: Text) -> None:
    """Print text two columns in, all its lines where it is wrapped."""
    if console.soft_wrap:
        console.print(Text("  ") + text)
    else:
        console.print(Padding(text, (0, 0, 0, 2), expand=False))


def cited_line(number: int, citation: Citation, path_of: Callable[[str], Path | None]) -> Text:
    """Return a citation with its number, linked to its file, a PDF at its page, where its place is known."""
    path, link = path_of(citation.file), ""
    if path is not None and path.is_absolute():
        at = f"#page={citation.page}" if citation.page is not None and path.suffix.lower() == ".pdf" else ""
        link = f"link {path.as_uri()}{at}"
    return Text.assemble((f"[{number}] ", "dim"), (place_of(citation), f"dim {link}"))
