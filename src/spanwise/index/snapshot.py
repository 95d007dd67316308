"""Reading one committed generation of an index, whatever is committed meanwhile."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from spanwise.checks import check_positive
from spanwise.errors import IndexStateError, UsageError
from spanwise.index.catalogue import rows
from spanwise.index.catalogue.failures import damaged
from spanwise.index.catalogue.lexical import match_expression, matches
from spanwise.index.catalogue.settings import read_setting
from spanwise.index.manifest import Manifest
from spanwise.index.records import FileRecord, Stamp
from spanwise.types import FileFilter, FileGlobs, Hit, Passage, SourceText

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spanwise.index.vectors.search import Found
    from spanwise.index.vectors.segments import Ids, View
    from spanwise.index.vectors.vector_file import Vectors

    FindNearest = Callable[[Vectors, int, Ids | None], list[Found]]

LISTED = 8  # folders, and kinds of files, that a message names


class Snapshot(Manifest):
    """
    One generation: what is found in it, and the texts that this stands in, belong together.

    Made by `Index.pinned`, and good for as long as its block runs, in the thread that runs it. Keep it short: the
    space of what was deleted meanwhile is given back afterwards.

    :param path: The index's folder.
    :param connection: In a read transaction.
    :param view: The vectors of the same generation; None where none are searched.
    :param find_nearest: Searches these vectors, as `spanwise.index.vectors.search.top` does, which is the default.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        view: "View | None" = None,
        find_nearest: "FindNearest | None" = None,
    ) -> None:
        super().__init__(path)
        self._connection = connection
        self._view = view
        self._find_nearest = find_nearest
        self._matching: dict[tuple[str, ...], list[int]] = {}

    def setting(self, key: str) -> Any:
        """Return the manifest's entry `key`, or None."""
        return read_setting(self._connection, key)

    def search(self, vectors: "NDArray[np.float32]", top_k: int, *, files: FileGlobs = None) -> list[list[Hit]]:
        """
        Find the passages nearest to each query vector; see `Index.search`.

        :param vectors: Query embeddings. *Shape:* (queries, dimension).
        """
        from spanwise.index.vectors.search import top, unit_queries

        check_positive(top_k=top_k)
        if self._view is None:
            msg = "expected a snapshot with vectors to search, found one without: make it with Index.pinned"
            raise ValueError(msg)
        find = partial(top, self._view) if self._find_nearest is None else self._find_nearest
        found = find(unit_queries(vectors, self.dimension), top_k, self._allowed(self._view, files))
        return [
            rows.read_hits(self._connection, zip(ids.tolist(), scores.tolist(), strict=True)) for ids, scores in found
        ]

    def lexical(self, query: str, top_k: int, *, files: FileGlobs = None) -> list[Hit]:
        """Find the passages that hold words of the query, ranked by BM25; see `Index.lexical`."""
        check_positive(top_k=top_k)
        expression = match_expression(query)
        if expression is None:
            return []
        found = matches(self._connection, expression, top_k, self._among(files))
        return rows.read_hits(self._connection, found)

    def require_files(self, files: FileGlobs = None) -> None:
        """
        Check that there is something to ask.

        :param files: As for `search`.
        :raises IndexStateError: If the index holds no file.
        :raises UsageError: If none of its files is one of `files`; the message says what it holds.
        """
        condition, values = self._condition(files)
        if self._connection.execute(f"SELECT 1 FROM files f WHERE {condition} LIMIT 1", values).fetchone():
            return
        shown, stored = self.roots.shown, self._connection.execute("SELECT file FROM files ORDER BY file")
        names = [PurePosixPath(shown(name)) for (name,) in stored]
        if not names:
            msg = f"the index in {self.path} holds no files: run `spanwise index FOLDER --index {self.path}` first"
            raise IndexStateError(msg)
        kinds = Counter(name.suffix.lower() or "without a suffix" for name in names).most_common(LISTED)
        folders = list(dict.fromkeys(f"{name.parts[0]}/" for name in names if len(name.parts) > 1))
        where = f", in the folders {', '.join(folders[:LISTED])}" if folders else ", in no folder"
        msg = (
            f"expected a filter that a file of the index meets, found none; it holds {len(names):,} files "
            f"({', '.join(f'{count:,} {kind}' for kind, count in kinds)}){where}"
        )
        raise UsageError(msg, no_files=True)

    def source(self, file: str) -> SourceText:
        """
        Return the stored text of a file.

        :param file: What it is called: with several roots, its root's name comes first.
        :raises IndexStateError: If there is no such file; the message suggests near ones.
        """
        roots = self.roots
        found = rows.read_source(self._connection, roots.stored(file))
        if found is not None:
            return found
        stored = self._connection.execute("SELECT file FROM files ORDER BY file")
        known = [roots.shown(name) for (name,) in stored]
        near = [name for name in known if name.rsplit("/", 1)[-1] == file.rsplit("/", 1)[-1]][:3]
        near = near or get_close_matches(file, known, n=3)
        hint = (
            f"did you mean {' or '.join(near)}?"
            if near
            else f"it holds {len(known)} files, which `spanwise files` lists"
        )
        msg = f"no such file in the index in {self.path}: {file}; {hint}"
        raise IndexStateError(msg)

    def sources(self, files: Iterable[str]) -> dict[str, SourceText]:
        """Return the stored texts of those of the files that there are."""
        found = {file: rows.read_source(self._connection, file) for file in dict.fromkeys(files)}
        return {file: source for file, source in found.items() if source is not None}

    def stamps(self, files: Iterable[str]) -> dict[str, Stamp]:
        """Return what tells whether files are still as they were indexed, by their stored names."""
        return rows.read_stamps(self._connection, files)

    def sources_of(self, passages: Iterable[Passage]) -> dict[str, SourceText]:
        """
        Return the texts that passages are slices of, each passage compared with its text.

        :raises IndexStateError: If one is not the slice that it is said to be.
        """
        passages = list(passages)
        sources = self.sources(passage.file for passage in passages)
        for passage in passages:
            source = sources.get(passage.file)
            if source is None or not passage.stands_in(source):
                place = f"{passage.start}:{passage.end} of {passage.file}"
                raise damaged(self.path, f"a passage is not what stands at {place}")
        return sources

    def files(self, files: FileGlobs = None) -> dict[str, FileRecord]:
        """Return indexed files by their stored names; see `Index.files`."""
        return rows.read_files(self._connection, *self._condition(files))

    def _condition(self, files: FileGlobs) -> tuple[str, list[str | int]]:
        """Return the SQL condition and its values for files that a filter means."""
        wanted = rows.as_filter(files) or FileFilter()
        patterns = wanted.patterns
        if patterns is None:
            return rows.file_condition(wanted)
        if patterns not in self._matching:
            self._matching[patterns] = rows.matching_files(self._connection, patterns, self.roots.shown)
        return rows.file_condition(wanted, self._matching[patterns])

    def _among(self, files: FileGlobs) -> tuple[str, list[str | int]] | None:
        """Return a SELECT of the ids of the passages to search among and its values, or None for all."""
        if files is None and not rows.has_free_documents(self._connection):
            return None
        condition, values = self._condition(files)
        return f"SELECT d.id FROM documents d JOIN files f ON f.id = d.file_id WHERE {condition}", values

    def _allowed(self, view: "View", files: FileGlobs) -> "Ids | None":
        """Return the ids of the passages to search among, ascending, or None for all."""
        import numpy as np

        among = self._among(files)
        if among is None:
            return None
        query, values = among

        def select() -> "Ids":
            found = self._connection.execute(f"{query} ORDER BY d.id", values)
            return np.fromiter((number for (number,) in found), dtype=np.int64)

        return view.selections.get(repr(rows.as_filter(files)), select)
