"""Find the files of a root that can be indexed, on a disk or in a store, and bring them to where they can be read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from spanwise.convert.files import HEAD, is_head_of_text, looks_like_text
from spanwise.convert.kinds import has_own_kind, is_document
from spanwise.convert.limits import Limits
from spanwise.errors import ConversionError, SpanwiseError
from spanwise.files.names import file_key
from spanwise.files.patterns import Patterns
from spanwise.files.remote import FoundFile, RemotePlace
from spanwise.index.index import Index
from spanwise.index.roots import Root
from spanwise.pipeline.sync.targets import Target
from spanwise.types import SkippedFile

EVERYTHING = Patterns()
LEADS_OUT = "a link that leads out of the folder; --follow-links follows it"
_LONGEST_NAME = 100


@dataclass(slots=True)
class Scan:
    """
    What a root, or a part of it, holds, by stored names.

    :param ignored: Files of kinds that are not read; what is hidden or excluded is not among them.
    :param excluded: Files of any kind that the patterns leave out, and folders, with a slash at their end.
    :param hidden: Files and folders whose names begin with a dot.
    """

    files: list[FoundFile] = field(default_factory=list)
    skipped: list[SkippedFile] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)


def scan_target(target: Target, index: Path) -> Scan:
    """
    List what is there of a root, or of a part of it, in each folder by name.

    Hidden files and indexes are passed over, links to folders not followed. Source code and data are files to index
    only where a pattern ends in their suffix, or where such a file is itself the root.

    :param index: A folder to pass over: the index itself, which may not be made yet.
    :raises SpanwiseError: If it is not there, or cannot be read.
    """
    root, scan = target.root, Scan()
    if root.is_remote and root.is_file:
        _add(scan, replace(RemotePlace(root.path).file(), file=f"{root.prefix}{root.name}"))
    elif root.is_remote:
        _scan_store(root, target.part, scan)
    elif root.is_file:
        path = Path(root.path)
        if not os.path.isfile(path):
            found = "a folder" if os.path.isdir(path) else "nothing"
            msg = f"expected a file at {path}, found {found}; nothing was changed"
            raise SpanwiseError(msg)
        _add_path(scan, path, f"{root.prefix}{root.name}")
    else:
        inside = os.path.join(os.path.realpath(root.path), "")
        for entry in _walk(root, target.part, os.path.realpath(index), scan):
            file = _stored(root, entry.path)
            if not _is_meant(root, file, scan):
                continue
            if entry.is_symlink() and not root.follow_links and not os.path.realpath(entry.path).startswith(inside):
                scan.skipped.append(SkippedFile(file, LEADS_OUT))
            else:
                _add_path(scan, Path(entry.path), file)
    return scan


@contextmanager
def at_hand(found: FoundFile, limits: Limits, content: bytes | None = None) -> Iterator[Path]:
    """
    Give the path at which a file can be read while the block runs; what is in a store is copied for as long.

    :param limits: How large it may be.
    :param content: Its bytes, where they are known.
    :raises ConversionError: If it is too large, not there any more, or may not be read.
    :raises SpanwiseError: If its store cannot be reached.
    """
    if content is None and isinstance(found.path, Path):
        yield found.path
        return
    limits.check_file(found.size)
    with TemporaryDirectory(prefix="spanwise-") as folder:
        copy = Path(folder) / found.name[-_LONGEST_NAME:]
        try:
            if content is None:
                RemotePlace(str(found.path)).copy(copy, limits.file_bytes)
            else:
                copy.write_bytes(content)
        except FileNotFoundError:
            msg = "no such file: removed or renamed since it was listed"
            raise ConversionError(msg) from None
        except PermissionError as error:
            msg = "permission denied: allow this user to read it, or exclude it"
            raise ConversionError(msg) from error
        limits.check_file(copy.stat().st_size)
        yield copy


def _is_meant(root: Root, file: str, scan: Scan) -> bool:
    """Return whether a file is meant, and of a kind that is read; note it if it is not."""
    patterns, relative = root.patterns or EVERYTHING, root.relative(file)
    if not patterns.match(relative):
        scan.excluded.append(file)
        return False
    if not is_document(relative.rpartition("/")[2], patterns.include):
        scan.ignored.append(file)
        return False
    return True


def _add(scan: Scan, found: FoundFile) -> None:
    """Note a file by its content, where its name does not tell its kind."""
    is_read = has_own_kind(found.name) or (
        looks_like_text(found.path)
        if isinstance(found.path, Path)
        else is_head_of_text(RemotePlace(found.path).head(HEAD))
    )
    if is_read:
        scan.files.append(found)
    else:
        scan.ignored.append(found.file)


def _add_path(scan: Scan, path: Path, file: str) -> None:
    try:
        status = path.stat()
    except OSError as error:
        scan.skipped.append(SkippedFile(file, f"cannot be read: {error.strerror}"))
    else:
        _add(scan, FoundFile(path, file, status.st_size, status.st_mtime_ns))


def _scan_store(root: Root, part: str, scan: Scan) -> None:
    for found in RemotePlace(f"{root.path}/{part}" if part else root.path).files():
        relative = "/".join(filter(None, (part, found.file)))
        names = relative.split("/")
        hidden = next((at for at, name in enumerate(names) if name.startswith(".") and name not in {".", ".."}), None)
        file = f"{root.prefix}{relative}"
        if {"", ".", ".."}.intersection(names) or "\0" in relative:
            reason = "a name that no file of a folder could have"
            scan.skipped.append(SkippedFile(f"{root.prefix}{relative.lstrip('/')}", reason))
        elif hidden is not None:
            name = f"{root.prefix}{'/'.join(names[: hidden + 1])}"
            if scan.hidden[-1:] != [name]:
                scan.hidden.append(name)
        elif _is_meant(root, file, scan):
            _add(scan, replace(found, file=file))


def _walk(root: Root, part: str, index: str, scan: Scan) -> Iterator["os.DirEntry[str]"]:
    """Yield the files in a folder and in its folders, or the one file that a part is; note what is passed over."""
    start = Path(root.path, part)
    if part and not os.path.isdir(start):
        yield from (entry for entry in _listed(root, start.parent, scan) if entry.name == start.name)
        return
    pending = [start]
    while pending:
        folders = []
        for entry in _listed(root, pending.pop(), scan):
            name = _stored(root, entry.path)
            if entry.name.startswith("."):
                scan.hidden.append(name)
            elif entry.is_dir(follow_symlinks=False):
                if (root.patterns or EVERYTHING).leave_out(root.relative(name)):
                    scan.excluded.append(f"{name}/")
                elif not Index.exists(entry.path) and os.path.realpath(entry.path) != index:
                    folders.append(Path(entry.path))
            elif entry.is_symlink() and os.path.isdir(entry.path):
                scan.skipped.append(SkippedFile(f"{name}/", "a link to a folder; links to folders are not followed"))
            else:
                yield entry
        pending.extend(reversed(folders))


def _listed(root: Root, folder: Path, scan: Scan) -> "list[os.DirEntry[str]]":
    try:
        with os.scandir(folder) as listing:
            return sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        if folder == Path(root.path):
            msg = f"expected a folder that can be read at {root.path}: {error.strerror}; nothing was changed"
            raise SpanwiseError(msg) from error
        scan.skipped.append(SkippedFile(f"{_stored(root, str(folder))}/", f"cannot be read: {error.strerror}"))
        return []


def _stored(root: Root, path: str) -> str:
    return f"{root.prefix}{file_key(Path(path).relative_to(root.path))}"
