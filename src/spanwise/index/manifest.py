"""What an index says about itself: its generation, its embedder, its root; and its commits."""

from dataclasses import asdict
from pathlib import Path
from shlex import quote
from typing import Any

from spanwise.errors import IndexStateError
from spanwise.index.commit import commit
from spanwise.index.index_types import AUTO, PLAIN, check_type, require_type
from spanwise.index.records import Batch
from spanwise.index.session import Session
from spanwise.types import EmbedderIdentity


class Manifest(Session):
    """The recorded settings of an open index."""

    @property
    def generation(self) -> int:
        """Number of the newest commit; 0 for a new index."""
        return int(self._setting("generation"))

    @property
    def embedder(self) -> EmbedderIdentity | None:
        """Which model made the vectors, or None if that was never said."""
        found = self._setting("embedder")
        return None if found is None else EmbedderIdentity(**found)

    @property
    def splitter(self) -> dict[str, Any] | None:
        """Settings of the splitter that made the passages, or None."""
        found: dict[str, Any] | None = self._setting("splitter")
        return found

    @property
    def root(self) -> str | None:
        """The folder whose documents the index holds, or None."""
        found: str | None = self._setting("root")
        return found

    @property
    def dimension(self) -> int | None:
        """Length of a vector, or None before the first one of an index without an embedder."""
        embedder = self.embedder
        found: int | None = self._setting("dimension")
        return embedder.dimension if embedder is not None else found

    @property
    def index_type(self) -> str:
        """How vectors are searched: a plain name or a FAISS factory string, "auto" if it was never set."""
        return str(self._setting("index_type") or AUTO)

    def set_type(self, index_type: str) -> int:
        """
        Change how vectors are searched; nothing is embedded again.

        :param index_type: A plain name (auto, flat, hnsw, ivf, ivf-pq, sq8, fp16) or a FAISS factory string.
        :returns: The new generation.
        :raises ValueError: If it is neither, or not for vectors of this length.
        :raises IndexStateError: If the index was not opened for writing, or the disk is full.
        """
        check_type(index_type, self.dimension)
        return self.commit(Batch(settings={"index_type": index_type}))

    def require_type(self, index_type: str) -> None:
        """
        Check that an index type is the recorded one; "auto" is any.

        :raises IndexStateError: If it is not.
        """
        found = self.index_type
        if AUTO not in {index_type, found} and index_type != found:
            command = f"spanwise index --type {quote(index_type)} --index {quote(str(self.path))}"
            msg = (
                f"expected index_type {found!r}, which the index in {self.path} has, got {index_type!r}: leave it out, "
                f"or change the index with `{command}` or `Index.set_type`"
            )
            raise IndexStateError(msg)

    def rebuild(self) -> int:
        """
        Compare every FAISS structure with its checksum, and write those that are damaged or missing anew.

        :returns: The new generation.
        :raises IndexStateError: If the index was not opened for writing, or the disk is full.
        """
        return self.commit(Batch(check_structures=True))

    def commit(self, batch: Batch) -> int:
        """
        Apply a batch of any changes in one atomic commit.

        :returns: The new generation.
        :raises IndexStateError: If the vectors are not what the index expects, the disk is full, or the index was not
            opened for writing; nothing is changed then.
        """
        from spanwise.index.vectors import check_vectors

        with self._writing:
            self.require_writer()
            check_vectors(batch.vectors, sum(row.embedded for row in batch.rows), self.dimension, self.embedder)
            known = self.index_type
            if known not in PLAIN and self.dimension is None and batch.vectors is not None:
                require_type(known, batch.vectors.shape[1])
            return commit(self._catalogue, self.path, batch, self._view)

    def require_writer(self) -> None:
        """
        Check that this process is the index's writer.

        :raises IndexStateError: If it is not.
        """
        if not self._lock.held:
            msg = f"the index in {self.path} is open for reading only: open it with writable=True in this process"
            raise IndexStateError(msg)

    def set_root(self, root: str) -> None:
        """Record another root folder."""
        self.commit(Batch(settings={"root": root}))

    def set_embedder(self, embedder: EmbedderIdentity) -> None:
        """
        Record which model makes the vectors.

        :raises IndexStateError: If there are vectors already, made by an unknown or another model.
        """
        with self._catalogue.reading() as connection:
            (vectors,) = connection.execute("SELECT count(*) FROM documents WHERE embedded").fetchone()
        if vectors and embedder != self.embedder:
            self.require_embedder(embedder)
        self.commit(Batch(settings={"embedder": asdict(embedder)}))

    def require_embedder(self, identity: EmbedderIdentity) -> None:
        """
        Check that vectors of the model `identity` can be compared with the index's own.

        The name may differ: a model that was moved to another folder is the same model.

        :raises IndexStateError: If they cannot.
        """
        require_embedder(self.path, self.embedder, identity)


def require_embedder(path: Path, found: EmbedderIdentity | None, identity: EmbedderIdentity) -> None:
    """
    Check that vectors of the model `identity` can be compared with those of the index in `path`.

    :param found: Which model made these, or None if that was never said.
    :raises IndexStateError: If they cannot.
    """
    if found is not None and {**asdict(found), "name": ""} == {**asdict(identity), "name": ""}:
        return
    made = "an unknown embedder" if found is None else _describe(found)
    msg = (
        f"the index in {path} was made with {made}, got {_describe(identity)}: use that embedder, or index again with "
        "this one (`spanwise index FOLDER --index OTHER`)"
    )
    raise IndexStateError(msg)


def _describe(embedder: EmbedderIdentity) -> str:
    kind = "normalized" if embedder.normalized else "not normalized"
    return (
        f"{embedder.name} ({embedder.fingerprint[:12]}, {embedder.dimension} dimensions, {kind}, "
        f"{embedder.max_tokens} tokens)"
    )
