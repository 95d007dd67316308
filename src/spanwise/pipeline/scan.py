"""Find the files of a folder that can be indexed."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from spanwise.convert.files import file_key, looks_like_text
from spanwise.convert.kinds import has_own_kind, is_document
from spanwise.errors import SpanwiseError
from spanwise.types import SkippedFile

LEADS_OUT = "a link that leads out of the folder; --follow-links follows it"


@dataclass(frozen=True, slots=True)
class FoundFile:
    """
    A file to index.

    :param path: Where it is.
    :param file: Its path relative to the folder, with forward slashes; bytes that are not UTF-8 as escapes.
    :param size: Bytes.
    :param mtime_ns: Time of its last change, in nanoseconds since the epoch.
    """

    path: Path
    file: str
    size: int
    mtime_ns: int


@dataclass(slots=True)
class Scan:
    """
    What a folder holds.

    :param ignored: Files of kinds that are not read; what the globs leave out is not among them.
    """

    files: list[FoundFile] = field(default_factory=list)
    skipped: list[SkippedFile] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


def scan_folder(
    root: Path,
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    leave_out: Path | None = None,
    follow_links: bool = False,
) -> Scan:
    """
    List a folder's files, sorted by name. Hidden files and folders are passed over, links to folders not followed.

    :param include: If given, only files that match one of these globs on the relative path, where `*` crosses `/`;
        source code and data only where one ends in their suffix.
    :param exclude: Files that match one of these globs are left out.
    :param leave_out: A folder to pass over: the index itself.
    :param follow_links: Read files outside the folder that links in it lead to.
    :raises SpanwiseError: If the folder itself cannot be read.
    """
    scan, inside = Scan(), os.path.join(os.path.realpath(root), "")
    for entry in _walk(root, leave_out, scan):
        file = file_key(Path(entry.path).relative_to(root))
        if (include and not _matches(file, include)) or _matches(file, exclude):
            continue
        if not is_document(entry.name, include):
            scan.ignored.append(file)
            continue
        if entry.is_symlink() and not follow_links and not os.path.realpath(entry.path).startswith(inside):
            scan.skipped.append(SkippedFile(file, LEADS_OUT))
            continue
        try:
            status = entry.stat()
        except OSError as error:
            scan.skipped.append(SkippedFile(file, f"cannot be read: {error.strerror}"))
            continue
        if not has_own_kind(entry.name) and not looks_like_text(Path(entry.path)):
            scan.ignored.append(file)
            continue
        scan.files.append(FoundFile(Path(entry.path), file, status.st_size, status.st_mtime_ns))
    return scan


def _matches(file: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(file, glob) for glob in globs)


def _walk(root: Path, leave_out: Path | None, scan: Scan) -> Iterator["os.DirEntry[str]"]:
    excluded = os.path.realpath(leave_out) if leave_out is not None else None
    pending = [root]
    while pending:
        folder = pending.pop()
        try:
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            if folder == root:
                msg = f"expected a folder that can be read at {root}: {error.strerror}"
                raise SpanwiseError(msg) from error
            scan.skipped.append(
                SkippedFile(f"{file_key(folder.relative_to(root))}/", f"cannot be read: {error.strerror}")
            )
            continue
        folders = []
        for entry in entries:
            if entry.name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                if excluded is None or os.path.realpath(entry.path) != excluded:
                    folders.append(Path(entry.path))
            elif entry.is_symlink() and Path(entry.path).is_dir():
                key = f"{file_key(Path(entry.path).relative_to(root))}/"
                scan.skipped.append(SkippedFile(key, "a link to a folder; links to folders are not followed"))
            else:
                yield entry
        pending.extend(reversed(folders))
