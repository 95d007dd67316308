"""Where the documents of an index lie on the disk."""

import os
from pathlib import Path, PurePosixPath

from spanwise.index.manifest import Manifest


def document_path(index: Manifest, file: str) -> Path | None:
    """
    Return where the file of a document should be; None where that is not known, or would be outside its folder.

    :param file: Its path, as answers cite it.
    """
    root, inner = index.root, PurePosixPath(file)
    if root is None or inner.is_absolute() or ".." in inner.parts:
        return None
    return Path(root, inner)


def cited_name(index: Manifest, path: str) -> str:
    """
    Return the name by which answers cite a file; what is none of the index's folder comes back as it is.

    :param path: As on the disk, absolute or from the current directory.
    """
    if index.root is None:
        return path
    given = Path(path).expanduser()
    for absolute in (Path(os.path.abspath(given)), given.resolve()):
        for root in (Path(index.root), Path(index.root).resolve()):
            if absolute.is_relative_to(root):
                return absolute.relative_to(root).as_posix()
    return path
