"""Fit a logistic regression to signals."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from spanwise.calibration import Logistic

PENALTY = 0.5  # of squared weights of standardized signals: ten events a signal are few (Peduzzi et al. 1996)
# What a unit of these adds to the log odds at least: more of them never makes an answer less likely. Where questions
# are asked of texts that state each thing once, agreement cannot be seen to be worth anything; elsewhere it is.
LEAST_WEIGHTS = {"margin": 0.0, "lead": 0.0, "agreement": 0.2, "retrieval": 0.0, "behind": 0.0, "rank": 0.0}

Numbers = NDArray[np.float64]


def fit_logistic(signals: Sequence[Mapping[str, float]], right: Sequence[bool]) -> Logistic:
    """
    Fit a penalized logistic regression, none of its weights below `LEAST_WEIGHTS` (Hastie et al. 2009, 4.4).

    :param signals: The same names each.
    :param right: Whether each turned out so.
    """
    from scipy.optimize import minimize

    names = list(signals[0])
    values = np.array([[seen[name] for name in names] for seen in signals])
    mean, deviation = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-9)
    standard = np.column_stack([np.ones(len(values)), (values - mean) / deviation])
    sign = np.where(np.array(right), 1.0, -1.0)

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        odds = sign * (standard @ weights)
        penalty = np.r_[0.0, weights[1:]]
        gradient = -(sign * np.exp(-np.logaddexp(0, odds))) @ standard + 2 * PENALTY * penalty
        return float(np.logaddexp(0, -odds).sum() + PENALTY * penalty @ penalty), gradient

    least = [
        LEAST_WEIGHTS[name] * unit if name in LEAST_WEIGHTS else -np.inf
        for name, unit in zip(names, deviation, strict=True)
    ]
    start = np.maximum(0.0, [-np.inf, *least])
    found = minimize(loss, start, jac=True, bounds=[(None, None), *((low, None) for low in least)], method="L-BFGS-B").x
    weights = found[1:] / deviation
    return Logistic(float(found[0] - weights @ mean), dict(zip(names, weights.tolist(), strict=True)))
