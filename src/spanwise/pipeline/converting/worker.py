"""
The process that converts and splits files for an index, where a file that brings its parser down harms nothing else.

It reads requests from its standard input and writes replies to its standard output; see `conversion_worker.py`.
"""

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

from spanwise.convert.convert import convert_file
from spanwise.convert.limits import Limits
from spanwise.errors import ConversionError
from spanwise.pipeline.converting.messages import Message, receive, send
from spanwise.source_fields import source_fields

if TYPE_CHECKING:
    from spanwise.split.splitter import Splitter

MEMORY = "memory"  # in place of a reason: it asked for more memory than it may have


def main() -> None:
    """Serve until the other side closes the pipe."""
    requests, replies = _own_pipes()
    setup = receive(requests)
    if setup is None:
        return
    limits = Limits(**setup["limits"])
    _limit_memory(limits.memory)
    splitter = None if setup["tokenizer"] is None else _splitter(setup)
    send(replies, {"ready": True})
    while (request := receive(requests)) is not None:
        _limit_time(limits.time_for(request["size"]))
        send(replies, _reply(request, limits, splitter))


def _reply(request: Message, limits: Limits, splitter: "Splitter | None") -> Message:
    try:
        source = convert_file(Path(request["path"]), request["file"], password=request["password"], limits=limits)
        passages = None if splitter is None else [(found.start, found.end) for found in splitter.split(source)]
        return source_fields(source) | {"passages": passages}
    except ConversionError as error:
        return {"reason": str(error)}
    except MemoryError:
        return {"reason": MEMORY}
    except BaseException as error:  # a parser that panics in Rust raises one that is no Exception
        return {"reason": f"the parser failed ({type(error).__name__})"}


def _splitter(setup: Message) -> "Splitter":
    from tokenizers import Tokenizer

    from spanwise.split.splitter import Splitter, SplitterSettings

    return Splitter(Tokenizer.from_str(setup["tokenizer"]), SplitterSettings(**setup["splitter"]))


def _own_pipes() -> tuple[IO[bytes], IO[bytes]]:
    """Take the pipes away from standard input and output, where a library could read or print."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1):
        os.dup2(nothing, standard)
    os.close(nothing)
    # Ctrl-C reaches both processes; the one that indexes ends this one.
    with suppress(ValueError, OSError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    return requests, replies


def _limit_memory(size: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    with suppress(ValueError, OSError):  # macOS has no such limit; the process that indexes watches there
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(seconds: int) -> None:
    if sys.platform == "win32":
        return
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, hard))
