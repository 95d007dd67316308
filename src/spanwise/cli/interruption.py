"""Report a Ctrl-C as KeyboardInterrupt, also where native code turns it into an error of its own."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def raising_interruptions() -> Iterator[None]:
    """
    Raise KeyboardInterrupt if Ctrl-C was pressed within, whatever happened to it there.

    Native code that is interrupted, such as the import of a compiled module, raises an error of its own instead.

    :raises KeyboardInterrupt: If Ctrl-C was pressed.
    """
    before = signal.getsignal(signal.SIGINT)
    if not callable(before):  # it is ignored
        yield
        return
    pressed = False

    def press(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        before(number, frame)

    signal.signal(signal.SIGINT, press)
    try:
        yield
    except Exception as error:
        if pressed:
            raise KeyboardInterrupt from error
        raise
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt
