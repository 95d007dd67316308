"""The `convert` stage as a Haystack component."""

import os
from pathlib import Path
from typing import Any

from haystack import Document, component

from spanwise.convert.convert import convert_file
from spanwise.documents import source_to_document
from spanwise.errors import ConversionError, UsageError
from spanwise.files.names import file_key


@component
class FileConverter:
    r"""
    Turns files of any supported format into one document each; what cannot be converted is listed with the reason.

    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     _ = Path(folder, "ports.txt").write_text("It listens on port 8443.")
    ...     _ = Path(folder, "empty.txt").write_text("")
    ...     sources = [Path(folder, "ports.txt"), Path(folder, "empty.txt")]
    ...     result = FileConverter().run(sources, root=folder)
    >>> result["documents"][0].content
    'It listens on port 8443.'
    >>> result["skipped"]
    [{'file': 'empty.txt', 'reason': 'no text in it: the file is empty (0 bytes)'}]

    :param raise_on_failure: Whether to raise for the first file that cannot be converted instead of listing it.
    """

    def __init__(self, *, raise_on_failure: bool = False) -> None:
        self.raise_on_failure = raise_on_failure

    @component.output_types(documents=list[Document], skipped=list[dict[str, str]])
    def run(self, sources: list[str | Path], root: str | Path | None = None) -> dict[str, Any]:
        """
        Convert files.

        :param sources: Paths of the files.
        :param root: The folder that `file_path` in the documents' meta is relative to; None keeps paths as given.
        :returns: "documents" in the order of `sources`, with "file_path", "title", "sha256" and, for formats with
            pages, "page_starts" in their meta; "skipped", a list of {"file", "reason"}.
        :raises UsageError: If a source is not below `root`.
        :raises ConversionError: If a file cannot be converted and `raise_on_failure` is set.
        """
        documents, skipped = [], []
        for source in sources:
            file = file_key(_below(root, Path(source)))
            try:
                documents.append(source_to_document(convert_file(Path(source), file)))
            except ConversionError as error:
                if self.raise_on_failure:
                    msg = f"{file}: {error}"
                    raise ConversionError(msg) from error
                skipped.append({"file": file, "reason": str(error)})
        return {"documents": documents, "skipped": skipped}


def _below(root: str | Path | None, path: Path) -> Path:
    if root is None:
        return path
    absolute, folder = Path(os.path.abspath(path)), Path(os.path.abspath(root))
    if not absolute.is_relative_to(folder):
        msg = f"expected files below the root {str(root)!r}, found {str(path)!r}: give a root that holds it, or none"
        raise UsageError(msg)
    return absolute.relative_to(folder)
