"""Bring an index up to date with the folders and files that it is made of."""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spanwise.errors import IndexStateError, RefusedError, SpanwiseError, UsageError
from spanwise.index.index import Index
from spanwise.index.records import Batch, Change, FileRecord, PassedOver
from spanwise.index.roots import Roots
from spanwise.pipeline.sync.changes import (
    Changes,
    files_of,
    find_changes,
    has_same_bytes,
    is_part,
    require_few_removals,
    require_files,
    require_not_moved,
)
from spanwise.pipeline.sync.engine import Converted, Embedding, Engine, LocalEngine, MakeEngine, Work
from spanwise.pipeline.sync.scan import FoundFile
from spanwise.pipeline.sync.targets import SyncOptions, Target, find_root, plan_sync
from spanwise.pipeline.sync.versions import VERSIONS, can_read_more, is_old, is_stale
from spanwise.types import Passage, SkippedFile, SourceText, SyncReport

COMMIT_PASSAGES = 512  # passages embedded between two commits: what an interruption can cost
FIRST_PASSAGES = 256  # before it is known how fast they are embedded
COMMIT_SECONDS = 15.0  # that the passages of a commit may take to embed, and that converted files wait for others
COMMIT_CHARACTERS = 16_000_000
RACY_NS = 2_000_000_000  # a file changed this recently may change again without its time changing
CONVERTED = 0.2  # share of the work on a file, as progress counts it, that is done when it is converted


@dataclass(slots=True)
class SyncProgress:
    """
    How far a sync is; the time left is best told from the bytes.

    :param files: Files that are done: in the index, or skipped.
    :param bytes: Of all files, those that were worked on.
    :param passages: Passages embedded so far.
    :param kept: Files committed so far, which stay whatever happens.
    :param file: The file now being converted.
    :param doing: What is being done.
    """

    files: int = 0
    files_total: int = 0
    bytes: float = 0.0
    bytes_total: int = 0
    passages: int = 0
    kept: int = 0
    file: str = ""
    doing: str = ""


ReportProgress = Callable[[SyncProgress], None]


@dataclass(slots=True)
class _Pending:
    """Converted files that wait for their embeddings and the next commit, and those that leave with it."""

    sources: list[tuple[SourceText, int, int]] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    touched: list[tuple[str, int, int]] = field(default_factory=list)
    removed: Sequence[str] = ()
    bytes: float = 0.0
    since: float = field(default_factory=time.monotonic)

    def is_full(self, most_passages: int) -> bool:
        characters = sum(len(source.text) for source, _, _ in self.sources)
        return len(self.passages) >= most_passages or characters >= COMMIT_CHARACTERS or self.is_due()

    def is_due(self) -> bool:
        waiting = self.sources or self.touched
        return bool(waiting) and time.monotonic() - self.since >= COMMIT_SECONDS


@dataclass(slots=True)
class _Begun:
    """
    A commit whose passages are being embedded.

    :param change: What it changes, as yet without vectors.
    :param sources: The files that are in the index with it.
    :param known: Vectors that the index has of its texts.
    :param new: The texts that are being embedded for it.
    """

    change: Change
    sources: Sequence[SourceText]
    known: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    new: Sequence[str] = ()
    embedding: Embedding | None = None

    @property
    def texts(self) -> list[str]:
        return [passage.text for passage in self.change.passages]

    def is_ready(self) -> bool:
        return self.embedding is None or self.embedding.is_ready()


