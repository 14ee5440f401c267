"""Customers a week: what a team finds that works the best leads of each week, and each lead once."""

from __future__ import annotations

import math

import numpy as np

from training.figures import Weekly
from training.history import Labelled
from training.report.input import ReportInput
from training.report.names import NAMES


def span(found: Weekly) -> str:
    """The middle 80 % of weeks in whole customers.

    >>> span(Weekly(50, 12, 11.2, 9.3, 13.6, 50.0))
    '9 to 14'
    """
    low, high = math.floor(found.low), math.ceil(found.high)
    return f"{low} to {high}" if low < high else f"{low}"


def comparable(run: ReportInput) -> list[str]:
    """The scorers of a run in the order of `NAMES`; newest first only where ages differ."""
    known = [name for name in NAMES if name in run.probabilities]
    flat = [name for name in known if name == "newest_first" and np.ptp(run.probabilities[name]) == 0]
    return [name for name in known if name not in flat]


def each(run: ReportInput) -> str:
    """What a team's capacity is for."""
    return "a week" if run.dated else f"of each {Labelled.BLOCK:,} rows"


def within(run: ReportInput) -> str:
    """' within 90 days', or '' where the outcome is known at once."""
    return f" within {run.horizon_days:g} days" if run.horizon_days else ""
