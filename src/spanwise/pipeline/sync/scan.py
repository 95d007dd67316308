"""Find the files of a folder that can be indexed."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from spanwise.convert.files import looks_like_text
from spanwise.convert.kinds import has_own_kind, is_document
from spanwise.errors import SpanwiseError
from spanwise.files.names import file_key
from spanwise.files.patterns import Patterns
from spanwise.index.index import Index
from spanwise.types import SkippedFile

EVERYTHING = Patterns()
LEADS_OUT = "a link that leads out of the folder; --follow-links follows it"


@dataclass(frozen=True, slots=True)
class FoundFile:
    """
    A file to index.

    :param path: Where it is; its URL where that is a store.
    :param file: Its path relative to the folder, with forward slashes; bytes that are not UTF-8 as escapes.
    :param size: Bytes.
    :param mtime_ns: Time of its last change, in nanoseconds since the epoch.
    """

    path: Path | str
    file: str
    size: int
    mtime_ns: int


@dataclass(slots=True)
class Scan:
    """
    What a folder holds.

    :param ignored: Files of kinds that are not read; what is hidden or excluded is not among them.
    :param excluded: Files of any kind that the patterns leave out, and folders, with a slash at their end.
    :param hidden: Files and folders whose names begin with a dot.
    """

    files: list[FoundFile] = field(default_factory=list)
    skipped: list[SkippedFile] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)


def scan_folder(
    root: Path,
    patterns: Patterns = EVERYTHING,
    *,
    part: str = "",
    prefix: str = "",
    leave_out: Path | None = None,
    follow_links: bool = False,
) -> Scan:
    """
    List a folder's files, sorted by name. Hidden ones and indexes are passed over, links to folders not followed.

    :param patterns: Which of them are meant; source code and data only where a pattern ends in their suffix.
    :param part: The relative path of a file or folder in it, if only that is to be listed.
    :param prefix: What the name of each file is to begin with, before its relative path.
    :param leave_out: A folder to pass over: the index itself, which may not be made yet.
    :param follow_links: Read files outside the folder that links in it lead to.
    :raises SpanwiseError: If the folder itself cannot be read.
    """
    scan, inside = Scan(), os.path.join(os.path.realpath(root), "")
    for entry in _Walk(root, patterns, prefix, leave_out, scan).entries(root / part):
        relative = file_key(Path(entry.path).relative_to(root))
        file = f"{prefix}{relative}"
        if not patterns.match(relative):
            scan.excluded.append(file)
        elif not is_document(entry.name, patterns.include):
            scan.ignored.append(file)
        elif entry.is_symlink() and not follow_links and not os.path.realpath(entry.path).startswith(inside):
            scan.skipped.append(SkippedFile(file, LEADS_OUT))
        else:
            _add(scan, Path(entry.path), file)
    return scan


def scan_file(path: Path, file: str) -> Scan:
    """
    Look at a file that was named by itself, and is read whatever its kind is, if it is text or a document.

    :param file: The name that it gets.
    :raises SpanwiseError: If it is not there.
    """
    if not path.is_file():
        msg = f"expected a file at {path}, found {'a folder' if path.is_dir() else 'nothing'}; nothing was changed"
        raise SpanwiseError(msg)
    scan = Scan()
    _add(scan, path, file)
    return scan


def _add(scan: Scan, path: Path, file: str) -> None:
    try:
        status = path.stat()
    except OSError as error:
        scan.skipped.append(SkippedFile(file, f"cannot be read: {error.strerror}"))
        return
    if has_own_kind(path.name) or looks_like_text(path):
        scan.files.append(FoundFile(path, file, status.st_size, status.st_mtime_ns))
    else:
        scan.ignored.append(file)


@dataclass(slots=True)
class _Walk:
    """A walk through a folder, which notes in a scan what it passes over."""

    root: Path
    patterns: Patterns
    prefix: str
    leave_out: Path | None
    scan: Scan

    def entries(self, start: Path) -> Iterator["os.DirEntry[str]"]:
        """Yield the files in a folder of the root and in its folders, or the one file that it is."""
        excluded = None if self.leave_out is None else os.path.realpath(self.leave_out)
        pending = [start]
        if start != self.root and not start.is_dir():
            yield from (entry for entry in self._listed(start.parent) if entry.name == start.name)
            return
        while pending:
            folders = []
            for entry in self._listed(pending.pop()):
                name = f"{self.prefix}{file_key(Path(entry.path).relative_to(self.root))}"
                if entry.name.startswith("."):
                    self.scan.hidden.append(name)
                elif entry.is_dir(follow_symlinks=False):
                    if self.patterns.leave_out(name.removeprefix(self.prefix)):
                        self.scan.excluded.append(f"{name}/")
                    elif not Index.exists(entry.path) and os.path.realpath(entry.path) != excluded:
                        folders.append(Path(entry.path))
                elif entry.is_symlink() and Path(entry.path).is_dir():
                    reason = "a link to a folder; links to folders are not followed"
                    self.scan.skipped.append(SkippedFile(f"{name}/", reason))
                else:
                    yield entry
            pending.extend(reversed(folders))

    def _listed(self, folder: Path) -> "list[os.DirEntry[str]]":
        try:
            with os.scandir(folder) as listing:
                return sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            if folder == self.root:
                msg = f"expected a folder that can be read at {self.root}: {error.strerror}; nothing was changed"
                raise SpanwiseError(msg) from error
            name = f"{self.prefix}{file_key(folder.relative_to(self.root))}/"
            self.scan.skipped.append(SkippedFile(name, f"cannot be read: {error.strerror}"))
            return []
