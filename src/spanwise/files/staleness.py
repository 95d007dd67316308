"""Whether the files that an answer cites are still what was indexed of them."""

import os
import stat
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from spanwise.files.digest import file_sha256
from spanwise.text.pluralize import listed
from spanwise.types import QueryResult

if TYPE_CHECKING:
    from spanwise.index.records import FileRecord, Stamp
    from spanwise.index.roots import Roots

SAID = {"changed": "changed since", "gone": "not there any more (moved or removed)"}
UPDATE = "`spanwise index` brings the index up to date."


def with_staleness(result: QueryResult, roots: "Roots", stamps: Mapping[str, "Stamp"]) -> QueryResult:
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


def state_of(path: Path, stamp: "Stamp | FileRecord") -> Literal["changed", "gone"] | None:
    """Return whether a file has changed or is gone since it was indexed; None if it is as it was."""
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):
            return "gone"
        if (status.st_size, status.st_mtime_ns) == (stamp.size, stamp.mtime_ns):
            return None
        changes = (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        same = stamp.size in {0, status.st_size} and _digest(path, changes) == stamp.sha256  # 0 where it is not known
    except OSError as error:
        return "gone" if isinstance(error, FileNotFoundError | NotADirectoryError) else "changed"
    return None if same else "changed"


@lru_cache(256)
def _digest(path: Path, changes: tuple[int, ...]) -> str:  # noqa: ARG001  # another size or time is another file
    return file_sha256(path)
