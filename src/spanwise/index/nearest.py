"""Which index is meant where none is named."""

import os
from pathlib import Path

from spanwise.errors import IndexStateError

INDEX_NAME = ".spanwise"


def nearest_index() -> Path:
    """
    Return the index in the current directory, or in the nearest folder above it that holds one, as Git finds its own.

    :returns: Where there is none, the place in the current directory where one would be made.
    :raises IndexStateError: If the one that is found above it is another user's.
    """
    try:
        here = Path.cwd()
    except OSError:  # the current directory was removed
        return Path(INDEX_NAME)
    for place in (here, *here.parents):
        found = place / INDEX_NAME
        if not found.is_dir():
            continue
        if place == here:
            break
        if hasattr(os, "getuid") and found.stat().st_uid not in {os.getuid(), 0}:
            msg = (
                f"expected an index of your own, found that of another user in {found}; name it if you trust it: "
                f"--index {found}"
            )
            raise IndexStateError(msg)
        return found
    return Path(INDEX_NAME)
