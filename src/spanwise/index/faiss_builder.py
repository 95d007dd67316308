"""Building the FAISS files that a commit left to be built, while others read and write the index."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

from spanwise.errors import IndexStateError
from spanwise.files.durable import NewFile
from spanwise.files.failpoint import failpoint
from spanwise.index.catalogue.catalogue import Catalogue
from spanwise.index.catalogue.failures import translated
from spanwise.index.commit import next_generation
from spanwise.index.lock import BUILDING, WriterLock
from spanwise.index.vectors import VECTORS
from spanwise.progress import ReportStep, no_steps

if TYPE_CHECKING:
    from spanwise.index.vectors.faiss_files import WantedFaissFile
    from spanwise.index.vectors.segments import Segment


class FaissBuilder:
    """
    Builds the FAISS files of one index, one process at a time.

    A file is made of a committed segment, which never changes, in no transaction and without the writer's lock. A short
    transaction then makes it part of the index, if its segment still is. Until then its vectors are searched exactly.

    :param guard: Keeps other threads of this process from a transaction.
    :param damaged: Returns the names of the FAISS files that a search found damaged.
    """

    def __init__(
        self,
        path: Path,
        catalogue: Catalogue,
        guard: AbstractContextManager[object],
        damaged: Callable[[], Collection[str]],
    ) -> None:
        self._path = path
        self._catalogue = catalogue
        self._guard = guard
        self._damaged = damaged
        self._threads = RLock()
        self.lock = WriterLock(path, BUILDING)

    def build_missing(
        self, *, check: bool = False, progress: ReportStep = no_steps, make_room: Callable[[], None] | None = None
    ) -> int:
        """
        Build every FAISS file that the index is to have and has not.

        Where another process is building, it is left to that one.

        :param check: Whether to compare those that are there with their checksums.
        :param progress: Called with how many vectors of a file are done.
        :param make_room: Called before the first is built.
        :returns: How many were built.
        :raises IndexStateError: If FAISS cannot build one, or the disk is full; what was committed stays.
        """
        with translated(self._path):
            if not self._missing(check=check):
                return 0
            with self._alone() as is_alone:
                if not is_alone:
                    return 0
                if make_room is not None:
                    make_room()
                return self._build_all(self._missing(check=check), progress)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """
        Keep others from building while the block runs.

        :raises IndexStateError: If another process is building.
        """
        with self._alone() as is_alone:
            if not is_alone:
                msg = f"FAISS files of the index in {self._path} are being built: wait for that, and try again"
                raise IndexStateError(msg)
            yield

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Be the only one that builds, among threads and processes; yields whether that could be had."""
        if not self._threads.acquire(blocking=False):
            yield False
            return
        was_held = self.lock.held
        try:
            yield was_held or self.lock.acquire_now()
        finally:
            if not was_held:
                self.lock.release()
            self._threads.release()

    def _missing(self, *, check: bool = False) -> "list[WantedFaissFile]":
        from spanwise.index.vectors.faiss_files import wanted_faiss_files

        with self._catalogue.reading() as connection:
            return wanted_faiss_files(connection, self._path, self._damaged(), check=check)

    def _build_all(self, missing: "Iterable[WantedFaissFile]", progress: ReportStep) -> int:
        """Build these, and those that commits of others ask for meanwhile; returns how many were built."""
        tried: set[str] = set()
        built = 0
        while missing := [wanted for wanted in missing if wanted.segment not in tried]:
            for wanted in missing:
                tried.add(wanted.segment)
                built += self._build(wanted, progress)
            missing = self._missing()
        return built

    def _build(self, wanted: "WantedFaissFile", progress: ReportStep) -> bool:
        """Build a FAISS file; returns whether it is part of the index."""
        from spanwise.index.vectors.faiss_building import open_segment, write_faiss_file

        with self._catalogue.reading() as connection:
            segment = open_segment(connection, self._path, wanted)
        if segment is None:
            return False
        failpoint("faiss begun")
        written = write_faiss_file(segment, wanted.description, self._path, progress)
        return written is not None and self._adopt(segment, wanted.description, *written)

    def _adopt(self, segment: "Segment", description: str, name: str, written: NewFile) -> bool:
        """Make a FAISS file part of the index in a new generation, or remove it where nothing is left that it is of."""
        from spanwise.index.vectors.faiss_building import adopt

        with self._guard, next_generation(self._catalogue, self._path, made=[name]) as (connection, _):
            adopt(connection, segment, description, name, written)
        return (self._path / VECTORS / name).exists()
