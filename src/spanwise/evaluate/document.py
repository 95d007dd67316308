"""The result of an evaluation as one JSON document, and what changed since another."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from spanwise import __version__
from spanwise.errors import UsageError
from spanwise.evaluate.corpus import Settings
from spanwise.evaluate.outcome import Outcome, summarize
from spanwise.files.json_object import read_json_object
from spanwise.packages import package_versions
from spanwise.pipeline.corpus import Corpus
from spanwise.squad.questions import QuestionSet

FORMAT = "spanwise corpus evaluation 1"
MODULES = ("faiss", "onnxruntime", "torch", "transformers")
NOT_MEASURES = ("bins", "histograms")


@dataclass(frozen=True, slots=True)
class Difference:
    """A number of two evaluations; `measure` is its path in the document."""

    data: str
    measure: str
    before: float
    after: float

    @property
    def change(self) -> float:
        """After minus before."""
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class ChangedOutcome:
    """
    A question that lost its answer at some stage in one of two evaluations, but not in the other.

    :param better: Whether it lost it in the earlier one.
    """

    data: str
    id: str
    question: str
    better: bool


def result_of(questions: QuestionSet, outcomes: Sequence[Outcome], settings: Settings) -> dict[str, Any]:
    """Return the result of one file of questions: its measures, and the outcome of each question."""
    return {
        "data": questions.name,
        **summarize(outcomes, top_k=settings.top_k, passages=settings.passages),
        "unsettled": sum(not question.settled for question in questions.questions),
        "misplaced_answers": [asdict(found) for found in questions.misplaced],
        "outcomes": [asdict(outcome) for outcome in outcomes],
    }


def make_document(corpus: Corpus, settings: Settings, results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """
    Return the whole document, ready for JSON.

    :param corpus: What was asked.
    :param results: What `result_of` returns for each file of questions.
    """
    index = corpus.index
    summary, embedder, fitted = index.summary(), index.embedder, corpus.calibration.fitted_with
    return {
        "format": FORMAT,
        "spanwise": __version__,
        "packages": package_versions(MODULES),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "index": {
            "path": str(index.path),
            "root": ", ".join(root.path for root in index.roots) or None,
            "generation": summary.generation,
            "files": summary.files,
            "passages": summary.documents,
            "type": summary.resolved_type,
            "embedder": None if embedder is None else asdict(embedder),
            "splitter": index.splitter,
        },
        "settings": {
            **asdict(settings),
            "reader": corpus.reader.model,
            "second_reader": None if corpus.second_reader is None else corpus.second_reader.model,
            "device": corpus.device,
        },
        "conditions": asdict(corpus.conditions(settings.passages)),
        "fitted_with": None if fitted is None else asdict(fitted),
        "results": list(results),
    }


def read_document(file: Path) -> dict[str, Any]:
    """
    Read a document that `spanwise evaluate corpus --json` printed.

    :raises UsageError: If the file cannot be read, or holds anything else.
    """
    document = read_json_object(file, "what `spanwise evaluate corpus --json` prints", "name another file")
    found = document.get("format")
    if found != FORMAT:
        msg = f"expected what `spanwise evaluate corpus --json` prints ({FORMAT!r}) in {file}, found {found!r}"
        raise UsageError(msg)
    return document


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """
    Return every number that both documents have, for the files of questions that both have, by their names.

    :raises UsageError: If they have no file of questions in common.
    """
    earlier = {result["data"]: result for result in before["results"]}
    names = [result["data"] for result in after["results"]]
    if not earlier.keys() & set(names):
        msg = f"expected evaluations of the same questions, found {sorted(earlier)} and {names}; compare others"
        raise UsageError(msg)
    differences = []
    for result in after["results"]:
        old = dict(_numbers(earlier.get(result["data"], {})))
        for measure, value in _numbers(result):
            if measure in old:
                differences.append(Difference(result["data"], measure, old[measure], value))
    return differences


def changed_outcomes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[ChangedOutcome]:
    """Return the questions that lost their answer at some stage in one of two documents, but not in the other."""
    earlier = {
        (result["data"], outcome["id"]): outcome["lost_at"]
        for result in before["results"]
        for outcome in result["outcomes"]
    }
    found = []
    for result in after["results"]:
        for outcome in result["outcomes"]:
            key = result["data"], outcome["id"]
            if key in earlier and (earlier[key] is None) != (outcome["lost_at"] is None):
                found.append(ChangedOutcome(*key, outcome["question"], better=outcome["lost_at"] is None))
    return found


def _numbers(value: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, float]]:
    for key, inner in value.items():
        if key in NOT_MEASURES:
            continue
        if isinstance(inner, Mapping):
            yield from _numbers(inner, f"{path}{key}.")
        elif isinstance(inner, int | float) and not isinstance(inner, bool):
            yield f"{path}{key}", inner
