"""The outcome of one question, and which stage lost its answer."""

from dataclasses import dataclass
from typing import Literal

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