@dataclass(slots=True)
class Sync:
    """
    One run over roots. Each commit is atomic; what was committed stays when the run is interrupted.

    :param index: Open for writing.
    :param work: What is needed to convert its files and to embed their passages.
    :param progress: Called as work is done.
    :param make_engine: Makes what does so.
    """

    index: Index
    work: Work
    options: SyncOptions
    progress: ReportProgress | None = None
    make_engine: MakeEngine = LocalEngine
    _roots: Roots = field(init=False)
    _known: dict[str, FileRecord] = field(init=False)
    _engine: Engine = field(init=False)
    _pending: _Pending = field(init=False, default_factory=_Pending)
    _begun: deque[_Begun] = field(init=False, default_factory=deque)
    _most_passages: int = field(init=False)
    _state: SyncProgress = field(init=False, default_factory=SyncProgress)
    _added: list[str] = field(init=False, default_factory=list)
    _changed: list[str] = field(init=False, default_factory=list)
    _reconverted: list[str] = field(init=False, default_factory=list)
    _touched: int = field(init=False, default=0)
    _skipped: list[SkippedFile] = field(init=False, default_factory=list)
    _warnings: list[SkippedFile] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._roots = self.index.roots
        self._known = self.index.files()

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
        if [*roots] != [*self._roots]:
            self.index.set_roots(roots)
            self._roots = roots
        for change in changes:
            self._skipped.extend(change.found.skipped)
        gone = [file for change in changes for file in change.gone]
        unmatched = [file for change in changes for file in change.unmatched]
        files = [file for change in changes for file in change.differing]
        self._engine = self.make_engine(self.work)
        self._most_passages = self._engine.passages_at_once or min(FIRST_PASSAGES, COMMIT_PASSAGES)
        with closing(self._engine):
            self._index_files(files, [*gone, *unmatched])
        self.index.set_passed_over(self._passed_over(changes))
        self.index.purge()
        total = sum(len(change.found.files) for change in changes)
        return SyncReport(
            added=self._shown(self._added),
            changed=self._shown(self._changed),
            removed=self._shown(gone),
            unchanged=total - len(files) + self._touched,
            skipped=tuple(replace(one, file=roots.shown(one.file)) for one in self._skipped),
            ignored=self._shown([file for change in changes for file in change.found.ignored]),
            passages=self.index.count(),
            seconds=time.perf_counter() - began,
            reconverted=self._shown(self._reconverted),
            newly_readable=self._shown([file for file in self._reconverted if self._is_newly_readable(file)]),
            unmatched=self._shown(unmatched),
            refused=tuple(refused),
            warnings=tuple(replace(one, file=roots.shown(one.file)) for one in self._warnings),
        )

    def _passed_over(self, changes: Sequence[Changes]) -> PassedOver:
        """Return what is not indexed now, with what is known of the roots and parts that were not looked at."""
        before, ignored = self.index.passed_over, []
        for change in changes:
            found = change.found
            for files, reason in (
                (found.ignored, "of another kind"),
                (found.excluded, "excluded by a pattern"),
                (found.hidden, "hidden"),
            ):
                ignored += [SkippedFile(file, reason) for file in files]

        def elsewhere(one: SkippedFile) -> bool:
            return not any(is_part(change.target.root, one.file, change.target.part) for change in changes)

        return PassedOver(
            (*filter(elsewhere, before.skipped), *self._skipped), (*filter(elsewhere, before.ignored), *ignored)
        )

    def _shown(self, files: Sequence[str]) -> tuple[str, ...]:
        return tuple(map(self._roots.shown, files))

    def _examine(self, targets: Sequence[Target]) -> tuple[list[Changes], list[SkippedFile]]:
        """Return what differs in each target, and why others are refused; if all are, that is raised."""
        found, refused = [], []
        for target in targets:
            self._notify(f"looking through {target.root.name}")
            try:
                changes = find_changes(target, self._known, self.index.path)
                if target.is_new:
                    require_files(target, changes.found)
                    require_not_moved(changes, self._roots, self._known)
                if not self.options.allow_removals:
                    require_few_removals(changes, self._known)
            except UsageError:
                raise
            except SpanwiseError as error:
                if len(targets) == 1 or target.is_new:
                    raise
                refused.append(SkippedFile(target.root.name, str(error)))
            else:
                found.append(changes)
        if not found:
            raise RefusedError("; ".join(f"{one.file}: {one.reason}" for one in refused))
        return found, refused

    def _index_files(self, files: Sequence[FoundFile], removed: Sequence[str]) -> None:
        self._state.files_total = len(files)
        self._state.bytes_total = sum(file.size for file in files)
        with closing(self._engine.converted(self._to_convert(files), self._wait)) as converted:
            for one in converted:
                self._take(one)
                if self._pending.is_full(self._most_passages):
                    self._commit()
        self._pending.removed = removed  # with the last files: one that was renamed is never gone under both names
        self._commit()
        while self._begun:
            self._finish()

    def _to_convert(self, files: Sequence[FoundFile]) -> Iterator[FoundFile]:
        """Yield the files that are to be converted; note those whose bytes are as indexed."""
        for file in files:
            self._state.file = self._roots.shown(file.file)
            self._notify("converting")
            record = self._known.get(file.file)
            if record is not None and not is_stale(record) and has_same_bytes(file.path, file.size, record):
                self._pending.touched.append((file.file, file.size, _settled(file.mtime_ns)))
                self._state.bytes += file.size
                if self._pending.is_due():
                    self._commit()
            else:
                yield file

    def _take(self, one: Converted) -> None:
        """Put a converted file into the next commit, or several for a large one."""
        file, source, passages = one.found, one.source, one.passages
        if source is None:
            kept = "; the index keeps the version it has" if file.file in self._known else ""
            self._skipped.append(SkippedFile(file.file, f"{one.reason}{kept}"))
            self._state.bytes += file.size
            self._state.files += 1
            return
        self._state.bytes += CONVERTED * file.size
        if len(passages) > COMMIT_PASSAGES:
            self._commit()
            self._index_large(source, passages, file.size, _settled(file.mtime_ns))
            return
        self._pending.bytes += (1 - CONVERTED) * file.size
        self._pending.sources.append((source, file.size, _settled(file.mtime_ns)))
        self._pending.passages.extend(passages)

    def _wait(self) -> None:
        """Use the time while a file is converted: what was converted before is committed when it is due."""
        if self._pending.is_due():
            self._commit()
        while self._begun and self._begun[0].is_ready():
            self._finish()
        self._notify("converting")

    def _commit(self) -> None:
        pending, self._pending = self._pending, _Pending()
        change = Change(pending.sources, pending.passages, None, pending.removed, pending.touched, VERSIONS)
        self._begin(_Begun(change, [source for source, _, _ in pending.sources]), pending.bytes)

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
            part, todo = todo[: self._most_passages], todo[self._most_passages :]
            change = Change(
                sources=unfinished,
                passages=part,
                versions=VERSIONS,
                continued=() if unfinished else (source,),
                finished=() if todo else ((source.file, source.sha256, size, mtime_ns),),
            )
            self._begin(_Begun(change, () if todo else (source,)), share * len(part))
            unfinished = []
            if not todo:
                break
        self._pending = _Pending()

    def _missing(self, source: SourceText, passages: Sequence[Passage]) -> list[Passage] | None:
        """Return the passages that an unfinished file lacks, or None where it is to be indexed from the beginning."""
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

    def _note(self, source: SourceText) -> None:
        """Remember for the report what became of a file."""
        record = self._known.get(source.file)
        is_same = record is not None and record.sha256 == source.sha256
        done = self._added if record is None else self._reconverted if is_same else self._changed
        done.append(source.file)
        if source.warning:
            self._warnings.append(SkippedFile(source.file, source.warning))

    def _is_newly_readable(self, file: str) -> bool:
        record = self._known[file]
        return can_read_more(record) and not is_old(record)

    def _begin(self, begun: "_Begun", size: float) -> None:
        """
        Begin to embed the passages of a commit whose text the index does not hold yet, and finish what may not wait.

        :param size: Bytes of files that these are the work of.
        """
        texts = begun.texts
        begun.known = self.index.known_vectors(texts) if texts else {}
        awaited = {text for other in self._begun for text in other.new}
        begun.new = [text for text in dict.fromkeys(texts) if text not in begun.known and text not in awaited]
        self._state.bytes += 0.0 if begun.new else size
        began = time.monotonic()

        def count(done: int) -> None:
            self._state.passages += done
            self._state.bytes += done * size / len(begun.new)
            self._notify("embedding")

        if begun.new:
            begun.embedding = self._engine.embed(begun.new, count)
        if self._engine.passages_at_once is None and len(begun.new) >= min(FIRST_PASSAGES, COMMIT_PASSAGES) // 2:
            in_time = int(len(begun.new) * COMMIT_SECONDS / max(1e-3, time.monotonic() - began))
            self._most_passages = max(1, min(COMMIT_PASSAGES, in_time))
        self._begun.append(begun)
        while len(self._begun) > self._engine.ahead:
            self._finish()

    def _finish(self) -> None:
        """Commit what was begun first."""
        begun, change = self._begun[0], self._begun[0].change
        vectors = begun.known
        if begun.embedding is not None:
            found = begun.embedding.vectors(partial(self._notify, "embedding"))
            vectors.update(zip(begun.new, found, strict=True))
        rest = [text for text in begun.texts if text not in vectors]  # was awaited, and is committed by now
        if rest:
            vectors.update(self.index.known_vectors(rest))
        self._begun.popleft()
        if begun.texts:
            change = replace(change, vectors=np.stack([vectors[text] for text in begun.texts]))
        if change.sources or change.passages or change.touched or change.removed or change.finished:
            self.index.apply(change)
        for source in begun.sources:
            self._note(source)
        self._touched += len(change.touched)
        done = len(begun.sources) + len(change.touched)
        self._state.files += done
        self._state.kept += done
        self._notify("converting")

    def _notify(self, doing: str) -> None:
        self._state.doing = doing
        if self.progress is not None:
            self.progress(self._state)


def _settled(mtime_ns: int) -> int:
    """Return a file's time, or 0 where it may yet change without its time changing."""
    return 0 if time.time_ns() - mtime_ns < RACY_NS else mtime_ns


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
    before = index.passed_over
    skipped, ignored = (
        tuple(one for one in some if not is_part(root, one.file)) for some in (before.skipped, before.ignored)
    )
    index.commit(Batch(removed_files=files, settings=roots.without(root.name).as_settings()))
    index.set_passed_over(PassedOver(skipped, ignored))
    index.purge()
    return tuple(map(roots.shown, files))
