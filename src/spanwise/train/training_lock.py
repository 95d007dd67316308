"""One training at a time in a folder, across processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from spanwise.errors import UsageError

LOCK = "training.lock"


@contextmanager
def training_lock(folder: Path) -> Iterator[None]:
    """
    Lock a folder against other trainings; the operating system releases the lock when this process ends.

    :raises UsageError: If one is there.
    """
    file = folder / LOCK
    lock = FileLock(file)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        msg = f"expected no other training in {folder}, found one that runs; wait for it, or name another with --output"
        raise UsageError(msg) from error
    try:
        yield
    finally:
        file.unlink(missing_ok=True)
        lock.release()
