"""The outcome of one question, which stage lost its answer, and the measures of many."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from spanwise.evaluate import measures
from spanwise.types import Verdict

Stage = Literal[
    "not_converted", "not_indexed", "not_retrieved", "misread", "out_ranked", "below_threshold", "answered_unanswerable"
]

STAGES: dict[Stage, str] = {
    "not_converted": "The answer stands in no stored source text.",
    "not_indexed": "It stands in a source text, but in no passage.",
    "not_retrieved": "It stands in a passage, but none of those was read.",
    "misread": "A passage with it was read, but it is not among the answers.",
    "out_ranked": "It is among the answers, but not the first.",
    "below_threshold": "It is the first answer, but its confidence is below the threshold.",
    "answered_unanswerable": "The question has no answer, and one was given.",
}
DEPTHS = (1, 5, 10, 20, 50)
CURVE_POINTS = 101
HISTOGRAM_BINS = 20
PERCENTILES = (50, 95)


@dataclass(frozen=True, slots=True)
class Isolated:
    """
    The reader's answer on the question's own context, when it has to answer.

    :param exact: 1 where it equals a right answer, else 0.
    :param f1: In [0, 1].
    """

    answer: str
    exact: float
    f1: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    The outcome of one question that a corpus was asked.

    :param golds: The right answers; none for a question that cannot be answered.
    :param answer: The first candidate, also if the corpus abstains; empty if there is none.
    :param confidence: The first candidate's, in [0, 1], or None if there is none.
    :param no_answer_confidence: Probability in [0, 1] that the corpus holds no answer.
    :param threshold: The confidence in [0, 1] below which the corpus abstains.
    :param calibrated: Whether confidences come from a fitted calibration, under the conditions that it holds for.
    :param verdict: "answer", or where it abstains "unsure" or "no_answer".
    :param exact: 1 where what the corpus answers, nothing if it abstains, equals a right answer, else 0.
    :param f1: Of the same, in [0, 1].
    :param forced_exact: As `exact`, of the first candidate.
    :param forced_f1: As `f1`, of the first candidate.
    :param right_rank: 1-based place of the first right candidate, or None.
    :param passage_rank: 1-based place of the first passage with the right answer among those read, or None.
    :param deep_rank: The same in a deeper search that nothing was read of, or None; also where there was none.
    :param lost_at: Which stage lost the right answer, or None.
    :param timings_ms: Milliseconds by stage.
    :param isolated: None if the question cannot be answered or has no context.
    """

    id: str
    question: str
    golds: tuple[str, ...]
    answer: str
    file: str | None
    page: int | None
    confidence: float | None
    no_answer_confidence: float
    abstained: bool
    threshold: float
    calibrated: bool
    verdict: Verdict
    exact: float
    f1: float
    forced_exact: float
    forced_f1: float
    right_rank: int | None
    passage_rank: int | None
    deep_rank: int | None
    lost_at: Stage | None
    timings_ms: dict[str, float]
    isolated: Isolated | None = None

    @property
    def answerable(self) -> bool:
        """Whether the question has a right answer."""
        return bool(self.golds)

    @property
    def right(self) -> bool:
        """Whether the first candidate is right."""
        return self.right_rank == 1


def summarize(outcomes: Sequence[Outcome], *, top_k: int, passages: int) -> dict[str, Any]:
    """
    Summarize the outcomes of questions; `docs/evaluation.md` explains each number.

    :param outcomes: At least one.
    :param top_k: Most answers to a question.
    :param passages: How many passages were read for a question.
    """
    answerable = [outcome for outcome in outcomes if outcome.answerable]
    return {
        "questions": len(outcomes),
        "answerable": len(answerable),
        "unanswerable": len(outcomes) - len(answerable),
        "answers": _answers(outcomes, answerable, top_k),
        "retrieval": _retrieval(answerable, passages),
        "isolation": _isolation(answerable),
        "abstention": _abstention(outcomes),
        "confidence": _confidence(outcomes),
        "lost_at": _lost(outcomes),
        "latency_ms": _latency(outcomes),
    }


def _answers(outcomes: Sequence[Outcome], answerable: Sequence[Outcome], top_k: int) -> dict[str, Any]:
    without = [outcome for outcome in outcomes if not outcome.answerable]
    found: dict[str, Any] = {}
    for prefix, some in (("", outcomes), ("HasAns_", answerable), ("NoAns_", without)):
        found[f"{prefix}exact"] = _percent([outcome.exact for outcome in some])
        found[f"{prefix}f1"] = _percent([outcome.f1 for outcome in some])
    ranks = [outcome.right_rank for outcome in answerable]
    depths = sorted({1, min(3, top_k), top_k})
    found["right_in"] = {str(depth): measures.recall_at(ranks, depth) for depth in depths}
    return found


