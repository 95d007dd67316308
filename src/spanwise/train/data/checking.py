"""Check SQuAD files before a reader is trained on them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spanwise.errors import UsageError
from spanwise.progress import ReportStep
from spanwise.squad.squad_file import SquadFile, read_squad
from spanwise.train.data.faults import Fault, find_faults
from spanwise.train.data.leaks import NEAR, Evaluated


@dataclass(frozen=True, slots=True)
class FileCounts:
    """
    What a file holds.

    :param unanswerable: Questions without an answer, or called impossible.
    :param contexts: Different contexts.
    """

    questions: int
    unanswerable: int
    articles: int
    contexts: int

    @classmethod
    def of(cls, file: SquadFile) -> "FileCounts":
        """Count the questions, articles and contexts of a file."""
        entries = [entry for _, entry in file.questions()]
        contexts = {paragraph.context for paragraph in file.paragraphs()}
        return cls(len(entries), sum(not entry.answerable for entry in entries), len(file.articles), len(contexts))


@dataclass(frozen=True, slots=True)
class FileReport:
    """The contents of a file in numbers, and its faults."""

    path: Path
    counts: FileCounts
    findings: tuple[Fault, ...]

    @property
    def by_kind(self) -> dict[str, int]:
        """How often each kind of fault was found."""
        return dict(Counter(finding.kind for finding in self.findings))


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was found in several files."""

    files: tuple[FileReport, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing was found."""
        return not any(file.findings for file in self.files)


def check(
    files: Sequence[Path | str],
    *,
    evaluation: Sequence[Path | str] = (),
    near: float = NEAR,
    progress: ReportStep | None = None,
) -> CheckReport:
    """
    Check SQuAD files: faults within each file, and contexts and questions of evaluation files in them.

    ```python
    from spanwise.train.data import check

    report = check(["data/sample/questions.json"])
    print(report.clean, report.files[0].counts.questions)
    ```

    :param files: Training files, gzipped or not.
    :param evaluation: Files whose contexts and questions must not be in training.
    :param near: Share in (0, 1] of the smaller context's runs of eight words, without case and punctuation, that two
        contexts must share to count as the same.
    :param progress: Called with what is done, how many files are done, and of how many.
    :raises UsageError: If a file is not SQuAD's JSON, or `near` is out of range.
    """
    if not files:
        msg = "expected a SQuAD file, found none; name one"
        raise UsageError(msg)
    if not 0 < near <= 1:
        msg = f"expected a share in (0, 1], found {near}; {NEAR} is usual"
        raise UsageError(msg)
    evaluated = Evaluated([read_squad(file) for file in evaluation], near=near) if evaluation else None
    reports = []
    for number, path in enumerate(files):
        if progress is not None:
            progress(f"checking {Path(path).name}", number, len(files))
        file = read_squad(path)
        findings = [*find_faults(file), *(evaluated.leaks(file) if evaluated is not None else ())]
        reports.append(FileReport(file.path, FileCounts.of(file), tuple(findings)))
    return CheckReport(tuple(reports))
