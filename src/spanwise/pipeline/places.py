"""Where the documents of an index lie on the disk."""

import os
from pathlib import Path

from spanwise.index.manifest import Manifest


def document_path(index: Manifest, file: str) -> Path | None:
    """
    Return where the file of a document should be; None where that is not known, or would be outside its folder.

    :param file: Its path, as answers cite it.
    """
    roots = index.roots
    return roots.place_of(roots.stored(file))


def cited_name(index: Manifest, path: str) -> str:
    """
    Return the name by which answers cite a file; what is none of the index's folders comes back as it is.

    :param path: As on the disk, absolute or from the current directory.
    """
    roots, given = index.roots, Path(os.path.expanduser(path))
    for absolute in (Path(os.path.abspath(given)), given.resolve()):
        for root in roots:
            for where in (Path(root.path), Path(root.path).resolve()):
                if root.is_file and absolute == where:
                    return roots.shown(f"{root.prefix}{root.name}")
                if not root.is_file and absolute.is_relative_to(where):
                    return roots.shown(f"{root.prefix}{absolute.relative_to(where).as_posix()}")
    return path
