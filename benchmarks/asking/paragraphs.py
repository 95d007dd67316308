"""Paragraphs of question sets as files of a folder."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def name_of(context: str) -> str:
    """Return the file name of a paragraph."""
    return f"{hashlib.sha256(context.encode()).hexdigest()[:24]}.txt"


def write_paragraphs(contexts: Iterable[str], folder: Path) -> None:
    """Make a folder hold these paragraphs, one a file, and no others."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {name_of(context): context for context in contexts}
    for name in {path.name for path in folder.iterdir()} - wanted.keys():
        (folder / name).unlink()
    for name, context in wanted.items():
        (folder / name).write_text(context, encoding="utf-8", newline="")
