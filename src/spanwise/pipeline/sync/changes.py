"""What differs between the folders and files that an index is made of, and the index."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from spanwise.convert.kinds import supported_suffixes
from spanwise.convert.limits import USUAL, Limits
from spanwise.convert.pdf.ocr import can_read
from spanwise.convert.version import CONVERSION_VERSION
from spanwise.errors import ConversionError, RefusedError, SpanwiseError
from spanwise.files.digest import file_sha256
from spanwise.files.remote import FoundFile
from spanwise.index.records import FileRecord, Versions
from spanwise.index.roots import Root, Roots
from spanwise.pipeline.sync.scan import EVERYTHING, LEADS_OUT, Scan, at_hand, scan_target
from spanwise.pipeline.sync.targets import Target, is_gone
from spanwise.split.version import SPLITTING_VERSION
from spanwise.text.pluralize import pluralize

VERSIONS = Versions(CONVERSION_VERSION, SPLITTING_VERSION)
"""What makes texts and passages now."""


class NoFilesError(SpanwiseError):
    """A folder or file holds nothing that can be indexed."""


@dataclass(frozen=True, slots=True)
class Changes:
    """
    What a root, or a part of it, has that the index has not, and the reverse.

    :param found: What is there.
    :param differing: Files that are new, or look changed by their size or time.
    :param gone: Indexed files that are not there any more.
    :param unmatched: Indexed files that the patterns no longer match, or whose kind is no longer read.
    """

    target: Target
    found: Scan
    differing: tuple[FoundFile, ...]
    gone: tuple[str, ...]
    unmatched: tuple[str, ...]


def find_changes(target: Target, known: Mapping[str, FileRecord], index: Path) -> Changes:
    """
    Compare a root, or a part of it, with what is indexed of it.

    :param known: All indexed files.
    :param index: The index's own folder, which is passed over.
    :raises SpanwiseError: If it is not there, or cannot be read.
    """
    root, found = target.root, scan_target(target, index)
    own = {file: known[file] for file in files_of(root, known, target.part)}
    same = {(file, one.size, one.mtime_ns) for file, one in own.items() if not is_stale(one)}
    differing = tuple(one for one in found.files if (one.file, one.size, one.mtime_ns) not in same)
    unreadable = [skip.file for skip in found.skipped if skip.reason != LEADS_OUT]
    there = {*unreadable, *(file.file for file in found.files)}
    folders = tuple(file for file in unreadable if file.endswith("/"))
    absent = [file for file in own if file not in there and not file.startswith(folders)]
    patterns, ignored = root.patterns or EVERYTHING, {*found.ignored}
    is_meant = {file: file not in ignored and patterns.match(root.relative(file)) for file in absent}
    gone, unmatched = (tuple(file for file in absent if is_meant[file] is meant) for meant in (True, False))
    return Changes(target, found, differing, gone, unmatched)


def files_of(root: Root, known: Iterable[str], part: str = "") -> list[str]:
    """Return the stored names of those of some files that belong to a root, or to a part of it."""
    return [file for file in known if is_part(root, file, part)]


def is_part(root: Root, file: str, part: str = "") -> bool:
    """Return whether a file, given its stored name, belongs to a root, or to a part of it."""
    mine = file.startswith(root.prefix) if root.prefix else not file.startswith("/")
    return mine and (not part or f"{root.relative(file)}/".startswith(f"{part}/"))


def require_files(target: Target, found: Scan) -> None:
    """
    Check that there is something to index in a root that joins, or a part of one.

    :raises NoFilesError: If there is not.
    """
    if found.files:
        return
    place = f"{target.root.path}/{target.part}" if target.part else target.root.path
    if found.excluded:
        files = pluralize(len(found.excluded), "file")
        msg = (
            f"nothing in {place} can be indexed: expected patterns that match some of its files, found that they "
            f"leave out {files}; change --include or --exclude"
        )
    else:
        msg = (
            f"nothing in {place} can be indexed: expected text, or files that end in "
            f"{', '.join(sorted(supported_suffixes()))}, found {pluralize(len(found.ignored), 'other')}"
        )
    raise NoFilesError(msg)


def require_few_removals(changes: Changes, known: Mapping[str, FileRecord]) -> None:
    """
    Refuse a sync that would remove more than half of a root's files, or finds none where there were some.

    :raises RefusedError: If it would.
    """
    root, gone = changes.target.root, len(changes.gone)
    own = len(files_of(root, known))
    if not (gone or changes.unmatched) or (changes.found.files and 2 * gone <= own - len(changes.unmatched)):
        return
    if gone:
        found = f"expected at least half of the {own} indexed files in {root.path}, found {gone} of them gone"
    else:
        found = f"expected patterns that match some of the {own} indexed files in {root.path}, found that none does"
    msg = f"{found}; nothing was changed; if they are to be removed from the index, add --allow-removals"
    raise RefusedError(msg)


def require_not_moved(changes: Changes, roots: Roots, known: Mapping[str, FileRecord]) -> None:
    """
    Refuse a root that joins if most of its files are those of one that is gone: it would be indexed twice.

    :raises RefusedError: If they are.
    """
    files = changes.found.files
    for root in filter(is_gone, roots):
        records = [known[file] for file in files_of(root, known)]
        sizes, digests = {record.size for record in records}, {record.sha256 for record in records}
        same = sum(file.size in sizes and _digest(file) in digests for file in files)
        if 2 * same > len(files):
            msg = (
                f"expected other files in {changes.target.root.path} than those of {root.path}, which is gone, found "
                f"that {same} of {len(files)} are the same; if it has moved here, add --root-moved {root.name}, else "
                f"take it out with --remove {root.name}"
            )
            raise RefusedError(msg)


def has_same_bytes(file: FoundFile, record: FileRecord, limits: Limits) -> bool:
    """Return whether a file has the bytes that were indexed."""
    return file.size == record.size and _digest(file, limits) == record.sha256


def _digest(file: FoundFile, limits: Limits = USUAL) -> str | None:
    try:
        with at_hand(file, limits) as path:
            return file_sha256(path)
    except (ConversionError, OSError):
        return None  # its conversion says why it cannot be read


def is_old(record: FileRecord) -> bool:
    """Return whether a file's text or passages were made by an earlier version, or one that is not known."""
    return record.versions.conversion < VERSIONS.conversion or record.versions.splitting < VERSIONS.splitting


def can_read_more(record: FileRecord) -> bool:
    """Return whether pages of a file were not read for want of OCR, which is there now."""
    return record.wants_ocr and can_read()


def is_stale(record: FileRecord) -> bool:
    """Return whether a file would get another text now than when it was converted, though it is as it was."""
    return is_old(record) or can_read_more(record)
