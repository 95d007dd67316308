"""What a model's folder holds: looked at before a library reads it, and told from another's by its weights."""

import hashlib
import re
from pathlib import Path
from typing import Any

from spanwise.errors import ModelError
from spanwise.files.digest import file_sha256
from spanwise.files.json_object import read_json_object

MAX_JSON_BYTES = 100 << 20
"""Twice the largest tokenizers that are in use, of a quarter of a million entries."""

_MAX_PARTS = 1000
_PARTS = re.compile("layer|group|block|expert|feedforward_network")
"""Numbers that say how many parts of a kind are made, each some objects of Python's."""


def require_sound(folder: Path) -> None:
    """
    Refuse a folder whose settings would take minutes and gigabytes to read, or whose weights lie outside of it.

    :param folder: A path; one that is no folder is accepted.
    :raises ModelError: If it is one.
    """
    for file in (*folder.glob("*.json"), *folder.glob("*/*.json")):
        require_small(file)
    if (folder / "config.json").is_file():
        config = read_settings(folder / "config.json")
        for key, value in config.items():
            if isinstance(value, int) and value > _MAX_PARTS and _PARTS.search(key) and "size" not in key:
                msg = f"expected at most {_MAX_PARTS} as {key} in {folder / 'config.json'}, found {value}"
                raise ModelError(msg)
    for file in folder.glob("*.index.json"):
        named = read_settings(file).get("weight_map", {})
        for name in named.values() if isinstance(named, dict) else ():
            if not isinstance(name, str) or Path(name).name != name:
                msg = f"expected weights beside {file}, it names {str(name)[:100]!r}"
                raise ModelError(msg)


def read_settings(file: Path) -> dict[str, Any]:
    """
    Return the JSON object in a file of a model's folder.

    :raises ModelError: If there is none.
    """
    require_small(file)
    return read_json_object(file, "a model's settings", "copy or download it again", ModelError)


def require_small(file: Path) -> None:
    """
    Refuse settings or a tokenizer that would take minutes and gigabytes to read.

    :raises ModelError: If it is larger; a missing file is accepted.
    """
    size = file.stat().st_size if file.is_file() else 0
    if size > MAX_JSON_BYTES:
        msg = f"expected at most {MAX_JSON_BYTES:,} bytes in {file}, found {size:,}"
        raise ModelError(msg)


def folder_fingerprint(folder: Path) -> str:
    """
    Return the SHA-256 (hex) over the safetensors files of a model folder.

    :raises ModelError: If there are none.
    """
    files = sorted(folder.rglob("*.safetensors"))
    if not files:
        msg = f"expected safetensors weights in {folder}, found none; save the model with safe_serialization=True"
        raise ModelError(msg)
    if len(files) == 1:
        return file_sha256(files[0])
    return hashlib.sha256("".join(map(file_sha256, files)).encode()).hexdigest()
