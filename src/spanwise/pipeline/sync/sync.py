"""Bring an index up to date with the folders and files that it is made of."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from spanwise.errors import IndexStateError, RefusedError, SpanwiseError, UsageError
from spanwise.files.remote import FoundFile
from spanwise.index.index import Index
from spanwise.index.records import Change, PassedOver
from spanwise.pipeline.sync import commits
from spanwise.pipeline.sync.changes import (
    VERSIONS,
    Changes,
    NoFilesError,
    can_read_more,
    files_of,
    find_changes,
    has_same_bytes,
    is_old,
    is_part,
    is_stale,
    require_few_removals,
    require_files,
    require_not_moved,
)
from spanwise.pipeline.sync.commits import CommitQueue, NextCommit
from spanwise.pipeline.sync.engine import Converted, Engine, MakeEngine, Work
from spanwise.pipeline.sync.progress import ReportProgress, SyncProgress
from spanwise.pipeline.sync.targets import SyncOptions, Target, find_root, plan_sync
from spanwise.types import Passage, SkippedFile, SourceText, SyncReport

RACY_NS = 2_000_000_000  # a file changed this recently may change again without its time changing
CONVERTED = 0.2  # share of the work on a file, as progress counts it, that is done when it is converted


class Sync:
    """
    One run over roots. Each commit is atomic; what was committed stays when the run is interrupted.

    :param index: Open for writing.
    :param work: What is needed to convert its files and to embed their passages.
    :param make_engine: Makes what does so.
    """

    def __init__(
        self, index: Index, work: Work, options: SyncOptions, progress: ReportProgress | None, make_engine: MakeEngine
    ) -> None:
        self.index, self.work, self.options, self.make_engine = index, work, options, make_engine
        self._roots, self._known = index.roots, index.files()
        self._state = SyncProgress(report=progress)
        self._queue: CommitQueue
        self._next = NextCommit()
        self._done: dict[str, list[str]] = {"added": [], "changed": [], "reconverted": []}
        self._touched = 0
        self._skipped: list[SkippedFile] = []
        self._seen: dict[str, tuple[int, int]] = {}
        self._warnings: list[SkippedFile] = []

    def run(self, paths: Sequence[Path | str]) -> SyncReport:
        """
        Index what is new or changed, and remove what is gone or no longer matched.

        :param paths: Roots, parts of them, or what is to become one; none means every root.
        :raises RefusedError: If a sync could lose data, or a path lies across a root. Of several roots those that can
            be synced are, and the report names the others.
        :raises SpanwiseError: If a path cannot be read.
        """
        began = time.perf_counter()
        targets = plan_sync(self._roots, paths, self.options, self.index.path)
        changes, refused = self._examine(targets)
        roots = self._roots
        for change in changes:
            roots = roots.with_root(change.target.root)
            self._skipped += change.found.skipped
        if [*roots] != [*self._roots]:
            self.index.set_roots(roots)
            self._roots = roots
        gone = [file for change in changes for file in change.gone]
        unmatched = [file for change in changes for file in change.unmatched]
        files = [file for change in changes for file in change.differing]
        with closing(self.make_engine(self.work)) as engine:
            self._queue = CommitQueue(self.index, engine, self._state, self._note)
            self._index_files(engine, files, [*gone, *unmatched])
        self.index.set_passed_over(self._passed_over(changes))
        self.index.purge()
        ignored = [file for change in changes for file in change.found.ignored]
        read_anew = [file for file in self._done["reconverted"] if not is_old(self._known[file])]
        return SyncReport(
            added=self._shown(self._done["added"]),
            changed=self._shown(self._done["changed"]),
            removed=self._shown(gone),
            unchanged=sum(len(change.found.files) for change in changes) - len(files) + self._touched,
            skipped=tuple(replace(one, file=roots.shown(one.file)) for one in self._skipped),
            ignored=self._shown(ignored),
            passages=self.index.count(),
            seconds=time.perf_counter() - began,
            reconverted=self._shown(self._done["reconverted"]),
            newly_readable=self._shown([file for file in read_anew if can_read_more(self._known[file])]),
            unmatched=self._shown(unmatched),
            refused=tuple(refused),
            warnings=tuple(replace(one, file=roots.shown(one.file)) for one in self._warnings),
        )

    def _shown(self, files: Sequence[str]) -> tuple[str, ...]:
        return tuple(map(self._roots.shown, files))

    def _passed_over(self, changes: Sequence[Changes]) -> PassedOver:
        """Return what is not indexed now, with what is known of the roots and parts that were not looked at."""
        before, ignored = outside(self.index.passed_over, [change.target for change in changes]), []
        for found in (change.found for change in changes):
            ignored += [SkippedFile(file, "of another kind") for file in found.ignored]
            ignored += [SkippedFile(file, "excluded by a pattern") for file in found.excluded]
            ignored += [SkippedFile(file, "hidden") for file in found.hidden]
        skipped = (*before.skipped, *self._skipped)
        return PassedOver(skipped, (*before.ignored, *ignored), {**before.seen, **self._seen})

    def _examine(self, targets: Sequence[Target]) -> tuple[list[Changes], list[SkippedFile]]:
        """Return what differs in each target, and why others are refused; if all are, that is raised."""
        found, refused = [], []
        for target in targets:
            self._state.notify(f"looking through {target.root.name}")
            try:
                changes = find_changes(target, self._known, self.index.path)
                is_left_out = changes.found.excluded and not (changes.gone or changes.unmatched)
                if target.is_new or (target.part and is_left_out):
                    require_files(target, changes.found)
                if target.is_new:
                    require_not_moved(changes, self._roots, self._known)
                if not self.options.allow_removals:
                    require_few_removals(changes, self._known)
            except UsageError:
                raise
            except SpanwiseError as error:
                if len(targets) == 1 or (target.is_new and not isinstance(error, NoFilesError)):
                    raise
                refused.append(SkippedFile(target.root.name, str(error)))
            else:
                found.append(changes)
        if not found:
            raise RefusedError("; ".join(f"{one.file}: {one.reason}" for one in refused))
        return found, refused

    def _index_files(self, engine: Engine, files: Sequence[FoundFile], removed: Sequence[str]) -> None:
        self._state.files_total = len(files)
        self._state.bytes_total = sum(file.size for file in files)
        with closing(engine.converted(self._to_convert(files), self._wait)) as converted:
            for one in converted:
                self._take(one)
                if self._next.is_full(self._queue.most_passages):
                    self._commit()
        self._next.removed = removed  # with the last files: one that was renamed is never gone under both names
        self._commit()
        self._queue.finish_all()

    def _to_convert(self, files: Sequence[FoundFile]) -> Iterator[FoundFile]:
        """Yield the files that are to be converted; note those whose bytes are as indexed."""
        for file in files:
            self._state.file = self._roots.shown(file.file)
            self._state.notify("converting")
            record = self._known.get(file.file)
            if record is not None and not is_stale(record) and has_same_bytes(file, record, self.work.limits):
                self._next.touched.append((file.file, file.size, _settled(file.mtime_ns)))
                self._state.bytes += file.size
                if self._next.is_due():
                    self._commit()
            else:
                yield file

    def _take(self, one: Converted) -> None:
        """Put a converted file into the next commit, or several for a large one."""
        file, source, passages = one.found, one.source, one.passages
        if source is None:
            kept = "; the index keeps the version it has" if file.file in self._known else ""
            self._skipped.append(SkippedFile(file.file, f"{one.reason}{kept}"))
            self._seen[file.file] = file.size, file.mtime_ns
            self._state.bytes += file.size
            self._state.files += 1
            return
        self._state.bytes += CONVERTED * file.size
        if len(passages) > commits.COMMIT_PASSAGES:
            self._commit()
            self._index_large(source, passages, file.size, _settled(file.mtime_ns))
            return
        self._next.bytes += (1 - CONVERTED) * file.size
        self._next.sources.append((source, file.size, _settled(file.mtime_ns)))
        self._next.passages.extend(passages)

    def _wait(self) -> None:
        """Use the time while a file is converted: what was converted before is committed when it is due."""
        if self._next.is_due():
            self._commit()
        self._queue.finish_ready()
        self._state.notify("converting")

    def _commit(self) -> None:
        pending, self._next = self._next, NextCommit()
        change = Change(pending.sources, pending.passages, None, pending.removed, pending.touched, VERSIONS)
        self._queue.begin(change, [source for source, _, _ in pending.sources], pending.bytes)

    def _index_large(self, source: SourceText, passages: Sequence[Passage], size: int, mtime_ns: int) -> None:
        """
        Index a file in several commits.

        The first stores its whole text without a SHA-256, which only the last records: until then it is a file to be
        read again, as the index counts it, and a sync that finds it so adds the passages that it lacks.
        """
        rest = self._missing(source, passages)
        unfinished = [(replace(source, sha256=""), size, 0)] if rest is None else []
        todo = list(passages if rest is None else rest)
        share = (1 - CONVERTED) * size / max(1, len(todo))
        while True:
            part, todo = todo[: self._queue.most_passages], todo[self._queue.most_passages :]
            change = Change(
                sources=unfinished,
                passages=part,
                versions=VERSIONS,
                continued=() if unfinished else (source,),
                finished=() if todo else ((source.file, source.sha256, size, mtime_ns),),
            )
            self._queue.begin(change, () if todo else (source,), share * len(part))
            unfinished = []
            if not todo:
                break
        self._next = NextCommit()

    def _missing(self, source: SourceText, passages: Sequence[Passage]) -> list[Passage] | None:
        """Return the passages that an unfinished file lacks, or None if it is to be indexed from the beginning."""
        record = self._known.get(source.file)
        if record is None or record.sha256 or is_stale(record):
            return None
        try:
            stored = self.index.source(self._roots.shown(source.file))
        except IndexStateError:
            return None
        if stored != replace(source, sha256=""):
            return None
        there = {(passage.start, passage.end) for passage in self.index.passages_of(source.file)}
        rest = [passage for passage in passages if (passage.start, passage.end) not in there]
        return rest if len(rest) + len(there) == len(passages) else None

    def _note(self, change: Change, sources: Sequence[SourceText]) -> None:
        """Remember for the report what became of the files of a commit."""
        for source in sources:
            record = self._known.get(source.file)
            is_same = record is not None and record.sha256 == source.sha256
            self._done["added" if record is None else "reconverted" if is_same else "changed"].append(source.file)
            if source.warning:
                self._warnings.append(SkippedFile(source.file, source.warning))
        self._touched += len(change.touched)
        self._state.files += len(sources) + len(change.touched)
        self._state.kept += len(sources) + len(change.touched)


def _settled(mtime_ns: int) -> int:
    """Return a file's time, or 0 where it may yet change without its time changing."""
    return 0 if time.time_ns() - mtime_ns < RACY_NS else mtime_ns


def outside(passed: PassedOver, targets: Sequence[Target]) -> PassedOver:
    """Return what is known of files that belong to none of some targets."""

    def is_elsewhere(one: SkippedFile) -> bool:
        return not any(is_part(target.root, one.file, target.part) for target in targets)

    skipped, ignored = (tuple(filter(is_elsewhere, some)) for some in (passed.skipped, passed.ignored))
    return PassedOver(skipped, ignored, passed.seen)


def remove_root(index: Index, named: str) -> tuple[str, ...]:
    """
    Take a root with all its files out of an index; it need not exist any more.

    :param index: Open for writing.
    :param named: Its name or its path.
    :returns: What its files were called.
    :raises UsageError: If there is no such root.
    """
    roots = index.roots
    root = find_root(roots, named)
    files = files_of(root, index.files())
    index.apply(Change(removed=files, settings=roots.without(root.name).as_settings()))
    index.set_passed_over(outside(index.passed_over, [Target(root)]))
    index.purge()
    return tuple(map(roots.shown, files))
