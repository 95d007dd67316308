"""How far a sync is."""

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class SyncProgress:
    """
    How far a sync is; the time left is best told from the bytes.

    :param files: Files that are done: in the index, or skipped.
    :param bytes: Of all files, those that were worked on.
    :param passages: Passages embedded so far.
    :param kept: Files committed so far, which stay whatever happens.
    :param file: The file now being converted.
    :param doing: What is being done.
    :param report: Called with all this, which is the same object each time; None for nobody.
    """

    files: int = 0
    files_total: int = 0
    bytes: float = 0.0
    bytes_total: int = 0
    passages: int = 0
    kept: int = 0
    file: str = ""
    doing: str = ""
    report: "ReportProgress | None" = field(default=None, repr=False, compare=False)

    def notify(self, doing: str) -> None:
        """Report the state, and what is being done."""
        self.doing = doing
        if self.report is not None:
            self.report(self)

    def step(self, doing: str, done: int, total: int) -> None:
        """Report a step whose progress is counted in vectors, as a `ReportStep` does."""
        self.notify(f"{doing}: {done:,} of {total:,} vectors")


ReportProgress = Callable[[SyncProgress], None]
