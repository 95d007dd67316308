"""A reader that finds answers in passages that nobody labeled."""

from collections.abc import Callable, Sequence
from functools import cached_property

from spanwise.errors import UsageError
from spanwise.read.reader import SpanReader
from spanwise.read.settings import ReaderSettings
from spanwise.types import Span


class Judge:
    """
    Reads unlabeled passages for answers.

    :param model: A reader: "default", a hub name or a folder.
    :param device: "cpu", "cuda", "cuda:N" or "mps".
    """

    def __init__(self, model: str, device: str, token: str | None) -> None:
        self._model = model
        self._device = device
        self._token = token

    @cached_property
    def _reader(self) -> SpanReader:
        reader = SpanReader(ReaderSettings(self._model, device=self._device, token=self._token))
        if not reader.null_answer:
            msg = (
                f"expected a judge that can say 'no answer', found {self._model!r}, which always answers; name another"
            )
            raise UsageError(msg)
        return reader

    def read(self, pairs: Sequence[tuple[str, str]], report: Callable[[int], None]) -> list[Span | None]:
        """
        Return what it answers to each pair of question and passage; None where its best span is as likely wrong.

        :param report: Called with the number of windows read since the last call.
        """
        spans = self._reader.read(pairs, top_k=1, progress=report)
        least = self._reader.calibration.null_threshold
        return [found[0] if found and found[0].margin >= least else None for found in spans]
