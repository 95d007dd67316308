"""How the folders of an index differ from it, without a sync."""

from dataclasses import dataclass
from pathlib import Path

from spanwise.errors import SpanwiseError
from spanwise.files.staleness import state_of
from spanwise.index.index import Index
from spanwise.pipeline.sync.changes import find_changes
from spanwise.pipeline.sync.targets import Target
from spanwise.types import SkippedFile


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
    seen = index.passed_over.seen
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
                changed += [file.file] if state_of(file.path, record) is not None else []
            elif seen.get(file.file) != (file.size, file.mtime_ns):
                new.append(file.file)
    new, changed, gone = ([*map(roots.shown, files)] for files in (new, changed, gone))
    return Differences(tuple(new), tuple(changed), tuple(gone), tuple(missing))
