"""The fingerprint of a model's weights."""

import hashlib
from pathlib import Path

from spanwise.errors import ModelError
from spanwise.files.digest import file_sha256


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
