"""Find the files in a store that can be indexed."""

from spanwise.convert.files import HEAD, is_head_of_text
from spanwise.convert.kinds import has_own_kind, is_document
from spanwise.files.patterns import Patterns
from spanwise.files.remote import RemoteFile, RemotePlace
from spanwise.files.urls import name_in
from spanwise.pipeline.sync.scan import FoundFile, Scan
from spanwise.types import SkippedFile

UNFIT = "a name that no file of a folder could have"


def scan_remote_folder(root: str, patterns: Patterns, *, part: str, prefix: str) -> Scan:
    """
    List the files of a folder in a store as `scan_folder` lists those of one on the disk.

    :param root: The folder's URL.
    :raises SpanwiseError: If it is not there, or cannot be reached.
    """
    scan = Scan()
    for found in RemotePlace(f"{root}/{part}" if part else root).files():
        relative = "/".join(filter(None, (part, found.relative)))
        names = relative.split("/")
        hidden = next((at for at, name in enumerate(names) if name.startswith(".") and name not in {".", ".."}), None)
        file = f"{prefix}{relative}"
        if {"", ".", ".."}.intersection(names) or "\0" in relative:
            scan.skipped.append(SkippedFile(f"{prefix}{relative.lstrip('/')}", UNFIT))
        elif hidden is not None:
            name = f"{prefix}{'/'.join(names[: hidden + 1])}"
            if scan.hidden[-1:] != [name]:
                scan.hidden.append(name)
        elif not patterns.match(relative):
            scan.excluded.append(file)
        elif not is_document(names[-1], patterns.include):
            scan.ignored.append(file)
        else:
            _add(scan, found, file)
    return scan


def scan_remote_file(url: str, file: str) -> Scan:
    """
    Look at a file in a store that was named by itself.

    :param file: The name that it gets.
    :raises SpanwiseError: If it is not there, or cannot be reached.
    """
    scan = Scan()
    _add(scan, RemotePlace(url).file(), file)
    return scan


def _add(scan: Scan, found: RemoteFile, file: str) -> None:
    if has_own_kind(name_in(found.url)) or is_head_of_text(RemotePlace(found.url).head(HEAD)):
        scan.files.append(FoundFile(found.url, file, found.size, found.mtime_ns))
    else:
        scan.ignored.append(file)
