"""The reader that ships with the package."""

from pathlib import Path

DEFAULT_READER = "default"


def packaged_folder() -> Path:
    """Return the folder of the packaged reader."""
    return Path(__file__).parents[1] / "models" / "minilm-squad2"
