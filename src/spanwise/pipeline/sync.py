"""Bring an index up to date with a folder."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spanwise.convert import supported_suffixes
from spanwise.convert.limits import Limits
from spanwise.embed.encoder import Encoder
from spanwise.errors import ConversionError, RefusedError, SpanwiseError
from spanwise.files.digest import file_sha256
from spanwise.index.index import Index
from spanwise.index.records import Change, FileRecord, PassedOver
from spanwise.pipeline.converting import ConversionWorker
from spanwise.pipeline.scan import LEADS_OUT, FoundFile, Scan, scan_folder
from spanwise.pipeline.versions import VERSIONS, is_old
from spanwise.split.splitter import Splitter
from spanwise.types import Passage, SkippedFile, SourceText, SyncReport

COMMIT_PASSAGES = 512  # passages embedded between two commits: what an interruption can cost
COMMIT_CHARACTERS = 16_000_000
RACY_NS = 2_000_000_000  # a file changed this recently may change again without its time changing


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """
    How a folder is indexed.

    :param include: If given, only files whose relative path matches one of these globs.
    :param exclude: Files that match one of these globs are left out.
    :param root_moved: The folder is the one indexed before, at a new place.
    :param allow_removals: Allow a sync that removes more than half of the indexed files.
    :param password: Opens encrypted PDFs; it is not stored.
    :param follow_links: Index files outside the folder that links in it lead to.
    :param limits: What one file may take of time, memory and space.
    """

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()
    root_moved: bool = False
    allow_removals: bool = False
    password: str | None = field(default=None, repr=False)
    follow_links: bool = False
    limits: Limits = field(default_factory=Limits)


@dataclass(slots=True)
class SyncProgress:
    """
    How far a sync is; the time left is best told from the bytes.

    :param passages: Passages embedded so far.
    :param file: The file now being converted.
    """

    files: int = 0
    files_total: int = 0
    bytes: float = 0.0
    bytes_total: int = 0
    passages: int = 0
    file: str = ""


ReportProgress = Callable[[SyncProgress], None]


@dataclass(slots=True)
class _Pending:
    """Converted files that wait for their embeddings and the next commit, and those that leave with it."""

    sources: list[tuple[SourceText, int, int]] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    touched: list[tuple[str, int, int]] = field(default_factory=list)
    removed: Sequence[str] = ()
    bytes: int = 0

    def is_full(self) -> bool:
        characters = sum(len(source.text) for source, _, _ in self.sources)
        return len(self.passages) >= COMMIT_PASSAGES or characters >= COMMIT_CHARACTERS


@dataclass(slots=True)
class FolderSync:
    """
    One run over a folder. Each commit is atomic; what was committed stays when the run is interrupted.

    :param index: Open for writing.
    :param progress: Called as work is done.
    """

    index: Index
    encoder: Encoder
    splitter: Splitter
    options: SyncOptions
    progress: ReportProgress | None = None
    _worker: ConversionWorker = field(init=False)
    _state: SyncProgress = field(init=False, default_factory=SyncProgress)
    _added: list[str] = field(init=False, default_factory=list)
    _changed: list[str] = field(init=False, default_factory=list)
    _reconverted: list[str] = field(init=False, default_factory=list)
    _touched: int = field(init=False, default=0)
    _skipped: list[SkippedFile] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self._worker = ConversionWorker(self.splitter, self.options.limits)

    def run(self, root: Path) -> SyncReport:
        """
        Index what is new or changed, and remove what is gone.

        :param root: The folder, as an absolute path.
        :raises RefusedError: If the index belongs to another folder, or most of its files are gone.
        :raises SpanwiseError: If the folder cannot be read.
        """
        began = time.perf_counter()
        options = self.options
        self._check_root(root)
        found = scan_folder(
            root,
            include=options.include,
            exclude=options.exclude,
            leave_out=self.index.path,
            follow_links=options.follow_links,
        )
        known = self.index.files()
        removed = self._removals(found, known, root)
        if self.index.root != str(root):
            self.index.set_root(str(root))
        self._skipped.extend(found.skipped)
        todo = [file for file in found.files if not _is_unchanged(file, known.get(file.file))]
        with self._worker:
            self._index_files(todo, known, removed)
        ignored = tuple(SkippedFile(file, "of another kind") for file in found.ignored)
        self.index.set_passed_over(PassedOver(tuple(self._skipped), ignored))
        self.index.purge()
        return SyncReport(
            added=tuple(self._added),
            changed=tuple(self._changed),
            removed=tuple(removed),
            unchanged=len(found.files) - len(todo) + self._touched,
            skipped=tuple(self._skipped),
            ignored=tuple(found.ignored),
            passages=self.index.count(),
            seconds=time.perf_counter() - began,
            reconverted=tuple(self._reconverted),
        )

    def _check_root(self, root: Path) -> None:
        recorded = self.index.root
        if recorded is not None and recorded != str(root) and not self.options.root_moved:
            msg = (
                f"expected the folder {recorded}, which {self.index.path} was made of, found {root}; "
                "if that folder has moved here, add --root-moved, else name another index with --index"
            )
            raise RefusedError(msg)

    def _removals(self, found: Scan, known: dict[str, FileRecord], root: Path) -> list[str]:
        """Return the files that are gone; one that is there but cannot be read now is kept."""
        unreadable = [skip.file for skip in found.skipped if skip.reason != LEADS_OUT]
        there = {*unreadable, *(file.file for file in found.files)}
        folders = tuple(file for file in unreadable if file.endswith("/"))
        gone = [file for file in known if file not in there and not file.startswith(folders)]
        if gone and not self.options.allow_removals and (2 * len(gone) > len(known) or not found.files):
            msg = (
                f"expected at least half of the {len(known)} indexed files in {root}, found {len(gone)} of them gone; "
                "nothing was changed; if they are to be removed from the index, add --allow-removals"
            )
            raise RefusedError(msg)
        return gone

    def _index_files(self, files: Sequence[FoundFile], known: dict[str, FileRecord], removed: Sequence[str]) -> None:
        self._state.files_total = len(files)
        self._state.bytes_total = sum(file.size for file in files)
        pending = _Pending()
        for file in files:
            self._state.file = file.file
            self._notify()
            self._convert(file, known.get(file.file), pending)
            if pending.is_full():
                self._commit(pending, known)
                pending = _Pending()
        pending.removed = removed  # with the last files: one that was renamed is never gone under both names
        self._commit(pending, known)

    def _convert(self, file: FoundFile, record: FileRecord | None, pending: _Pending) -> None:
        pending.bytes += file.size
        mtime_ns = 0 if time.time_ns() - file.mtime_ns < RACY_NS else file.mtime_ns
        try:
            if record is not None and not is_old(record) and _same_bytes(file, record):
                pending.touched.append((file.file, file.size, mtime_ns))
                return
            source, passages = self._worker.convert(
                file.path, file.file, size=file.size, password=self.options.password
            )
        except ConversionError as error:
            kept = "" if record is None else "; the index keeps the version it has"
            self._skipped.append(SkippedFile(file.file, f"{error}{kept}"))
            return
        pending.sources.append((source, file.size, mtime_ns))
        pending.passages.extend(passages)

    def _commit(self, pending: _Pending, known: dict[str, FileRecord]) -> None:
        if pending.sources or pending.touched or pending.removed:
            vectors = self._embed(pending)
            self.index.apply(
                Change(pending.sources, pending.passages, vectors, pending.removed, pending.touched, VERSIONS)
            )
        for source, _, _ in pending.sources:
            record = known.get(source.file)
            is_same = record is not None and record.sha256 == source.sha256
            done = self._added if record is None else self._reconverted if is_same else self._changed
            done.append(source.file)
        self._touched += len(pending.touched)
        replaced = len(self._changed) + len(self._reconverted)
        self._state.files = self._touched + len(self._added) + replaced + len(self._skipped)
        self._notify()

    def _embed(self, pending: _Pending) -> NDArray[np.float32] | None:
        """Embed the passages whose text the index does not hold yet."""
        if not pending.passages:
            self._state.bytes += pending.bytes
            return None
        texts = [passage.text for passage in pending.passages]
        vectors = self.index.known_vectors(texts)
        new = list(dict.fromkeys(text for text in texts if text not in vectors))
        share = pending.bytes / max(1, len(new))

        def count(done: int) -> None:
            self._state.passages += done
            self._state.bytes += done * share
            self._notify()

        vectors.update(zip(new, self.encoder.encode(new, progress=count), strict=True))
        if not new:
            self._state.bytes += pending.bytes
        return np.stack([vectors[text] for text in texts])

    def _notify(self) -> None:
        if self.progress is not None:
            self.progress(self._state)


def resolve_root(folder: Path | str) -> Path:
    """
    Return the absolute path of a folder to index.

    :raises SpanwiseError: If there is no such folder.
    """
    root = Path(folder).expanduser()
    if not root.is_dir():
        what = "a file" if root.exists() else "nothing"
        msg = f"expected a folder at {folder}, found {what}; name the folder that holds the documents"
        raise SpanwiseError(msg)
    return root.resolve()


def require_files(root: Path, options: SyncOptions) -> None:
    """
    Check that a folder holds something to index, so that an index is made only then.

    :raises SpanwiseError: If it does not.
    """
    scan = scan_folder(root, include=options.include, exclude=options.exclude, follow_links=options.follow_links)
    if not scan.files:
        msg = (
            f"nothing in {root} can be indexed: expected text, or files that end in "
            f"{', '.join(sorted(supported_suffixes()))}, found {len(scan.ignored)} others"
        )
        raise SpanwiseError(msg)


def _is_unchanged(file: FoundFile, record: FileRecord | None) -> bool:
    return record is not None and not is_old(record) and (file.size, file.mtime_ns) == (record.size, record.mtime_ns)


def _same_bytes(file: FoundFile, record: FileRecord) -> bool:
    try:
        return file.size == record.size and file_sha256(file.path) == record.sha256
    except OSError:
        return False  # its conversion says why it cannot be read
