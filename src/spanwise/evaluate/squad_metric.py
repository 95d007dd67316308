"""SQuAD 2.0's official metric (Rajpurkar et al. 2018): the same numbers as evaluate-v2.0.py, to the last digit."""

import math
import re
import string
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from spanwise.errors import UsageError
from spanwise.files.json_object import read_json_object
from spanwise.squad.questions import QuestionSet
from spanwise.text.pluralize import pluralize

Number = int | float
Rule = Literal["exact", "holds"]
"""When an answer is right; see `is_right`."""

_ARTICLE = re.compile(r"\b(a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def normalized(text: str) -> str:
    """
    Lower the case and drop ASCII punctuation, then articles, then extra whitespace.

    It makes 3.5 and 35 one; whether two answers say the same is told by `spanwise.answer.matching`.
    """
    return " ".join(_ARTICLE.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def scoring_golds(golds: Iterable[str]) -> list[str]:
    """Return the right answers that count: those with words, or the empty one if there are none."""
    return [gold for gold in golds if normalized(gold)] or [""]


def exact_score(prediction: str, golds: Sequence[str]) -> int:
    """
    Return 1 if a prediction equals a right answer once both are normalized, else 0.

    :param golds: What `scoring_golds` returns.
    """
    return max(int(normalized(gold) == normalized(prediction)) for gold in golds)


def f1_score(prediction: str, golds: Sequence[str]) -> Number:
    """
    Return the largest F1 of a prediction's words against a right answer's, in [0, 1].

    Where either has no word, it is 1 if both have none, else 0.

    :param golds: What `scoring_golds` returns.
    """
    return max(_f1(normalized(prediction).split(), normalized(gold).split()) for gold in golds)


def _f1(said: list[str], gold: list[str]) -> Number:
    if not said or not gold:
        return int(said == gold)
    common = sum((Counter(gold) & Counter(said)).values())
    if common == 0:
        return 0
    precision, recall = common / len(said), common / len(gold)
    return (2 * precision * recall) / (precision + recall)


def is_right(answer: str, golds: Sequence[str], rule: Rule = "holds") -> bool:
    """
    Tell whether an answer is right.

    :param golds: The right answers, none for a question that cannot be answered.
    :param rule: "exact": it equals one of them, once both are normalized as SQuAD 2.0 does. "holds": or one of the
        two holds the other, as whole words.
    """
    if not golds or not answer:
        return False
    if exact_score(answer, scoring_golds(golds)):
        return True
    return rule == "holds" and any(_holds(answer, gold) or _holds(gold, answer) for gold in golds)


def holds_words(text: str, words: str) -> bool:
    """Tell whether a normalized text holds normalized words, as whole words."""
    return bool(words) and f" {words} " in f" {text} "


def _holds(text: str, part: str) -> bool:
    return holds_words(normalized(text), normalized(part))


def squad_metrics(
    golds: Mapping[str, Sequence[str]],
    predictions: Mapping[str, str],
    na_probs: Mapping[str, Number] | None = None,
    *,
    na_prob_threshold: float = 1.0,
) -> dict[str, Number]:
    """
    Score predictions.

    :param golds: Question id to right answers, none for a question that cannot be answered.
    :param predictions: Question id to answer, for every question; the empty text says that there is none.
    :param na_probs: Question id to how surely there is no answer, in any unit; None leaves the "best_" keys out.
    :param na_prob_threshold: Above which of them a prediction counts as empty.
    :returns: exact, f1 and total, of all questions and of those with ("HasAns_") and without answer ("NoAns_") where
        there are any, in percent; best_exact and best_f1 with the threshold of `na_probs` at which they are reached.
    """
    counted = {key: scoring_golds(texts) for key, texts in golds.items()}
    has_answer = {key: bool(texts) for key, texts in golds.items()}
    scored: dict[str, dict[str, Number]] = {
        name: {key: score(predictions[key], texts) for key, texts in counted.items()}
        for name, score in (("exact", exact_score), ("f1", f1_score))
    }
    given = scored
    if na_probs is not None:
        emptied = {key: float(not has) for key, has in has_answer.items() if na_probs[key] > na_prob_threshold}
        given = {name: scores | emptied for name, scores in scored.items()}
    metrics = _means(given, list(golds))
    for prefix, wanted in (("HasAns", True), ("NoAns", False)):
        keys = [key for key, has in has_answer.items() if has is wanted]
        if keys:
            metrics |= {f"{prefix}_{name}": value for name, value in _means(given, keys).items()}
    if na_probs is not None:
        for name, scores in scored.items():
            best, threshold = best_threshold(scores, predictions, na_probs, has_answer)
            metrics |= {f"best_{name}": best, f"best_{name}_thresh": threshold}
    return metrics


def _means(scores: Mapping[str, Mapping[str, Number]], keys: Sequence[str]) -> dict[str, Number]:
    means: dict[str, Number] = {
        name: 100.0 * sum(values[key] for key in keys) / len(keys) for name, values in scores.items()
    }
    return {**means, "total": len(keys)}


def best_threshold(
    scores: Mapping[str, Number],
    predictions: Mapping[str, str],
    na_probs: Mapping[str, Number],
    has_answer: Mapping[str, bool],
) -> tuple[float, Number]:
    """
    Find the threshold of "no answer" at which the score is best, as the official script does.

    It begins with every prediction empty, at a threshold of 0, and gives the predictions one after the other, the
    surest first; predictions that are equally sure come in the order of `na_probs`.

    :param scores: Of every question, in [0, 1].
    :returns: The score in percent, and the threshold.
    """
    reached: Number = sum(not has for has in has_answer.values())
    best, threshold = reached, 0.0
    for key in sorted(na_probs, key=na_probs.__getitem__):
        if key not in scores:
            continue
        if has_answer[key]:
            reached += scores[key]
        elif predictions[key]:
            reached -= 1
        if reached > best:
            best, threshold = reached, na_probs[key]
    return 100.0 * best / len(scores), threshold


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
    from spanwise.evaluate.squad_metric import score_predictions
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
