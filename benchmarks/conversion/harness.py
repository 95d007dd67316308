"""What the conversion benchmarks share: each file in a process of its own, and the words of it that are missing."""

import json
import os
import re
import resource
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness import markdown_table

LOST = 100  # words; a file with more of them in what is expected, and fewer than a tenth found, counts as lost
_UNSPACED = "\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # Thai, Lao, Japanese, Chinese
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+")


@dataclass(frozen=True, slots=True)
class Case:
    """A file, and the words that its text should have."""

    path: Path
    expected: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What a converter made of one file.

    :param text: None where it refused the file, crashed or took too long.
    :param failure: "refused: why", "crashed" or "hung"; "" where there is a text.
    :param seconds: Of the processors, in all threads: other work on the machine disturbs them least.
    """

    text: str | None
    failure: str
    seconds: float
    megabytes: float


def convert_apart(convert: Callable[[Path], str], path: Path, *, limit: int = 60, memory_gb: int = 8) -> Outcome:
    """
    Return what `convert` makes of a file, in a child process that has everything imported already.

    :param limit: Seconds after which it is killed.
    :param memory_gb: Address space that it may use.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _answer(convert, path, writing, limit, memory_gb)
    os.close(writing)
    with os.fdopen(reading, "rb") as answers:
        answer = answers.read()
    _, status, usage = os.wait4(child, 0)
    seconds, megabytes = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    if os.WIFSIGNALED(status) or not answer:
        hung = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM
        return Outcome(None, "hung" if hung else "crashed", seconds, megabytes)
    text, failure = json.loads(answer)
    return Outcome(text, failure, seconds, megabytes)


def _answer(convert: Callable[[Path], str], path: Path, writing: int, limit: int, memory_gb: int) -> None:
    try:
        resource.setrlimit(resource.RLIMIT_AS, (memory_gb << 30, memory_gb << 30))
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(limit)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            answer = [convert(path), ""]
        except Exception as error:
            answer = [None, f"refused: {type(error).__name__}: {str(error)[:200]}"]
        with os.fdopen(writing, "wb") as answers:
            answers.write(json.dumps(answer).encode("utf-8", "surrogatepass"))
    finally:
        os._exit(0)


def count_words(text: str) -> Counter[str]:
    """
    Return how often each word stands in a text, whatever its case.

    A character of a script that is written without spaces counts as a word.
    """
    return Counter(_WORD.findall(text.casefold()))


def missing_words(expected: str, found: str) -> tuple[int, int]:
    """Return how many of the expected words are not in `found`, and how many there are."""
    want, have = count_words(expected), count_words(found)
    return sum((want - have).values()), want.total()


def measure(
    cases: Sequence[Case], sides: Mapping[str, Callable[[Path], str]], told: Callable[[str], None]
) -> dict[str, list[Outcome]]:
    """Return what each side makes of each file, all sides on one file after another."""
    outcomes: dict[str, list[Outcome]] = {side: [] for side in sides}
    for number, case in enumerate(cases, 1):
        for side, convert in sides.items():
            outcomes[side].append(convert_apart(convert, case.path))
        if number % 100 == 0:
            told(f"{number} of {len(cases)} files")
    return outcomes


def origins(cases: Sequence[Case], folder: Path, every: int) -> str:
    """
    Return the sentence that says which files were measured: how many of each folder below the one given.

    :param every: Every how many of the files, in the order of their names, were taken.
    """
    counts = Counter(case.path.relative_to(folder).parts[0] for case in cases)
    taken = {1: "All files", 2: "Every second file", 3: "Every third file"}.get(every, f"Every {every}th file")
    return f"{taken}: {', '.join(f'{count} of {name}' for name, count in sorted(counts.items()))}."


def worst(cases: Sequence[Case], outcomes: Sequence[Outcome], number: int) -> str:
    """Return the files of which most words are missing, one a line."""
    counts = [missing_words(case.expected, run.text or "") for case, run in zip(cases, outcomes, strict=True)]
    order = sorted(range(len(counts)), key=lambda at: counts[at][0], reverse=True)[:number]
    return "\n".join(
        f"{counts[at][0]} of {counts[at][1]} missing {outcomes[at].failure}: {cases[at].path}" for at in order
    )


def summarize(cases: Sequence[Case], outcomes: Mapping[str, Sequence[Outcome]]) -> str:
    """Return the table of what is missing, side by side."""
    head = ["", *outcomes]
    rows = [[name, *(form(cases, runs) for runs in outcomes.values())] for name, form in _ROWS]
    return markdown_table(head, rows)


def _missing(cases: Iterable[Case], runs: Iterable[Outcome]) -> list[tuple[int, int]]:
    return [missing_words(case.expected, run.text or "") for case, run in zip(cases, runs, strict=True)]


def _share(cases: Sequence[Case], runs: Sequence[Outcome]) -> str:
    counts = _missing(cases, runs)
    return f"{sum(gone for gone, _ in counts) / max(sum(all_ for _, all_ in counts), 1):.2%}"


def _over(share: float) -> Callable[[Sequence[Case], Sequence[Outcome]], str]:
    return lambda cases, runs: str(sum(gone > share * all_ for gone, all_ in _missing(cases, runs)))


def _lost(cases: Sequence[Case], runs: Sequence[Outcome]) -> str:
    return str(sum(all_ > LOST and gone > 0.9 * all_ for gone, all_ in _missing(cases, runs)))


def _failed(kind: str) -> Callable[[Sequence[Case], Sequence[Outcome]], str]:
    return lambda _, runs: str(sum(run.failure.startswith(kind) for run in runs))


_ROWS: tuple[tuple[str, Callable[[Sequence[Case], Sequence[Outcome]], str]], ...] = (
    ("files", lambda cases, _: str(len(cases))),
    ("expected words", lambda cases, _: f"{sum(count_words(case.expected).total() for case in cases):,}"),
    ("words missing", _share),
    ("files that miss over 15%", _over(0.15)),
    (f"files of over {LOST} words lost", _lost),
    ("refused", _failed("refused")),
    ("crashed", _failed("crashed")),
    ("hung", _failed("hung")),
    ("words written", lambda _, runs: f"{sum(count_words(run.text or '').total() for run in runs):,}"),
    ("processor seconds, all", lambda _, runs: f"{sum(run.seconds for run in runs):.1f}"),
    ("processor seconds, slowest", lambda _, runs: f"{max(run.seconds for run in runs):.2f}"),
    ("MB, largest", lambda _, runs: f"{max(run.megabytes for run in runs):.0f}"),
)
