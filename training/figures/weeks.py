"""Customers a week: what a team finds that works the best leads of each week, and each lead once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.columns import Floats
from training.figures.metrics import newest_in_period

Places = NDArray[np.intp]
_CHOSEN = 0.9
"""With less than this part of the calls made, the lists of most weeks were called to their end."""


@dataclass(frozen=True)
class Weekly:
    """Customers found when the `called` best leads of each week are worked: the mean of weeks and its ends.

    `low` and `high` hold the middle 80 % of the weeks. `calls` is the mean of leads called: below `called`
    where a week held too few that had not been called before.
    """

    called: int
    weeks: int
    mean: float
    low: float
    high: float
    calls: float


@dataclass(frozen=True)
class WeekLists:
    """The leads that a team could call in each week of the test, and what became of them.

    `rows` holds for each week the newest test row of every lead looked at in it; `lead` is a number a test
    row, `y` the outcome of the row.
    """

    rows: tuple[Places, ...]
    lead: NDArray[np.int64]
    y: Floats
    probabilities: Mapping[str, Floats]

    @classmethod
    def of(cls, test: pd.DataFrame | None, probabilities: Mapping[str, Floats]) -> WeekLists:
        """The weeks of the `test` rows, scored by each scorer; none without a test."""
        if test is None or not len(test):
            return cls((), np.zeros(0, dtype=np.int64), np.zeros(0), {})
        period, leads = test["period"].to_numpy(np.int64), test["lead_id"].to_numpy(object)
        once = newest_in_period(period, leads)
        weeks = tuple(once[period[once] == week] for week in np.unique(period))
        _, lead = np.unique(leads.astype(str), return_inverse=True)
        return cls(weeks, lead.astype(np.int64), test["label"].to_numpy(np.float64), probabilities)

    def brought(self, scorer: str, called: int) -> Weekly | None:
        """What calling the `called` best by `scorer` brought in each week; None where it cannot be told.

        Who has been called is not called again: a customer counts once, and the place goes to the next.
        Weeks with fewer leads than `called` are left out while there are others: nobody chooses there.
        """
        if not self.rows or scorer not in self.probabilities:
            return None
        customers, calls = self._found(self.probabilities[scorer], called)
        enough = np.array([len(rows) >= called for rows in self.rows])
        full = enough if enough.any() else np.ones(len(enough), dtype=np.bool_)
        low, high = np.quantile(customers[full], [0.1, 0.9])
        mean, made = float(customers[full].mean()), float(calls[full].mean())
        return Weekly(called, int(full.sum()), mean, float(low), float(high), made)

    def _found(self, p: Floats, called: int) -> tuple[Floats, Floats]:
        """Customers and calls of each week, in the order of weeks."""
        waiting = np.ones(int(self.lead.max(initial=-1)) + 1)
        customers, calls = [], []
        for rows in self.rows:
            lead = self.lead[rows]
            taken = _best(p[rows], waiting[lead], called)
            waiting[lead] -= taken
            customers.append(float(taken @ self.y[rows]))
            calls.append(float(taken.sum()))
        return np.array(customers), np.array(calls)


def _best(p: Floats, waiting: Floats, called: int) -> Floats:
    """How much of each lead is called, shape `(n_leads,)`: tied leads share the places that are left.

    `waiting` is the part of each that has not been called; with ties it may be a fraction, so that the sums
    are expected values over the order of the tied.
    """
    _, tie = np.unique(-p, return_inverse=True)
    mass = np.bincount(tie, waiting)
    before = np.cumsum(mass) - mass
    share = np.clip((called - before) / np.maximum(mass, 1e-12), 0.0, 1.0)
    return np.asarray(waiting * share[tie], dtype=np.float64)


def choosable(weeks: WeekLists, scorer: str, capacity: int) -> int:
    """How many calls a week leave something to choose: `capacity`, or the largest part of it that does.

    Where nearly everybody is called once in any case, no order finds more customers than another.
    """
    efforts = [max(1, round(capacity * share)) for share in (1.0, 0.5, 0.2, 0.1)]
    for called in efforts:
        found = weeks.brought(scorer, called)
        if found is None or found.calls >= _CHOSEN * called:
            return called
    return efforts[-1]
