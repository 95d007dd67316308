"""What every command prints alike."""

import json
import re
from typing import Any

import typer

LINE_ENDS = {end: f"\\u{end:04x}" for end in (0x85, 0x2028, 0x2029)}
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def print_json(value: Any) -> None:
    """Print one JSON value on one line of stdout, whatever its reader takes for the end of a line."""
    typer.echo(json.dumps(value, ensure_ascii=False).translate(LINE_ENDS))


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
