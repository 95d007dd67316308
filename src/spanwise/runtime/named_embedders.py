"""
Which embedders the user has named on this machine: only those are loaded again because an index names them.

An index that somebody sent may name any model. The record lies outside of it, in the user's state folder.
"""

import json
import os
from contextlib import suppress
from pathlib import Path

from spanwise.errors import ModelError
from spanwise.files.state import state_folder
from spanwise.runtime.default_embedder import packaged_embedder
from spanwise.types import EmbedderIdentity


def remember(identity: EmbedderIdentity) -> None:
    """Record that the user named an embedder; where that cannot be written, it has to be named again."""
    entry = _entry(identity)
    folder = state_folder()
    with suppress(OSError):
        if folder is not None and entry not in _entries():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(folder / "embedders.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with open(descriptor, "a", encoding="utf-8") as file:
                file.write(f"{json.dumps(entry)}\n")


def require_named(identity: EmbedderIdentity, index: Path) -> None:
    """
    Refuse an embedder that an index names and that the user never named here.

    :param index: The index's folder.
    :raises ModelError: If it is one.
    """
    with suppress(OSError):
        if packaged_embedder(identity.name) is not None or _entry(identity) in _entries():
            return
    msg = (
        f"the index in {index} was made with the embedder {identity.name!r}, which was not given on this machine and "
        "is not loaded on an index's word: if you trust it, say so with `--embedder` and its name or folder"
    )
    raise ModelError(msg)


def _entry(identity: EmbedderIdentity) -> list[str]:
    """Return what a model is known by: a folder's whole path or a hub name, and its weights."""
    folder = Path(os.path.expanduser(identity.name))
    return [str(folder.resolve()) if folder.is_dir() else identity.name, identity.fingerprint]


def _entries() -> list[list[str]]:
    found: list[list[str]] = []
    folder = state_folder()
    if folder is None:
        return found
    with suppress(FileNotFoundError):
        for line in (folder / "embedders.jsonl").read_text(encoding="utf-8").splitlines():
            with suppress(ValueError):
                found.append(json.loads(line))
    return found
