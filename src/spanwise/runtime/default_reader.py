"""The reader that ships with the package."""

import os
from pathlib import Path

DEFAULT_READER = "default"


def reader_folder(model: str) -> Path:
    """Return the folder that a reader's name stands for: the packaged one for "default", else the name as a path."""
    if model == DEFAULT_READER:
        return Path(__file__).parents[1] / "models" / "reader"
    return Path(os.path.expanduser(model))