def _retrieval(answerable: Sequence[Outcome], passages: int) -> dict[str, Any]:
    read: list[measures.Rank] = [outcome.passage_rank for outcome in answerable]
    deep: list[measures.Rank] = [outcome.deep_rank for outcome in answerable]
    return {
        "recall": {str(depth): measures.recall_at(read if depth <= passages else deep, depth) for depth in DEPTHS},
        "mrr": measures.mean_reciprocal_rank(read),
    }


def _isolation(answerable: Sequence[Outcome]) -> dict[str, Any] | None:
    """Compare the reader on the right context with the whole pipeline, both made to answer."""
    both = [(outcome, outcome.isolated) for outcome in answerable if outcome.isolated is not None]
    if not both:
        return None
    return {
        "questions": len(both),
        "isolated_exact": _percent([isolated.exact for _, isolated in both]),
        "isolated_f1": _percent([isolated.f1 for _, isolated in both]),
        "integrated_exact": _percent([outcome.forced_exact for outcome, _ in both]),
        "integrated_f1": _percent([outcome.forced_f1 for outcome, _ in both]),
    }


def _abstention(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    abstained = np.array([outcome.abstained for outcome in outcomes], dtype=np.bool_)
    answerable = np.array([outcome.answerable for outcome in outcomes], dtype=np.bool_)
    return measures.abstention(abstained, answerable)


def _confidence(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    answered = [(outcome, outcome.confidence) for outcome in outcomes if outcome.confidence is not None]
    confidences = np.array([confidence for _, confidence in answered], dtype=np.float64)
    right = np.array([outcome.right for outcome, _ in answered], dtype=np.bool_)
    mass = measures.equal_mass_bins(confidences, right)
    width = measures.equal_width_bins(confidences, right)
    says_answer = np.array([1 - outcome.no_answer_confidence for outcome in outcomes], dtype=np.float64)
    answerable = np.array([outcome.answerable for outcome in outcomes], dtype=np.bool_)
    coverage, risk = measures.risk_coverage(confidences, right)
    points = np.unique(np.linspace(0, max(0, len(risk) - 1), min(CURVE_POINTS, len(risk))).round().astype(np.int64))
    return {
        "questions": len(answered),
        "threshold": outcomes[0].threshold,
        "calibrated": all(outcome.calibrated for outcome in outcomes),
        "mean_confidence": float(confidences.mean()) if answered else None,
        "right_share": float(right.mean()) if answered else None,
        "ece_equal_mass": measures.expected_calibration_error(mass),
        "ece_equal_width": measures.expected_calibration_error(width),
        "bins": measures.BINS,
        "brier": measures.brier_score(confidences, right),
        "auroc_right": measures.auroc(confidences, right) if answered else None,
        "auroc_answerable": measures.auroc(says_answer, answerable),
        "aurc": measures.area_under_risk_coverage(confidences, right),
        "reliability": [asdict(entry) for entry in mass],
        "risk_coverage": [[float(coverage[point]), float(risk[point])] for point in points],
        "histograms": _histograms(answered),
    }


def _histograms(answered: Sequence[tuple[Outcome, float]]) -> dict[str, list[int]]:
    kinds: dict[str, list[float]] = {"right": [], "wrong": [], "unanswerable": []}
    for outcome, confidence in answered:
        kind = "right" if outcome.right else "wrong" if outcome.answerable else "unanswerable"
        kinds[kind].append(confidence)
    return {kind: np.histogram(values, HISTOGRAM_BINS, (0, 1))[0].tolist() for kind, values in kinds.items()}


def _lost(outcomes: Sequence[Outcome]) -> dict[str, int]:
    counts = Counter(outcome.lost_at for outcome in outcomes)
    return {"nothing": counts[None], **{stage: counts[stage] for stage in STAGES}}


def _latency(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    stages = dict.fromkeys(stage for outcome in outcomes for stage in outcome.timings_ms)
    found: dict[str, dict[str, float]] = {}
    for stage in stages:
        values = [outcome.timings_ms[stage] for outcome in outcomes if stage in outcome.timings_ms]
        found[stage] = {f"p{level}": float(np.percentile(values, level)) for level in PERCENTILES}
    return found


def _percent(scores: Sequence[float]) -> float | None:
    return 100.0 * sum(scores) / len(scores) if scores else None
