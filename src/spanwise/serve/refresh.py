"""Keep the index of a running service up to date with its folder."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

from spanwise.errors import SpanwiseError
from spanwise.pipeline.corpus import Corpus
from spanwise.pipeline.sync.progress import SyncProgress
from spanwise.pipeline.sync.watching import changes_in
from spanwise.serve.http.journal import LOGGER, Metrics, line


class _StoppedError(Exception):
    """The service ends while it syncs; what was committed stays."""


@dataclass(eq=False, slots=True)
class Refresher:
    """
    A thread that syncs a folder at once, and then again and again.

    :param folder: Its path, or its URL in a store.
    :param every_s: Seconds between two syncs; None for one sync, or for those that changes ask for.
    :param watch: Whether changes in the folder ask for one.
    """

    corpus: Corpus
    folder: Path | str
    metrics: Metrics
    every_s: float | None
    watch: bool
    last: dict[str, Any] = field(default_factory=lambda: {"outcome": "none yet"}, init=False)
    _stop: Event = field(default_factory=Event, init=False)
    _thread: Thread | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the thread, which syncs at once."""
        self._thread = Thread(target=self._run, name="sync", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread once the commit that it is making is done."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        self.sync()
        if self.watch:
            for _ in changes_in([Path(self.folder)], self.corpus.path, stop=self._stop, every_s=self.every_s):
                self.sync()
        elif self.every_s is not None:
            while not self._stop.wait(self.every_s):
                self.sync()

    def sync(self) -> None:
        """Sync once; what goes wrong is noted, and tried again the next time."""
        began = time.time()
        facts: dict[str, Any]
        try:
            report = self.corpus.sync(self.folder, progress=self._go_on)
        except _StoppedError:
            return
        except SpanwiseError as error:
            option = "--allow-removals"  # which the service has not
            reason = str(error).replace(f"add {option}", f"run `spanwise index {self.folder} {option}`")
            facts = {"outcome": "failed", "reason": reason}
        except Exception as error:  # the thread must live: the next sync may go well
            LOGGER.exception(line("sync", outcome="failed"))
            facts = {"outcome": "failed", "reason": type(error).__name__}
        else:
            counts = {name: len(getattr(report, name)) for name in ("added", "changed", "removed", "skipped")}
            facts = {"outcome": "done", **counts, "unchanged": report.unchanged}
        self.last = {"at": round(began), "seconds": round(time.time() - began, 1), **facts}
        self.metrics.syncs.labels(facts["outcome"]).inc()
        LOGGER.info(line("sync", **self.last))

    def _go_on(self, _: SyncProgress) -> None:
        if self._stop.is_set():
            raise _StoppedError
