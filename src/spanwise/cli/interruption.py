"""Know a Ctrl-C for what it is."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def heeding_interruptions() -> Iterator[None]:
    """
    Raise KeyboardInterrupt when Ctrl-C was pressed within, whatever became of it.

    Native code that is interrupted, as while a compiled module is imported, reports an error of its own instead.

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
