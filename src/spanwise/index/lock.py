"""One writer at a time, across processes."""

import os
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from types import ModuleType

from spanwise.errors import IndexStateError

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # SQLite's own write lock still serialises commits there
    fcntl = None

_POLL_S = 0.02


class WriterLock:
    """
    An advisory lock on the file `lock` of an index, which then holds the owner's pid.

    The operating system drops it when the process ends, however that happens.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor: int | None = None
        self._pid = 0

    @property
    def held(self) -> bool:
        """Whether this process holds the lock; a forked child does not."""
        return self._descriptor is not None and self._pid == os.getpid()

    def acquire(self, *, wait_s: float = 0.0) -> None:
        """
        Take the lock.

        :param wait_s: Seconds to wait for another writer to finish.
        :raises IndexStateError: If another writer holds it, or the folder cannot be written.
        """
        try:
            descriptor = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            msg = f"the index in {self._folder} cannot be written ({error.strerror}): check the folder's permissions"
            raise IndexStateError(msg) from error
        deadline = monotonic() + wait_s
        while not _try_lock(descriptor):
            if monotonic() >= deadline:
                holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
                os.close(descriptor)
                msg = f"the index in {self._folder} is being written by process {holder}: wait for it, or end it"
                raise IndexStateError(msg)
            sleep(_POLL_S)
        self._descriptor, self._pid = descriptor, os.getpid()
        with suppress(OSError):  # the pid is for the message only: a full disk must not keep a removal from running
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{self._pid}\n".encode("ascii"))

    def taken(self) -> bool:
        """Whether another writer holds the lock; nothing is written to find out."""
        if self.held:
            return False
        try:
            descriptor = os.open(self._folder / "lock", os.O_RDONLY)
        except OSError:
            return False
        try:
            return not _try_lock(descriptor)
        finally:
            os.close(descriptor)

    def release(self) -> None:
        """Give the lock back, if it is held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def _try_lock(descriptor: int) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
