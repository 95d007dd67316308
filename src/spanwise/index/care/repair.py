"""Bringing a damaged index back to what its committed data still tell."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from spanwise.errors import DamagedIndexError, ModelError
from spanwise.index.care.affected import affected, listed
from spanwise.index.care.health import Health, Progress, Repair
from spanwise.index.care.leftovers import log_bytes, unnamed_files
from spanwise.index.care.restore import Encode, Loss, embed_again, find_loss, require_same_model, restore
from spanwise.index.care.salvage import salvage
from spanwise.index.care.vector_check import FileReader, SegmentState, named_files, open_files, segment_states
from spanwise.index.catalogue import Catalogue
from spanwise.index.failures import translated
from spanwise.index.vectors import Vectors
from spanwise.pluralize import pluralize

_IN_CATALOGUE = {"catalogue", "manifest", "files", "documents", "words"}

CheckVectors = Callable[[Vectors, int], None]
"""Refuses vectors that do not belong in the index; called with them and their expected number."""


class Repairer:
    """
    One repair; the caller holds the writer's lock.

    :param examine: Examines the index.
    :param encode: Embeds texts, or None when the embedder is not at hand.
    """

    def __init__(
        self,
        catalogue: Catalogue,
        folder: Path,
        examine: Callable[[], Health],
        encode: Encode | None,
        check_vectors: CheckVectors,
        tell: Progress,
    ) -> None:
        self._catalogue = catalogue
        self._folder = folder
        self._examine = examine
        self._encode = encode
        self._check_vectors = check_vectors
        self._tell = tell
        self._done: list[str] = []
        self._lost: list[str] = []

    def run(self) -> Repair:
        """Repair what can be repaired; each step is one atomic commit, and none makes anything worse."""
        found = self._examine()
        if not found.findings:
            return Repair(found, (), (), found)
        try:
            if any(finding.part in _IN_CATALOGUE for finding in found.findings):
                self._save_catalogue()
            if found.damage or found.derived:
                self._restore_vectors()
            self._tidy()
        except DamagedIndexError as error:
            self._lost.append(error.what)
        return Repair(found, tuple(self._done), tuple(self._lost), self._examine())

    def _save_catalogue(self) -> None:
        saved = salvage(self._folder, self._tell)
        self._done.append("wrote the catalogue and its full-text index anew")
        if saved.restored_passages:
            self._done.append(f"restored the text or the id of {pluralize(saved.restored_passages, 'passage')}")
        if saved.patched_files:
            count = pluralize(len(saved.patched_files), "file")
            what = f"the white space between the passages of {count}, whose text was put together from them"
            self._lost.append(f"{what}: {listed(saved.patched_files)}")
        if saved.lost_files:
            self._lost.append(
                f"{pluralize(len(saved.lost_files), 'file')} with all passages: {listed(saved.lost_files)}"
            )
        if saved.lost_passages:
            self._lost.append(f"{pluralize(saved.lost_passages, 'passage')} of which the file cannot be told")
        if saved.lost_documents:
            count = pluralize(len(saved.lost_documents), "document")
            self._lost.append(f"{count} of no file: {listed(saved.lost_documents)}")

    def _restore_vectors(self) -> None:
        with self._catalogue.reading() as connection, open_files(connection, self._folder) as files:
            states = segment_states(connection, FileReader(files, self._tell))
            loss = find_loss(connection, states)
            vectors = None
            if len(loss.ids):
                vectors = self._embed(connection, states, loss)
                if vectors is None:
                    return
            if len(loss.textless):
                who = affected(connection, loss.textless.tolist())
                self._lost.append(f"the vectors of {who}, which have no text to embed")
        self._tell("writing vectors and FAISS structures", 0, 0)
        built = restore(self._catalogue, self._folder, loss, vectors)
        if vectors is not None:
            self._done.append(f"embedded {pluralize(len(vectors), 'text')} again")
        if built:
            self._done.append(f"built {pluralize(built, 'FAISS structure')} anew")

    def _embed(self, connection: sqlite3.Connection, states: list[SegmentState], loss: Loss) -> Vectors | None:
        """Return the lost vectors, or None when the embedder is not at hand."""
        who = affected(connection, [*loss.ids.tolist(), *loss.textless.tolist()])
        if self._encode is None:
            self._lost.append(f"the vectors of {who}")
            return None
        try:
            require_same_model(connection, self._folder, states, self._encode)
            vectors = embed_again(connection, loss.ids, self._encode, self._tell)
        except ModelError as error:
            self._lost.append(f"the vectors of {who}; {error}")
            return None
        self._check_vectors(vectors, len(loss.ids))
        return vectors

    def _tidy(self) -> None:
        """Remove what interrupted runs left, and move the log into the catalogue."""
        with translated(self._folder), self._catalogue.reading() as connection:
            files = unnamed_files(self._folder, lambda: named_files(connection))
            for file in files:
                file.unlink(missing_ok=True)
        if files:
            which = "file that is" if len(files) == 1 else "files that are"
            self._done.append(f"removed {len(files):,} {which} part of no commit")
        if log_bytes(self._folder):
            self._catalogue.fold_log()
