"""Notice that something changes in folders and files."""

import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event

LOOK_EVERY = 2.0  # seconds between two looks at single files, and at whether a folder is there


def changes_in(
    places: Sequence[Path], index: Path, *, stop: Event | None = None, every_s: float | None = None
) -> Iterator[None]:
    """
    Yield once what changes is seen, and each time after something has changed, until it is stopped.

    A folder that vanishes and comes back, as one does that is mounted again, is watched again, which yields too.

    :param places: Folders with all that is in them, and files; they need not be there yet.
    :param index: The index's own folder; what changes in it does not count.
    :param stop: Ends it when set; None for only a Ctrl-C.
    :param every_s: Seconds after which to yield even if nothing has changed; None for never.
    """
    own, looked, last = os.path.join(os.path.realpath(index), ""), [*map(_look_at, places)], time.monotonic()
    while stop is None or not stop.is_set():
        folders, is_first = [place for place in places if place.is_dir()], True
        for has_changed in _watched(folders, own, stop) if folders else _waiting(stop):
            before, looked = looked, [*map(_look_at, places)]
            if is_first or has_changed or (every_s is not None and time.monotonic() - last >= every_s):
                last = time.monotonic()
                yield
            is_first = False
            if looked != before:
                break


def _look_at(place: Path) -> tuple[int, ...] | None:
    """Return what tells whether a folder is still the same one, and whether a file has changed."""
    try:
        status = place.stat()
    except OSError:
        return None
    found = (status.st_dev, status.st_ino)
    return found if place.is_dir() else (*found, status.st_size, status.st_mtime_ns)


def _watched(folders: Sequence[Path], own: str, stop: Event | None) -> Iterator[bool]:
    from watchfiles import watch

    changes = watch(
        *folders,
        watch_filter=lambda _, path: not os.path.join(os.path.realpath(path), "").startswith(own),
        stop_event=stop,
        rust_timeout=int(1000 * LOOK_EVERY),
        yield_on_timeout=True,
        raise_interrupt=stop is None,
        ignore_permission_denied=True,
    )
    try:
        for found in changes:
            yield bool(found)
    except RuntimeError as error:
        if "decode path" not in str(error):  # of a name that is not UTF-8; the caller watches again
            raise
        yield True


def _waiting(stop: Event | None) -> Iterator[bool]:
    stop = Event() if stop is None else stop
    while not stop.wait(LOOK_EVERY):
        yield False
