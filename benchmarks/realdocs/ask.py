"""
Ask the 192 questions on real documentation, and judge what comes back.

    python -m benchmarks.realdocs.ask DOCUMENTS --cache DIR [--peer] [--failures] [--out FILE.md]

DOCUMENTS is what realdocs/fetch.sh made. Each of its folders is indexed by itself, into DIR, where the indexes
stay for the next run, and asked its own questions one by one, on the CPU. `--peer` asks Haystack's own components too,
with the same weights as float32; it needs the packages that benchmarks/README.md names, and its index takes longer. A
passage or an answer is judged in the same way for both, as realdocs/README.md says.
"""

import argparse
import os
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from benchmarks.harness import environment, markdown_table, publish
from benchmarks.realdocs.questions import Question, load
from benchmarks.realdocs.sides import Asked, Haystack, Spanwise, ask_all
from numpy.typing import NDArray

from spanwise.evaluate.measures import (
    auroc,
    equal_mass_bins,
    expected_calibration_error,
    mean_reciprocal_rank,
    recall_at,
)
from spanwise.evaluate.outcome import DEPTHS

FOLDERS = ("git", "sqlite", "r", "mixed")
Measure = tuple[str, Callable[[Sequence[Asked]], float | None], str]


def _answerable(asked: Sequence[Asked]) -> list[Asked]:
    return [one for one in asked if not one.question.is_impossible]


def _impossible(asked: Sequence[Asked]) -> list[Asked]:
    return [one for one in asked if one.question.is_impossible]


def _share(asked: Sequence[Asked], holds: Callable[[Asked], bool]) -> float:
    return sum(map(holds, asked)) / max(1, len(asked))


def _recall(depth: int) -> Callable[[Sequence[Asked]], float | None]:
    return lambda asked: recall_at([one.rank for one in _answerable(asked)], depth)


def _confidences(asked: Sequence[Asked]) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
    """Return the confidence of each first answer, and whether it is right."""
    answered = [one for one in asked if one.answers]
    return np.array([one.answers[0].confidence for one in answered]), np.array([one.first_right for one in answered])


def _answerability_auroc(asked: Sequence[Asked]) -> float | None:
    answerable = np.array([not one.question.is_impossible for one in asked])
    return auroc(np.array([one.answerable for one in asked]), answerable)


def _calibration_error(asked: Sequence[Asked]) -> float | None:
    return expected_calibration_error(equal_mass_bins(*_confidences(asked)))


def _median_ms(stage: str) -> Callable[[Sequence[Asked]], float]:
    return lambda asked: statistics.median(one.milliseconds[stage] for one in asked)


MEASURES: tuple[Measure, ...] = (
    *((f"passage with the answer among the first {depth}", _recall(depth), ".0%") for depth in DEPTHS),
    ("MRR of that passage", lambda asked: mean_reciprocal_rank([one.rank for one in _answerable(asked)]), ".2f"),
    ("such a passage read", lambda asked: _share(_answerable(asked), lambda one: one.was_read), ".0%"),
    ("right answer first", lambda asked: _share(_answerable(asked), lambda one: one.first_right), ".0%"),
    (
        "right answer first, from a passage with the quote",
        lambda asked: _share(
            _answerable(asked), lambda one: bool(one.answers) and one.answers[0].is_surely_right(one.question)
        ),
        ".0%",
    ),
    (
        "right answer among five",
        lambda asked: _share(
            _answerable(asked), lambda one: any(answer.is_right(one.question) for answer in one.answers)
        ),
        ".0%",
    ),
    (
        "right answer first, and not abstained",
        lambda asked: _share(_answerable(asked), lambda one: one.first_right and not one.abstained),
        ".0%",
    ),
    (
        "abstained though answerable",
        lambda asked: _share(_answerable(asked), lambda one: one.abstained),
        ".0%",
    ),
    ("answered though unanswerable", lambda asked: _share(_impossible(asked), lambda one: not one.abstained), ".0%"),
    ("AUROC of confidence, right first answers against others", lambda asked: auroc(*_confidences(asked)), ".2f"),
    ("AUROC of answerability", _answerability_auroc, ".2f"),
    ("calibration error of confidence", _calibration_error, ".2f"),
    ("median ms to retrieve", _median_ms("retrieve"), ".0f"),
    ("median ms to read", _median_ms("read"), ".0f"),
)


def table(columns: dict[str, Sequence[Asked]]) -> str:
    """Return the measures of several lists of asked questions."""
    rows = [[name, *(_shown(measure(asked), form) for asked in columns.values())] for name, measure, form in MEASURES]
    return markdown_table(["", *columns], rows)


