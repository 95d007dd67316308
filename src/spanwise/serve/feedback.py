"""Verdicts on answers, kept as questions that `spanwise evaluate corpus` and `calibrate` take."""

import json
import os
from pathlib import Path
from threading import Lock

from spanwise.errors import SpanwiseError
from spanwise.files.durable import sync_path


class FeedbackFile:
    """
    A file of lines that grows by one for each verdict.

    :param path: Made when it is first needed, readable by its owner only.
    :raises SpanwiseError: If it cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._append(b"")

    def add(self, question: str, answer: str | None, *, right: bool) -> None:
        """
        Keep one verdict.

        :param answer: The words that were answered, or None where the documents were said not to answer.
        :param right: Whether that was right.
        """
        given = [] if answer is None else [answer]
        line = {"question": question, "answers" if right else "rejected": given}
        self._append(json.dumps(line, ensure_ascii=False).encode() + b"\n")

    def _append(self, data: bytes) -> None:
        with self._lock:
            try:
                descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
                with open(descriptor, "ab", buffering=0) as file:
                    file.write(data)
                sync_path(self._path)
            except OSError as error:
                msg = f"expected a file for feedback that can be written at {self._path}: {error.strerror}"
                raise SpanwiseError(msg) from error
