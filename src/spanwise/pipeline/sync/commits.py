"""The commits of a sync: what goes into the next one, and those whose passages are being embedded."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from spanwise.index.index import Index
from spanwise.index.records import Change
from spanwise.pipeline.sync.engine import Embedding, Engine
from spanwise.pipeline.sync.progress import SyncProgress
from spanwise.types import Passage, SourceText

COMMIT_PASSAGES = 512  # passages embedded between two commits: what an interruption can cost
FIRST_PASSAGES = 256  # before it is known how fast they are embedded
COMMIT_SECONDS = 15.0  # that the passages of a commit may take to embed, and that converted files wait for others
COMMIT_CHARACTERS = 16_000_000

Committed = Callable[[Change, Sequence[SourceText]], None]
"""Called after each commit with what it changed, and with the files that are in the index since."""


@dataclass(slots=True)
class NextCommit:
    """
    Converted files that wait for their embeddings and the next commit, and those that leave with it.

    :param sources: With the size and the time of each file.
    :param bytes: Of files, which embedding these passages is the work of.
    """

    sources: list[tuple[SourceText, int, int]] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    touched: list[tuple[str, int, int]] = field(default_factory=list)
    removed: Sequence[str] = ()
    bytes: float = 0.0
    since: float = field(default_factory=time.monotonic)

    def is_full(self, most_passages: int) -> bool:
        """Return whether it has as many passages or characters as a commit may have, or has waited long enough."""
        characters = sum(len(source.text) for source, _, _ in self.sources)
        return len(self.passages) >= most_passages or characters >= COMMIT_CHARACTERS or self.is_due()

    def is_due(self) -> bool:
        """Return whether what it holds has waited long enough."""
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
    :param embedding: Their vectors; None where there are none.
    """

    change: Change
    sources: Sequence[SourceText]
    known: dict[str, NDArray[np.float32]]
    new: Sequence[str]
    embedding: Embedding | None


class CommitQueue:
    """
    Commits in their order, each made when its passages are embedded.

    :param index: Open for writing.
    :param committed: Called after each of them.
    """

    def __init__(self, index: Index, engine: Engine, progress: SyncProgress, committed: Committed) -> None:
        self._index = index
        self._engine = engine
        self._progress = progress
        self._committed = committed
        self._begun: deque[_Begun] = deque()
        self.most_passages = engine.passages_at_once or min(FIRST_PASSAGES, COMMIT_PASSAGES)
        """How many passages the next commit is to have, by how fast they are embedded."""

    def begin(self, change: Change, sources: Sequence[SourceText], size: float) -> None:
        """
        Begin to embed the passages of a commit whose text the index does not hold yet, and finish what may not wait.

        :param change: What is committed, but for its vectors.
        :param sources: The files that are in the index with it.
        :param size: Bytes of files that these are the work of.
        """
        state = self._progress
        texts = [passage.text for passage in change.passages]
        known = self._index.known_vectors(texts) if texts else {}
        awaited = {text for other in self._begun for text in other.new}
        new = [text for text in dict.fromkeys(texts) if text not in known and text not in awaited]
        state.bytes += 0.0 if new else size
        began = time.monotonic()

        def count(done: int) -> None:
            state.passages += done
            state.bytes += done * size / len(new)
            state.notify("embedding")

        embedding = self._engine.embed(new, count) if new else None
        if self._engine.passages_at_once is None and len(new) >= min(FIRST_PASSAGES, COMMIT_PASSAGES) // 2:
            in_time = int(len(new) * COMMIT_SECONDS / max(1e-3, time.monotonic() - began))
            self.most_passages = max(1, min(COMMIT_PASSAGES, in_time))
        self._begun.append(_Begun(change, sources, known, new, embedding))
        while len(self._begun) > self._engine.ahead:
            self._finish()

    def finish_ready(self) -> None:
        """Make the commits that need not be waited for."""
        while self._begun and ((first := self._begun[0].embedding) is None or first.is_ready()):
            self._finish()

    def finish_all(self) -> None:
        """Make all commits that were begun."""
        while self._begun:
            self._finish()

    def _finish(self) -> None:
        """Make the commit that was begun first."""
        begun, change = self._begun[0], self._begun[0].change
        vectors, texts = begun.known, [passage.text for passage in change.passages]
        if begun.embedding is not None:
            found = begun.embedding.vectors(partial(self._progress.notify, "embedding"))
            vectors.update(zip(begun.new, found, strict=True))
        rest = [text for text in texts if text not in vectors]  # was awaited, and is committed by now
        if rest:
            vectors.update(self._index.known_vectors(rest))
        self._begun.popleft()
        if texts:
            change = replace(change, vectors=np.stack([vectors[text] for text in texts]))
        if change.sources or change.passages or change.touched or change.removed or change.finished:
            self._index.apply(change)
        self._committed(change, begun.sources)
        self._progress.notify("converting")
