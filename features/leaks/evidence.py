"""What is measured of a column to tell when it was known: alone, by name, dates, and when it is filled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ks_2samp, spearmanr

from features.columns import Column, Floats
from features.leaks.certain import Implication, implication
from features.leaks.filling import lower_yet, not_yet
from features.leaks.signal import Signal, is_filled, measure, periods
from features.leaks.words import Hint, hint_of, hint_of_values

_LATE = 0.2
_FULL = 0.98
_SAME_GAPS = 1e-3
_FOLLOWS = 0.9
_ENOUGH = 50
_FEW_LEVELS = 20


@dataclass(frozen=True)
class Lateness:
    """A date that lies after the lead's creation for `share` of those that have it.

    `ahead` tells whether it may have been set beforehand: every lead has one, and those of the newest leads
    lie as far ahead as all others, which what has happened by the day of the export cannot.
    """

    share: float
    ahead: bool

    def words(self) -> str:
        """The measurement as a sentence."""
        late = f"{self.share:.0%} of its dates are later than the lead's creation"
        return f"{late}, as far ahead for the newest leads as for all" if self.ahead else late


@dataclass(frozen=True)
class LeakInput:
    """The columns of leads as they are judged, each (n_rows,), and what is known of all rows.

    `columns` hold dates as days after creation where `dated`; `names` are plain names; `y` is 1 won, 0 not,
    NaN unknown; `order` sorts in time (µs of creation where `dated`); `closed` tells cases that are over;
    `end_days` the days from creation to the outcome, where known. `current` are columns that a preset knows
    to be overwritten, `creation` those known with the lead; of `private` ones no value is said. Outcomes
    are looked at only in the rows of `side`; None is the oldest three quarters.
    """

    columns: Mapping[str, Column]
    names: Mapping[str, str]
    y: Floats
    order: NDArray[np.generic]
    dated: bool = True
    closed: NDArray[np.bool_] | None = None
    end_days: Floats | None = None
    dates: frozenset[str] = frozenset()
    current: frozenset[str] = frozenset()
    creation: frozenset[str] = frozenset()
    private: frozenset[str] = frozenset()
    side: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class ColumnEvidence:
    """Everything that was measured of a column; None where it was not, or where nothing was found."""

    name: str
    fill: float
    hint: Hint | None = None
    signal: Signal | None = None
    implied: Implication | None = None
    late: Lateness | None = None
    not_yet: str | None = None
    lower: str | None = None
    follows_end: float | None = None
    private: bool = False
    filled: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, dtype=np.bool_), repr=False)

    @property
    def tells(self) -> bool:
        """Whether the column says anything of the outcome, by its values or by being filled."""
        if self.signal is None:
            return False
        return max(self.signal.auc, self.signal.fill_auc) - 1.65 * self.signal.error > 0.5

    def sentences(self) -> tuple[str, ...]:
        """The evidence in words, for `leadscore init --explain`."""
        return tuple(self._said())

    def _said(self) -> Iterator[str]:
        if self.hint is not None:
            yield f"its name reads as {self.hint.what}"
        yield f"filled for {self.fill:.0%} of all leads"
        if self.signal is not None:
            found = self.signal
            yield f"alone it orders the outcome with an AUC of {found.auc:.2f} ± {1.65 * found.error:.2f}"
            if found.fill < 1:
                yield f"whether it is filled orders the outcome with an AUC of {found.fill_auc:.2f}"
                rate, base = found.filled_rate, found.base_rate
                yield f"where it is filled {rate:.0%} are won, of all leads {base:.0%}"
        if self.implied is not None:
            yield self.implied.words(private=self.private)
        if self.late is not None:
            yield self.late.words()
        if self.not_yet is not None:
            yield self.not_yet
        if self.lower is not None:
            yield self.lower
        if self.follows_end is not None:
            yield f"it follows the days until the outcome (rank correlation {self.follows_end:.2f})"


def gather(given: LeakInput, name: str, side: NDArray[np.bool_], enough: bool) -> ColumnEvidence:
    """What is measured of one column; `side` (n_rows,) are the rows whose outcome may be looked at.

    `enough` tells whether there are enough outcomes of both kinds.
    """
    column = given.columns[name]
    filled = is_filled(column)
    known = side & ~np.isnan(given.y)
    late = None
    if given.dated and name in given.dates:
        late = lateness(column.astype(np.float64), given.order)
    numeric = column.dtype == np.float64 and name not in given.dates
    return ColumnEvidence(
        name=name,
        fill=float(filled.mean()) if len(filled) else 0.0,
        hint=hint_of(given.names.get(name, "")) or _hint_of_levels(column, filled),
        signal=measure(column[known], given.y[known], periods(given.order[known])) if enough else None,
        implied=implication(column[known], given.y[known]) if enough else None,
        late=late,
        not_yet=not_yet(filled, given.order) if given.dated else None,
        lower=lower_yet(column.astype(np.float64), given.order) if given.dated and numeric else None,
        follows_end=_follows(column, given.end_days, side) if numeric else None,
        private=name in given.private,
        filled=filled,
    )


def _hint_of_levels(column: Column, filled: NDArray[np.bool_]) -> Hint | None:
    """What the levels of a category say, where they are few."""
    if column.dtype == np.float64:
        return None
    levels: set[str] = set()
    for cell in column[filled]:
        levels.add(str(cell).strip().lower())
        if len(levels) > _FEW_LEVELS:  # free text and ids have as many levels as rows
            return None
    return hint_of_values(levels)


def lateness(days: Floats, order: NDArray[np.generic]) -> Lateness | None:
    """Whether a date, as `days` (n_rows,) after creation, is later than the lead; None where it is not."""
    filled = np.isfinite(days)
    share = float((days[filled] > 1).mean()) if filled.any() else 0.0
    if share <= _LATE:
        return None
    rank = np.argsort(np.argsort(order, kind="stable"), kind="stable")
    newest = rank >= 0.9 * len(days)
    if filled.mean() < _FULL or newest.sum() < _ENOUGH:
        return Lateness(share, ahead=False)
    apart = ks_2samp(days[filled & newest], days[filled & ~newest]).pvalue
    return Lateness(share, ahead=bool(apart > _SAME_GAPS))


def _follows(column: Column, end_days: Floats | None, side: NDArray[np.bool_]) -> float | None:
    """The rank correlation with the days to the outcome, where it is so high that it must be these."""
    if end_days is None:
        return None
    values = column.astype(np.float64)
    both = side & np.isfinite(values) & np.isfinite(end_days)
    if both.sum() < _ENOUGH or len(np.unique(values[both])) < 5 or len(np.unique(end_days[both])) < 5:
        return None
    found = float(spearmanr(values[both], end_days[both]).statistic)
    return found if found >= _FOLLOWS else None
