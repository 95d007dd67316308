"""Reading an index: a connection and the vectors, both of one committed generation."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spanwise.errors import IndexStateError
from spanwise.index.catalogue.catalogue import Catalogue
from spanwise.index.catalogue.settings import read_setting
from spanwise.index.commit import check_files

if TYPE_CHECKING:
    from spanwise.index.vectors.segments import View

TRIES = 50
"""How often a look at the newest generation begins again because a commit removed its files meanwhile."""


class Reader:
    """The committed generations of an open index, as any number of threads see them."""

    def __init__(self, path: Path, catalogue: Catalogue) -> None:
        self._path = path
        self._catalogue = catalogue
        self.view: View | None = None
        """The vectors that were last searched, whose mapped files are used again."""

    @contextmanager
    def snapshot(self) -> Iterator[tuple[sqlite3.Connection, "View"]]:
        """Yield a connection and the vectors, both of the same committed generation."""
        for _ in range(TRIES):
            with self._catalogue.reading() as connection:
                view = self._current_view(connection)
                if view is not None:
                    yield connection, view
                    return
        self.require_files()
        raise self._changed_too_fast()

    def require_files(self) -> None:
        """
        Check that every vector file is there, in full length.

        :raises IndexStateError: If one is not; the message names it.
        """
        for _ in range(TRIES):
            with self._catalogue.reading() as connection:
                generation = read_setting(connection, "generation")
                try:
                    return check_files(connection, self._path)
                except IndexStateError as error:
                    damage = error
            if self.setting("generation") == generation:  # else a commit may have removed the file meanwhile
                raise damage
        raise self._changed_too_fast()

    def setting(self, key: str) -> Any:
        """Return the manifest's entry `key` of the newest generation, or None."""
        with self._catalogue.reading() as connection:
            return read_setting(connection, key)

    def damaged_faiss_files(self) -> set[str]:
        """Return the names of the FAISS files that a search found damaged."""
        return set() if self.view is None else self.view.damaged_faiss_files()

    def _changed_too_fast(self) -> IndexStateError:
        return IndexStateError(f"the index in {self._path} changed faster than it could be read: try again")

    def _current_view(self, connection: sqlite3.Connection) -> "View | None":
        """Return the vectors of the transaction's generation, or None if a commit has just removed their files."""
        from spanwise.index.vectors.segments import load_view

        generation = int(read_setting(connection, "generation"))
        view = self.view
        if view is None or view.generation != generation:
            try:
                view = load_view(connection, self._path, generation, view)
            except FileNotFoundError:
                return None
            self.view = view
        return view
