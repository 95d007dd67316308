import signal

import pytest

from spanwise.cli.app import raising_interruptions


@pytest.fixture(autouse=True)
def heeded():
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def native_code():
    """Report an error of its own for an interruption, as the import of a compiled module does."""
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raise ImportError("initialization failed") from None


def test_an_error_that_an_interruption_caused():
    with pytest.raises(KeyboardInterrupt) as caught, raising_interruptions(), raising_interruptions():
        native_code()
    assert isinstance(caught.value.__cause__, ImportError)


def test_an_interruption_that_was_swallowed():
    ended = False
    with pytest.raises(KeyboardInterrupt), raising_interruptions():  # noqa: PT012
        with pytest.raises(ImportError, match="initialization failed"):
            native_code()
        ended = True
    assert ended


def test_an_error_without_an_interruption():
    with pytest.raises(ImportError, match="for another reason"), raising_interruptions():
        raise ImportError("for another reason")


def test_where_interruptions_are_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with raising_interruptions():
        signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    signal.signal(signal.SIGINT, signal.default_int_handler)
