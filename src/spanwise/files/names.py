"""The names of files: what they end with, and those that are not UTF-8, as of old archives and disks."""

import os
import re
from pathlib import Path

MARKDOWN = (".markdown", ".md", ".mdown", ".mdwn", ".mdx", ".mkd", ".qmd", ".rmd")
"""How the names of Markdown files end, of MDX, Quarto and R too, in lower case."""

_ESCAPED = re.compile(rb"\\x([89a-f][0-9a-f])")


def file_key(path: Path) -> str:
    """
    Return the name by which the index knows a file: forward slashes, and escapes for bytes that are not UTF-8.

    :param path: Relative to the indexed folder.
    """
    return escaped(path.as_posix())


def escaped(text: str) -> str:
    """Return a name, a path or a pattern as it came from the system, with escapes for bytes that are not UTF-8."""
    return os.fsencode(text).decode("utf-8", "backslashreplace")


def with_its_bytes(path: Path) -> Path:
    """Return a path of which a part is a `file_key` with the bytes of the file, where only that one is there."""
    if "\\x" not in str(path) or os.path.lexists(path):
        return path
    original = _ESCAPED.sub(lambda match: bytes.fromhex(match[1].decode()), os.fsencode(path))
    found = Path(os.fsdecode(original))
    return found if os.path.lexists(found) else path
