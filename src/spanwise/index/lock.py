"""One writer at a time, across processes."""

import os
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep
from types import ModuleType
from weakref import WeakSet

from spanwise.errors import IndexStateError

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # SQLite's own write lock still serialises commits there
    fcntl = None

_POLL_S = 0.02
_GLANCE_S = 10.0
"""How long a look by `WriterLock.taken` may last, its process being put aside meanwhile."""


class WriterLock:
    """
    An advisory lock on the file `lock` of an index, which then holds the owner's pid.

    The operating system drops it when the process ends, however that happens. A forked child does not hold it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this process holds the lock."""
        return self._descriptor is not None

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
        began = monotonic()
        while not _try_lock(descriptor):
            written = not _look(descriptor)  # by another writer, and not only looked at
            if monotonic() - began >= (wait_s if written else wait_s + _GLANCE_S):
                holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
                os.close(descriptor)
                msg = f"the index in {self._folder} is being written by process {holder}: wait for it, or end it"
                raise IndexStateError(msg)
            sleep(_POLL_S)
        self._descriptor = descriptor
        _HELD.add(self)
        with suppress(OSError):  # the pid is for the message only: a full disk must not keep a removal from running
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode("ascii"))

    def taken(self) -> bool:
        """Whether another writer holds the lock; nothing is written to find out."""
        if self.held:
            return False
        try:
            descriptor = os.open(self._folder / "lock", os.O_RDONLY)
        except OSError:
            return False
        try:
            return not _look(descriptor)
        finally:
            os.close(descriptor)

    def release(self) -> None:
        """Give the lock back, if it is held."""
        if self._descriptor is not None:
            if fcntl is not None:  # closing alone would leave it to a copy that a fork has just made
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
            self.leave_to_parent()

    def leave_to_parent(self) -> None:
        """Close a forked child's copy of the lock, which would outlive the parent's."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


_HELD: WeakSet[WriterLock] = WeakSet()


def _leave_all_to_parent() -> None:
    for lock in list(_HELD):
        lock.leave_to_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_all_to_parent)


def _look(descriptor: int) -> bool:
    """Whether no writer holds the lock: a shared one can be had beside others that look."""
    free = _try_lock(descriptor, shared=True)
    if free and fcntl is not None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
    return free


def _try_lock(descriptor: int, *, shared: bool = False) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
