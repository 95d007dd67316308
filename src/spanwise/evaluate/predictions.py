"""Score a file of predictions, as SQuAD's official script does."""

import math
from collections.abc import Collection
from pathlib import Path

from spanwise.errors import UsageError
from spanwise.evaluate.squad_metric import Number, squad_metrics
from spanwise.files.json_object import read_json_object
from spanwise.squad.questions import QuestionSet
from spanwise.text.pluralize import pluralize


def score_predictions(
    questions: QuestionSet,
    predictions: dict[str, str],
    na_probs: dict[str, Number] | None = None,
    *,
    na_prob_threshold: float = 1.0,
) -> dict[str, Number]:
    """
    Score predictions for a set of questions.

    ```python
    from spanwise.evaluate.predictions import score_predictions
    from spanwise.squad.questions import read_questions

    questions = read_questions("data/sample/questions.json", limit=1)
    print(score_predictions(questions, {"sample-01": "18 degrees"})["exact"])
    ```

    :param predictions: Question id to answer; the empty text says that there is none. Others are passed over.
    :param na_probs: Question id to how surely there is no answer.
    :param na_prob_threshold: Above which of them a prediction counts as empty.
    :returns: See `spanwise.evaluate.squad_metric.squad_metrics`.
    :raises UsageError: If a question has no prediction, or no value in `na_probs`.
    """
    golds = {question.id: question.golds for question in questions.questions}
    _require_all(golds, predictions, f"a prediction for every question of {questions.name}")
    if na_probs is not None:
        _require_all(golds, na_probs, f"a no-answer probability for every question of {questions.name}")
    return squad_metrics(golds, predictions, na_probs, na_prob_threshold=na_prob_threshold)


def read_predictions(file: Path) -> dict[str, str]:
    """
    Read {question id: text}.

    :raises UsageError: If the file holds anything else.
    """
    content = read_json_object(file, "one JSON object of texts by question id", "write it again")
    for key, value in content.items():
        if not isinstance(value, str):
            msg = f"expected {{question id: text}} in {file}, found {value!r:.60} for {key!r}; no answer is ''"
            raise UsageError(msg)
    return content


def read_na_probs(file: Path) -> dict[str, Number]:
    """
    Read {question id: how surely there is no answer}.

    :raises UsageError: If the file holds anything else.
    """
    content = read_json_object(file, "one JSON object of numbers by question id", "write it again")
    for key, value in content.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            msg = f"expected {{question id: number}} in {file}, found {value!r:.60} for {key!r}; write it again"
            raise UsageError(msg)
    return content


def unknown_ids(questions: QuestionSet, predictions: Collection[str]) -> list[str]:
    """Return the ids among `predictions` that no question has."""
    known = {question.id for question in questions.questions}
    return [key for key in predictions if key not in known]


def _require_all(wanted: Collection[str], found: Collection[str], what: str) -> None:
    missing = [key for key in wanted if key not in found]
    if missing:
        some = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        msg = f"expected {what}, found none for {pluralize(len(missing), 'question')} of {len(wanted):,}: {some}"
        raise UsageError(msg)
