"""Bringing a damaged index back to what its committed data still tell."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from spanwise.errors import IndexStateError, ModelError
from spanwise.files.contained import remove_contained
from spanwise.index.catalogue.catalogue import Catalogue
from spanwise.index.catalogue.connections import wal_bytes
from spanwise.index.catalogue.failures import translated
from spanwise.index.maintenance.examine import unnamed_files
from spanwise.index.maintenance.file_check import FileReader, SegmentState, affected, open_files, segment_states
from spanwise.index.maintenance.health import Health, Repair
from spanwise.index.maintenance.restore import Encode, Loss, embed_again, find_loss, require_same_model, restore
from spanwise.index.maintenance.rewrite import rewrite_catalogue
from spanwise.index.vectors.vector_file import Vectors
from spanwise.progress import ReportStep
from spanwise.text.pluralize import pluralize

_IN_CATALOGUE = {"catalogue", "manifest", "files", "documents", "words"}


@dataclass(slots=True)
class Repairer:
    """
    One repair; the caller holds the writer's lock.

    :param encode: Embeds texts, or None when the embedder is not at hand.
    :param check_vectors: Refuses vectors that do not belong in the index, given their expected number.
    :param build: Builds the FAISS files that are missing or damaged; returns how many.
    """

    catalogue: Catalogue
    folder: Path
    encode: Encode | None
    check_vectors: Callable[[Vectors, int], None]
    build: Callable[[], int]
    progress: ReportStep
    _done: list[str] = field(init=False, default_factory=list)
    _lost: list[str] = field(init=False, default_factory=list)

    def run(self, examine: Callable[[], Health]) -> Repair:
        """Repair what can be repaired; each step is one atomic commit, and none makes anything worse."""
        found = examine()
        if not found.findings:
            return Repair(found, (), (), found)
        try:
            if any(finding.part in _IN_CATALOGUE for finding in found.findings):
                self._rewrite_catalogue()
            if found.damage or found.derived:
                self._restore_vectors()
            self._remove_leftovers()
        except IndexStateError as error:
            if error.damage is None:
                raise
            self._lost.append(error.damage)
        return Repair(found, tuple(self._done), tuple(self._lost), examine())

    def _rewrite_catalogue(self) -> None:
        self.progress("writing the catalogue and its full-text index anew", 0, 0)
        restored, lost = rewrite_catalogue(self.folder)
        self._done += ["wrote the catalogue and its full-text index anew", *restored]
        self._lost += lost

    def _restore_vectors(self) -> None:
        with self.catalogue.reading() as connection, open_files(connection, self.folder) as files:
            states = segment_states(connection, FileReader(files, self.progress))
            loss = find_loss(connection, states)
            vectors = None
            if len(loss.ids):
                vectors = self._embed(connection, states, loss)
                if vectors is None:
                    return
            if len(loss.textless):
                who = affected(connection, loss.textless.tolist())
                self._lost.append(f"the vectors of {who}, which have no text to embed")
        self.progress("writing vectors and FAISS files", 0, 0)
        restore(self.catalogue, self.folder, loss, vectors)
        built = self.build()
        if vectors is not None:
            self._done.append(f"embedded {pluralize(len(vectors), 'text')} again")
        if built:
            self._done.append(f"built {pluralize(built, 'FAISS file')} anew")

    def _embed(self, connection: sqlite3.Connection, states: list[SegmentState], loss: Loss) -> Vectors | None:
        """Return the lost vectors, or None when the embedder is not at hand."""
        who = affected(connection, [*loss.ids.tolist(), *loss.textless.tolist()])
        if self.encode is None:
            self._lost.append(f"the vectors of {who}")
            return None
        try:
            require_same_model(connection, self.folder, states, self.encode)
            vectors = embed_again(connection, loss.ids, self.encode, self.progress)
        except ModelError as error:
            self._lost.append(f"the vectors of {who}; {error}")
            return None
        self.check_vectors(vectors, len(loss.ids))
        return vectors

    def _remove_leftovers(self) -> None:
        """Remove what interrupted runs left, and move the log into the catalogue."""
        with translated(self.folder):
            files = unnamed_files(self.catalogue, self.folder)
            for file in files:
                remove_contained(file)
        if files:
            which = "file that is" if len(files) == 1 else "files that are"
            self._done.append(f"removed {len(files):,} {which} part of no commit")
        if wal_bytes(self.folder):
            self.catalogue.checkpoint_wal()
