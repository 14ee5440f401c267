"""The calendar of the simulated world: fixed dates, month boundaries and the factors that hold in between."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt

from data.simulator.rates import Rates
from features.clock import to_us

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

START = datetime(2024, 1, 1, tzinfo=UTC)
END = datetime(2026, 1, 1, tzinfo=UTC)
# One more year of months than the history, so that horizons and the new-leads export stay on the calendar.
MONTHS = 36


def month_starts() -> Ints:
    """Starts of the MONTHS months in microseconds, shape (MONTHS + 1,): the last entry ends the calendar."""
    firsts = [datetime(START.year + m // 12, 1 + m % 12, 1, tzinfo=UTC) for m in range(MONTHS + 1)]
    return np.array([to_us(first) for first in firsts], dtype=np.int64)


def month_at(moments: Ints) -> Ints:
    """The calendar piece of each moment: months are closed on the left, the first and last are open-ended."""
    return np.searchsorted(month_starts()[1:-1], moments, side="right").astype(np.int64)


def month_ends() -> Ints:
    """Where each calendar piece ends, shape (MONTHS,); the last one never does."""
    return np.append(month_starts()[1:-1], np.iinfo(np.int64).max)


def activity_factor(rates: Rates) -> Floats:
    """Multiplier of every event rate by month, shape (MONTHS,)."""
    return np.tile(np.array(rates.activity_season), MONTHS // 12)


def win_factor(rates: Rates) -> Floats:
    """Multiplier of the hazard of winning by month, shape (MONTHS,): season times a yearly drift."""
    drift = rates.win_drift_per_year ** (np.arange(MONTHS) / 12)
    return np.asarray(np.tile(np.array(rates.win_season), MONTHS // 12) * drift, dtype=np.float64)