def _shown(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def failure(one: Asked, side: Spanwise) -> str | None:
    """Return what went wrong with a question and where, or None if nothing did."""
    if one.question.is_impossible:
        return None if one.abstained else "answered though unanswerable"
    if not one.first_right:
        lost = side.lost(one.question)
        if lost is not None:
            return lost
        if not one.was_read:
            return f"not retrieved (rank {one.rank or 'beyond 50'})"
        among = any(answer.is_right(one.question) for answer in one.answers)
        return f"not read right (passage at rank {one.rank}{', right among five' if among else ''})"
    return "below the threshold" if one.abstained else None


def ask_sides(
    questions: Sequence[Question], arguments: argparse.Namespace
) -> tuple[dict[str, list[Asked]], dict[str, list[Asked]], list[str]]:
    """Ask each folder's questions of both sides; returns what came of them by folder, and the failures."""
    ours: dict[str, list[Asked]] = {}
    theirs: dict[str, list[Asked]] = {}
    failures = []
    for folder in arguments.folders:
        asked = [question for question in questions if question.folder == folder]
        models = {"reader": arguments.reader, "second_reader": arguments.second_reader}
        side = Spanwise(arguments.documents, arguments.cache, folder, arguments.passages, **models)
        ours[folder] = list(ask_all(side, asked))
        print(f"asked {folder}", file=sys.stderr, flush=True)
        for one in ours[folder]:
            why = failure(one, side)
            given = f"{one.answers[0].text!r} {one.answers[0].confidence:.2f}" if one.answers else "nothing"
            if why is not None:
                failures.append(f"{one.question.id}: {why}: {one.question.question} -> {given}")
        if arguments.peer:
            peer = Haystack(arguments.documents, arguments.cache, folder, arguments.passages, arguments.reader)
            theirs[folder] = list(ask_all(peer, asked))
            print(f"asked {folder}, Haystack", file=sys.stderr, flush=True)
    return ours, theirs, failures


def _with_all(by_folder: dict[str, list[Asked]], side: str) -> dict[str, Sequence[Asked]]:
    everything = [one for asked in by_folder.values() for one in asked]
    return {f"{side}, {name}": asked for name, asked in {**by_folder, "all": everything}.items()}


def report(ours: dict[str, list[Asked]], theirs: dict[str, list[Asked]], arguments: argparse.Namespace) -> str:
    """Return the page of results."""
    asked = [one for folder in ours.values() for one in folder]
    introduction = (
        f"{environment()}\n\n{len(asked)} questions, {len(_impossible(asked))} of them without an answer; "
        f"{arguments.passages} passages read for each, one question at a time. Reader: {arguments.reader}; "
        f"second reader: {arguments.second_reader or 'none'}. An answer counts as right when its words are and its "
        "file says so."
    )
    parts = ["# Questions on real documentation", introduction]
    if theirs:
        together = {"spanwise": _with_all(ours, "")[", all"], "Haystack": _with_all(theirs, "")[", all"]}
        parts += [table(together), "By folder:"]
    columns = {**_with_all(ours, "spanwise"), **(_with_all(theirs, "Haystack") if theirs else {})}
    return "\n\n".join([*parts, table(columns)])


def main() -> None:
    """Ask, judge, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("documents", type=Path, metavar="DOCUMENTS", help="the folder that realdocs/fetch.sh made")
    parser.add_argument("--cache", type=Path, required=True, metavar="DIR", help="where the indexes are kept")
    parser.add_argument(
        "--folders", nargs="+", choices=FOLDERS, default=FOLDERS, help="only these of the folders (default all)"
    )
    parser.add_argument("--peer", action="store_true", help="ask Haystack's components too")
    parser.add_argument("--failures", action="store_true", help="list each wrong question, and the stage that lost it")
    parser.add_argument("--passages", type=int, default=20, help="passages read for a question (default 20)")
    parser.add_argument("--reader", default="default", metavar="MODEL", help="a reader's name or folder")
    parser.add_argument("--second-reader", metavar="MODEL", help="one that reads the best passages again")
    parser.add_argument("--out", type=Path, help="also write the table to this Markdown file")
    arguments = parser.parse_args()
    missing = [name for name in arguments.folders if not (arguments.documents / name).is_dir()]
    if missing:
        parser.error(
            f"expected {', '.join(arguments.folders)} in {arguments.documents}, found no {', '.join(missing)}: "
            "run benchmarks/realdocs/fetch.sh"
        )
    os.environ.update(HAYSTACK_TELEMETRY_ENABLED="False", HF_HUB_OFFLINE="1")
    arguments.cache.mkdir(parents=True, exist_ok=True)
    ours, theirs, failures = ask_sides(load(), arguments)
    publish(report(ours, theirs, arguments), arguments.out)
    if arguments.failures:
        print("\n".join(failures))


if __name__ == "__main__":
    main()
