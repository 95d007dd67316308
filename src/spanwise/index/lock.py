"""One writer at a time, across processes."""

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from spanwise.errors import IndexStateError
from spanwise.files.contained import open_contained, require_plain

if TYPE_CHECKING:
    from filelock import BaseFileLock

LOCK = "lock"
BUILDING = "building"
POLL_S = 0.02
PATIENCE_S = 0.5
"""How long a writer tries at least: another process may hold the lock for a moment, to see whether it is free."""


class WriterLock:
    """
    A lock on a file of an index, which then holds the owner's pid.

    The operating system drops it when the process ends, however that happens. A forked child does not hold it.

    :param name: `LOCK` for the one that changes documents; `BUILDING` for the one that makes FAISS files of what is
        committed, which others need not wait for.
    """

    def __init__(self, folder: Path, name: str = LOCK) -> None:
        self._folder = folder
        self._file = folder / name
        self._lock: BaseFileLock | None = None

    @property
    def held(self) -> bool:
        """Whether this process holds the lock."""
        return self._lock is not None and self._lock.is_locked

    def acquire(self, *, wait_s: float = 0.0) -> None:
        """
        Take the lock.

        :param wait_s: Seconds to wait for another writer to finish.
        :raises IndexStateError: If another writer holds it, or the folder cannot be written.
        """
        if not self._acquired(max(wait_s, PATIENCE_S)):
            holder = _read(self._file) or "unknown"
            msg = f"the index in {self._folder} is being written by process {holder}: wait for it, or end it"
            raise IndexStateError(msg)

    def acquire_now(self) -> bool:
        """Take the lock if no other holds it; returns whether that was so."""
        return self._acquired(2 * POLL_S)

    def _acquired(self, timeout_s: float) -> bool:
        from filelock import FileLock, Timeout  # readers do without: it takes 40 ms

        self._require_own()
        lock = FileLock(self._file, thread_local=False)  # a new one each time: a forked child cannot use its parent's
        try:
            lock.acquire(timeout=timeout_s, poll_interval=POLL_S)
        except Timeout:
            return False
        except OSError as error:
            msg = f"the index in {self._folder} cannot be written ({error.strerror}): check the folder's permissions"
            raise IndexStateError(msg) from error
        self._lock = lock
        # the pid is for the message only: a full disk must not keep a removal from running
        with suppress(OSError), os.fdopen(open_contained(self._file, os.O_WRONLY | os.O_TRUNC), "w") as opened:
            opened.write(f"{os.getpid()}\n")
        return True

    def held_elsewhere(self) -> bool:
        """Whether another writer holds the lock, or that cannot be told here; nothing is written to find out."""
        from filelock import FileLock, Timeout

        if self.held or not self._file.exists():
            return False
        try:
            self._require_own()
            with FileLock(self._file, timeout=0):
                return False
        except (IndexStateError, OSError, Timeout):
            return True

    def _require_own(self) -> None:
        """Refuse a lock that is a link: taking it would empty what it leads to."""
        try:
            require_plain(self._file)
            links = self._file.lstat().st_nlink
        except FileNotFoundError:
            return
        except OSError as error:
            msg = f"the index in {self._folder} cannot be written ({error.strerror}): remove {self._file}"
            raise IndexStateError(msg) from error
        if links > 1:
            msg = f"expected a lock of the index's own, {self._file} is another file's hard link too: remove it"
            raise IndexStateError(msg)

    def release(self) -> None:
        """Let the lock go, if it is held."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None


def _read(file: Path) -> str:
    """Return the pid that a lock names, or nothing."""
    try:
        with os.fdopen(open_contained(file), "rb") as opened:
            return opened.read(20).decode("ascii", "backslashreplace").strip()
    except OSError:
        return ""
