"""Turn a reader's margin into a probability."""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from spanwise.errors import ModelError

CALIBRATION_FILE = "calibration.json"


@dataclass(frozen=True, slots=True)
class Calibration:
    """
    How a reader's margins become confidences.

    :param null_threshold: The margin, in logits, at which an answer is as likely right as wrong.
    :param slope: How fast confidence rises with the margin, per logit; 1 where nothing was fitted.
    :param threshold: The confidence in [0, 1] below which the corpus is said not to answer.
    :param calibrated: Whether these were fitted so that a confidence is the share of right answers.
    :param null_answer: Whether the model was trained to say "no answer", as SQuAD 2.0 asks for.
    """

    null_threshold: float = 0.0
    slope: float = 1.0
    threshold: float = 0.5
    calibrated: bool = False
    null_answer: bool = True

    def confidence(self, margin: float) -> float:
        """Return the logistic function of slope x (margin - null threshold), in [0, 1] (Platt 1999)."""
        x = self.slope * (margin - self.null_threshold)
        return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def load_calibration(model_folder: Path) -> Calibration:
    """
    Read the calibration beside a reader, or return the uncalibrated default where there is none.

    :raises ModelError: If the file is there but cannot be understood.
    """
    file = model_folder / CALIBRATION_FILE
    if not file.is_file():
        return Calibration()
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
        return Calibration(
            null_threshold=float(fields["null_threshold"]),
            slope=float(fields["slope"]),
            threshold=float(fields["threshold"]),
            calibrated=bool(fields["calibrated"]),
            null_answer=bool(fields.get("null_answer", True)),
        )
    except (ValueError, KeyError, TypeError) as error:
        msg = f"expected null_threshold, slope, threshold and calibrated in {file}, found {error!r}; calibrate again"
        raise ModelError(msg) from error
