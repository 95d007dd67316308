"""What an index says about itself: its generation, its embedder, its root; and its commits."""

from dataclasses import asdict
from typing import Any

from spanwise.errors import IndexStateError
from spanwise.index.commit import commit
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

    def commit(self, batch: Batch) -> int:
        """
        Apply a batch of any changes in one atomic commit.

        :returns: The new generation.
        :raises IndexStateError: If the vectors are not what the index expects, the disk is full, or the index was not
            opened for writing; nothing is changed then.
        """
        from spanwise.index.vectors import check_vectors

        with self._writing:
            if not self._lock.held:
                msg = f"the index in {self.path} is open for reading only: open it with writable=True in this process"
                raise IndexStateError(msg)
            check_vectors(batch.vectors, sum(row.embedded for row in batch.rows), self.dimension, self.embedder)
            return commit(self._catalogue, self.path, batch, self._view)

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
        found = self.embedder
        if found is not None and {**asdict(found), "name": ""} == {**asdict(identity), "name": ""}:
            return
        made = "an unknown embedder" if found is None else _describe(found)
        msg = (
            f"the index in {self.path} was made with {made}, got {_describe(identity)}: use that embedder, or index "
            "again with this one (`spanwise index FOLDER --index OTHER`)"
        )
        raise IndexStateError(msg)


def _describe(embedder: EmbedderIdentity) -> str:
    kind = "normalized" if embedder.normalized else "not normalized"
    return (
        f"{embedder.name} ({embedder.fingerprint[:12]}, {embedder.dimension} dimensions, {kind}, "
        f"{embedder.max_tokens} tokens)"
    )
