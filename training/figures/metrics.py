"""All figures of one scorer on test rows: unweighted, pooled and within periods."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from features.columns import Floats
from features.leaks import auc_within
from training.figures.ranking import Ranking, at_capacity
from training.figures.reliability import (
    calibration_line,
    expected_calibration_error,
    log_losses,
    observed_expected,
    squared_errors,
)


def figures(y: Floats, p: Floats) -> dict[str, float | None]:
    """Figure → value for probabilities `p` of outcomes `y`; None where it is not defined (one class only).

    auc, average_precision, lift_ and precision_ at 5, 10 and 20 percent, log_loss, brier, ece, slope,
    intercept, observed_expected.
    """
    if not len(y):
        return {}
    slope, intercept = calibration_line(y, p)
    found: dict[str, float] = Ranking(y, p).figures() | {
        "log_loss": float(log_losses(y, p).mean()),
        "brier": float(squared_errors(y, p).mean()),
        "ece": expected_calibration_error(y, p),
        "slope": slope,
        "intercept": intercept,
        "observed_expected": observed_expected(y, p),
    }
    return {name: known(value) for name, value in found.items()}


def within_periods(
    y: Floats, p: Floats, period: NDArray[np.int64], leads: NDArray[np.object_], capacity: int
) -> dict[str, float | None]:
    """auc_within over the periods; capacity_precision and capacity_recall when each period's best are worked.

    A lead is worked once in a period: its newest row there counts. Rows must be in the order of time.
    """
    once = newest_in_period(period, leads)
    precision, recall = at_capacity(y[once], p[once], period[once], capacity)
    return {
        "auc_within": known(auc_within(y, p, period)),
        "capacity_precision": known(precision),
        "capacity_recall": known(recall),
    }


def newest_in_period(period: NDArray[np.int64], leads: NDArray[np.object_]) -> NDArray[np.intp]:
    """The last row of each lead in each period, ascending; rows are in the order of time."""
    _, lead = np.unique(leads.astype(str), return_inverse=True)
    pair = period.astype(np.int64) * (int(lead.max(initial=0)) + 1) + lead
    _, from_behind = np.unique(pair[::-1], return_index=True)
    return np.sort(len(pair) - 1 - from_behind)


def known(value: float) -> float | None:
    """`value`, or None where it is NaN or infinite: JSON knows neither."""
    return float(value) if math.isfinite(value) else None
