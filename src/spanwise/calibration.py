"""Turn what was read into probabilities."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from spanwise.conditions import Conditions, read_conditions
from spanwise.errors import ModelError, UsageError

CALIBRATION_FILE = "calibration.json"
SIGNALS = frozenset({"margin", "lead", "agreement", "retrieval", "behind", "rank", "length"})
"""What weights may be of; see `spanwise.answer.answering.signals`."""

_POINT = ("threshold", "precision", "recall")
LARGEST_FILE = 10_000_000
LARGEST = 1e6
"""No weight, intercept or logit is larger: confidences stay numbers."""


@dataclass(frozen=True, slots=True)
class Logistic:
    """
    A logistic regression (Cox 1958; of a classifier's score, Platt 1999).

    :param intercept: The log odds where every signal is zero.
    :param weights: What a unit of each signal adds to the log odds.
    """

    intercept: float
    weights: Mapping[str, float]

    def probability(self, signals: Mapping[str, float]) -> float:
        """
        Return 1 / (1 + exp(-(intercept + weights . signals))), in [0, 1].

        :param signals: By name; those without a weight do not count.
        """
        return logistic(self.log_odds(signals))

    def log_odds(self, signals: Mapping[str, float]) -> float:
        """Return intercept + weights . signals."""
        return self.intercept + sum(weight * signals[name] for name, weight in self.weights.items())


@dataclass(frozen=True, slots=True)
class Point:
    """
    What abstaining below a threshold costs, on questions that were left out of the fit in turn.

    :param threshold: Confidence in [0, 1].
    :param precision: Share of right answers among those given, in [0, 1].
    :param recall: Share of the questions with an answer in the corpus that are answered rightly, in [0, 1].
    """

    threshold: float
    precision: float
    recall: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """
    How what a reader finds becomes confidences.

    :param null_threshold: The margin, in logits, at which a span of one passage is as likely right as wrong.
    :param slope: How fast that probability rises with the margin, per logit; 1 where nothing was fitted.
    :param threshold: The confidence in [0, 1] below which the corpus abstains.
    :param no_answer_threshold: The probability in [0, 1] that the corpus holds no answer from which on, where it
        abstains, that is said; below it nothing is sure.
    :param calibrated: Whether these were fitted so that a confidence is the share of right answers.
    :param null_answer: Whether the model was trained to say "no answer", as SQuAD 2.0 asks for.
    :param answer: The probability that an answer of a corpus is right, of `spanwise.answer.answering.signals`; None
        where it was not fitted, and the margin alone counts.
    :param unanswerable: The probability that a corpus holds no answer, of the same signals of the best one.
    :param curve: What thresholds cost, lowest first.
    :param fitted_with: Under which conditions the confidences hold; None where the file does not say.
    :param fitted_on: Data, date and errors of the fit.
    :param others: Fits of the same reader with other embedders.
    """

    null_threshold: float = 0.0
    slope: float = 1.0
    threshold: float = 0.5
    no_answer_threshold: float = 0.5
    calibrated: bool = False
    null_answer: bool = True
    answer: Logistic | None = None
    unanswerable: Logistic | None = None
    curve: tuple[Point, ...] = ()
    fitted_with: Conditions | None = None
    fitted_on: Mapping[str, Any] = field(default_factory=dict)
    others: tuple["Calibration", ...] = ()

    def for_embedder(self, fingerprint: str | None) -> "Calibration":
        """Return the fit with this embedder, or the first where there is none."""
        fits = (fit for fit in self.others if fit.fitted_with is not None and fit.fitted_with.embedder == fingerprint)
        return next(fits, self)

    def confidence(self, margin: float) -> float:
        """Return the logistic function of slope x (margin - null threshold), in [0, 1] (Platt 1999)."""
        return logistic(self.slope * (margin - self.null_threshold))

    def answer_confidence(self, signals: Mapping[str, float]) -> float:
        """Return the probability that an answer of a corpus is right, in [0, 1]."""
        return self.confidence(signals["margin"]) if self.answer is None else self.answer.probability(signals)

    def no_answer_confidence(self, signals: Mapping[str, float]) -> float:
        """Return the probability that a corpus holds no answer, in [0, 1], given the signals of its best one."""
        if self.unanswerable is None:
            return 1 - self.answer_confidence(signals)
        return self.unanswerable.probability(signals)

    def threshold_for(self, *, precision: float | None = None, recall: float | None = None) -> float:
        """
        Return the confidence below which to abstain for a precision, or else for a recall.

        :param precision: The lowest threshold from which on at least this share of answers was right.
        :param recall: The highest threshold at which still this share of answerable questions was answered rightly.
        :raises UsageError: If none reaches it, or there is no fitted curve.
        """
        if not self.curve:
            msg = "expected a calibrated reader to choose by precision or recall, found none; run spanwise calibrate"
            raise UsageError(msg)
        if precision is not None:
            enough = [point for point in self.curve if point.precision >= precision]
            name, wanted, best = "precision", precision, max(point.precision for point in self.curve)
        else:
            wanted = 0.0 if recall is None else recall
            enough = [point for point in self.curve if point.recall >= wanted][-1:]
            name, best = "recall", max(point.recall for point in self.curve)
        if not enough:
            msg = f"expected a {name} of at most {best:.2f}, the best of this reader's calibration, found {wanted:g}"
            raise UsageError(msg)
        return enough[0].threshold


def logistic(x: float) -> float:
    """Return 1 / (1 + exp(-x)), without overflow."""
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def load_calibration(model_folder: Path) -> Calibration:
    """
    Read the calibration beside a reader, or return the uncalibrated default where there is none.

    :raises ModelError: If the file is there but cannot be understood.
    """
    file = model_folder / CALIBRATION_FILE
    return read_calibration(file) if file.is_file() else Calibration()


def read_calibration(file: Path) -> Calibration:
    """
    Read a calibration file.

    :raises ModelError: If it is missing or cannot be understood.
    """
    try:
        if file.stat().st_size > LARGEST_FILE:
            msg = f"more than {LARGEST_FILE:,} bytes"
            raise ValueError(msg)
        fields = json.loads(file.read_text(encoding="utf-8"))
        others = tuple(_calibration(other, ()) for other in fields.get("others", ()))
        return _calibration(fields, others)
    except OSError as error:
        msg = f"expected a calibration file at {file}: {error.strerror}; write one with spanwise calibrate"
        raise ModelError(msg) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        msg = f"expected null_threshold, slope, threshold and calibrated in {file}, found {error!r}; calibrate again"
        raise ModelError(msg) from error


def write_calibration(calibration: Calibration, file: Path) -> None:
    """
    Write a calibration file.

    :raises UsageError: If it cannot be written there.
    """
    try:
        file.write_text(json.dumps(asdict(calibration), indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        msg = f"expected to write {file}: {error.strerror}; name another file with --out"
        raise UsageError(msg) from error


def check_writable(file: Path) -> None:
    """
    Check that a calibration file can be written, before long work.

    :raises UsageError: If it cannot; nothing is changed.
    """
    try:
        if file.exists():
            with file.open("ab"):
                return
        with TemporaryFile(dir=file.parent):
            return
    except OSError as error:
        msg = f"expected to be able to write {file}: {error.strerror}; name another file with --out"
        raise UsageError(msg) from error


def _calibration(fields: Mapping[str, Any], others: tuple[Calibration, ...]) -> Calibration:
    return Calibration(
        null_threshold=_finite(fields["null_threshold"]),
        slope=_finite(fields["slope"]),
        threshold=_share(fields["threshold"]),
        no_answer_threshold=_share(fields.get("no_answer_threshold", 0.5)),
        calibrated=bool(fields["calibrated"]),
        null_answer=bool(fields.get("null_answer", True)),
        answer=_logistic(fields.get("answer")),
        unanswerable=_logistic(fields.get("unanswerable")),
        curve=tuple(Point(**{name: _share(entry[name]) for name in _POINT}) for entry in fields.get("curve", ())),
        fitted_with=read_conditions(fields.get("fitted_with")),
        fitted_on=fields.get("fitted_on", {}),
        others=others,
    )


def _logistic(fields: Mapping[str, Any] | None) -> Logistic | None:
    if fields is None:
        return None
    weights = {name: _finite(weight) for name, weight in fields["weights"].items()}
    unknown = sorted(set(weights) - SIGNALS)
    if unknown:
        msg = f"an unknown signal {unknown[0]!r}"
        raise ValueError(msg)
    return Logistic(_finite(fields["intercept"]), weights)


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number) or abs(number) > LARGEST:
        msg = f"{number}, which is no number from -{LARGEST:g} to {LARGEST:g}"
        raise ValueError(msg)
    return number


def _share(value: Any) -> float:
    number = float(value)
    if not 0 <= number <= 1:
        msg = f"{number}, which is not in [0, 1]"
        raise ValueError(msg)
    return number
