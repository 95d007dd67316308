"""Whether files are still what was indexed of them."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

from spanwise.errors import SpanwiseError
from spanwise.files.digest import file_sha256
from spanwise.index.index import Index
from spanwise.index.records import Stamp
from spanwise.index.roots import Roots
from spanwise.pipeline.sync.changes import find_changes
from spanwise.pipeline.sync.targets import Target
from spanwise.text.pluralize import listed
from spanwise.types import QueryResult, SkippedFile

SAID = {"changed": "changed since", "gone": "not there any more (moved or removed)"}
UPDATE = "`spanwise index` brings the index up to date."


@dataclass(frozen=True, slots=True)
class Differences:
    """
    How the roots of an index differ from it, as `git status` says it of a work tree; files as they are shown.

    :param gone: Files that are not there any more, or that the patterns no longer match.
    :param missing: Roots that are not there or not looked at, by their names, and why; their files are in none of the
        others.
    """

    new: tuple[str, ...]
    changed: tuple[str, ...]
    gone: tuple[str, ...]
    missing: tuple[SkippedFile, ...]


def differences(index: Index) -> Differences:
    """
    Compare an index with what it is made of: by size and time, and by SHA-256 where these do not tell.

    Files that the last sync could not read, and that are as they were then, are not new.
    """
    roots, known = index.roots, index.files()
    unread = {one.file for one in index.passed_over.skipped}
    new, changed, gone, missing = [], [], [], []
    for root in roots:
        if root.is_remote:
            missing.append(
                SkippedFile(root.name, f"{root.path} is elsewhere, and is only looked at by `spanwise index`")
            )
            continue
        try:
            found = find_changes(Target(root), known, index.path)
        except SpanwiseError as error:
            missing.append(SkippedFile(root.name, str(error).removesuffix("; nothing was changed")))
            continue
        gone += [*found.gone, *found.unmatched]
        for file in found.differing:
            record = known.get(file.file)
            if record is not None and isinstance(file.path, Path):
                stamp = Stamp(record.sha256, record.size, record.mtime_ns)
                changed += [file.file] if state_of(file.path, stamp) is not None else []
            elif file.file not in unread:
                new.append(file.file)
    new, changed, gone = ([*map(roots.shown, files)] for files in (new, changed, gone))
    return Differences(tuple(new), tuple(changed), tuple(gone), tuple(missing))


def with_staleness(result: QueryResult, roots: Roots, stamps: Mapping[str, Stamp]) -> QueryResult:
    """
    Return a result that names those of its files that are not as they were indexed.

    :param stamps: Of the files that were read, by their stored names.
    """
    cited = dict.fromkeys(place.file for answer in result.answers for place in answer.citations)
    states = {}
    for file in cited:
        stamp, path = stamps.get(roots.stored(file)), roots.path_of(file)
        state = None if stamp is None or path is None else state_of(path, stamp)
        if state is not None:
            states[file] = state
    if not states:
        return result
    sorts = {state: [file for file, found in states.items() if found == state] for state in SAID}
    note = "; ".join(f"{SAID[state]}: {listed(files)}" for state, files in sorts.items() if files)
    return replace(result, stale=tuple(states), stale_note=f"{note[0].upper()}{note[1:]}. {UPDATE}")


def state_of(path: Path, stamp: Stamp) -> Literal["changed", "gone"] | None:
    """Return whether a file has changed or is gone since it was indexed; None if it is as it was."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return "gone"
        if (status.st_size, status.st_mtime_ns) == (stamp.size, stamp.mtime_ns):
            return None
        changes = (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        same = status.st_size == stamp.size and _digest(path, changes) == stamp.sha256
    except OSError as error:
        return "gone" if isinstance(error, FileNotFoundError | NotADirectoryError) else "changed"
    return None if same else "changed"


@lru_cache(256)
def _digest(path: Path, changes: tuple[int, ...]) -> str:  # noqa: ARG001  # another size or time is another file
    return file_sha256(path)
