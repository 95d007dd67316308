"""Files converted and split in another process, so that none of them can end or hang the one that indexes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, Self

from spanwise.convert.limits import Limits
from spanwise.errors import ConversionError, SpanwiseError
from spanwise.pipeline.converting.messages import Message, receive, received_passages, received_source, send
from spanwise.pipeline.converting.process_memory import memory_of
from spanwise.pipeline.converting.worker import MEMORY
from spanwise.split.splitter import Splitter
from spanwise.types import Passage, SourceText

_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from spanwise.pipeline.converting.worker import main; main()"
)
_FEW_THREADS = {"MALLOC_ARENA_MAX": "2", "RAYON_NUM_THREADS": "4", "OMP_NUM_THREADS": "2"}
"""Each would reserve address space."""
_STARTING = 120.0  # seconds that the process may take to start
_LOOK_EVERY = 0.1  # seconds between two looks at its memory
_NEAR = 0.4  # share of the limit from which a death is put down to memory: it may have grown since the last look
_MESSAGE_MARGIN = 100_000_000  # bytes beside the text: offsets of pages, parts and passages
_GRACE = 2.0  # seconds beyond the limit, in which the system's own limit of processor time speaks first


class ConversionWorker:
    """
    Converts one file after another in a process of its own, which is started when it is first needed.

    A file that brings the process down, or takes more than its limits, raises `ConversionError`; the next one gets a
    new process.

    :param splitter: Cuts the texts; the process makes one of the same tokenizer and settings.
    :param limits: What a file may take.
    """

    def __init__(self, splitter: Splitter, limits: Limits | None = None) -> None:
        self.limits = Limits() if limits is None else limits
        self._splitter = splitter
        self._process: subprocess.Popen[bytes] | None = None
        self._most = 0  # bytes of memory that it was seen to have
        self._replies: SimpleQueue[Message | None] = SimpleQueue()

    def convert(
        self, path: Path, file: str, *, size: int, password: str | None = None
    ) -> tuple[SourceText, Sequence[Passage]]:
        """
        Return a file's text and its passages.

        :param file: The name that the source text gets.
        :param size: Its bytes, as when it was listed.
        :param password: Opens encrypted PDFs.
        :raises ConversionError: If it cannot be read, or only beyond the limits.
        :raises SpanwiseError: If the process cannot be started.
        """
        self.limits.check_file(size)
        request = {"path": os.fspath(path), "file": file, "size": size, "password": password}
        reply = self._ask(request, self.limits.time_for(size))
        reason = reply.get("reason")
        if reason is not None:
            if reason == MEMORY:
                self.close()  # what is left of its memory may be in pieces
                raise ConversionError(self._needs_memory())
            raise ConversionError(str(reason)[:1000])
        source = received_source(reply, file)
        passages = received_passages(reply, source)
        return source, self._splitter.split(source) if passages is None else passages

    def close(self) -> None:
        """End the process; a later `convert` starts another."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    if pipe is not None:
                        pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, request: Message, seconds: float) -> Message:
        try:
            process = self._started()
            assert process.stdin is not None
            with suppress(OSError):
                send(process.stdin, request)
            reply = self._wait(process, seconds)
            if reply is None:
                raise ConversionError(self._death(process, seconds))
        except BaseException:
            self.close()
            raise
        if memory_of(process.pid) > self.limits.memory // 2:
            self.close()  # the next file is to have all of the memory
        return reply

    def _wait(self, process: "subprocess.Popen[bytes]", seconds: float) -> Message | None:
        """Return the reply, or None if the process died; fail where it takes too long or too much."""
        ends = time.monotonic() + seconds + _GRACE
        while True:
            try:
                return self._replies.get(timeout=_LOOK_EVERY)
            except Empty:
                if time.monotonic() > ends:
                    raise ConversionError(_took(seconds)) from None
                self._most = max(self._most, memory_of(process.pid))
                if self._most > self.limits.memory:
                    raise ConversionError(self._needs_memory()) from None

    def _death(self, process: "subprocess.Popen[bytes]", seconds: float) -> str:
        """Return why the process ended."""
        code = _ended(process)
        try:
            name = signal.Signals(-code).name if code < 0 else f"code {code:#x}"
        except ValueError:
            name = f"signal {-code}"
        if name == "SIGXCPU":
            return _took(seconds)
        # Native code that is refused memory ends itself, by various signals.
        if self._most > self.limits.memory * _NEAR:
            return self._needs_memory()
        return f"the parser crashed ({name})"

    def _needs_memory(self) -> str:
        return f"needs over {self.limits.memory / 1e9:g} GB of memory; raise it with --limit memory=NUMBER"

    def _started(self) -> "subprocess.Popen[bytes]":
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        path = [os.path.abspath(place) for place in sys.path]
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _START, json.dumps(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what parsers print of a document could drive a terminal
            env=_FEW_THREADS | os.environ | {"TOKENIZERS_PARALLELISM": "true"},
        )
        self._process, self._replies, self._most = process, SimpleQueue(), 0
        assert process.stdin is not None
        assert process.stdout is not None
        longest = 6 * self.limits.characters + _MESSAGE_MARGIN
        Thread(target=_read, args=(process.stdout, self._replies, longest), daemon=True).start()
        setup: Message = {
            "limits": asdict(self.limits),
            "splitter": asdict(self._splitter.settings),
            "tokenizer": self._splitter.serialized(),
        }
        with suppress(OSError):
            send(process.stdin, setup)
        if self._wait(process, _STARTING) is None:
            msg = (
                "expected a process that converts files, found that it ended at its start with code "
                f"{_ended(process)}; `python -c 'import spanwise.pipeline.converting.worker'` may show why"
            )
            raise SpanwiseError(msg)
        return process


def _read(stream: IO[bytes], replies: "SimpleQueue[Message | None]", longest: int) -> None:
    """Hand on what the process writes, and None when it writes no more."""
    try:
        while (message := receive(stream, longest)) is not None:
            replies.put(message)
    except (OSError, ValueError, MemoryError):
        pass
    replies.put(None)


def _ended(process: "subprocess.Popen[bytes]") -> int:
    """End a process that writes no more, and return its exit code."""
    with suppress(subprocess.TimeoutExpired):
        return process.wait(_GRACE)
    process.kill()
    return process.wait()


def _took(seconds: float) -> str:
    return f"took over {seconds:.0f} s; raise it with --limit seconds=NUMBER"
