"""Names columns that know the outcome, by measuring them on the training side; no name is looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from features.columns import Column, Floats
from features.leaks.signal import Signal, is_filled, measure, periods

LeakKind = Literal[
    "outcome renamed",
    "too good alone",
    "filled by the outcome",
    "filled when closed",
    "written at the outcome",
    "calendar",
    "counter",
    "after creation",
    "makes the outcome certain",
    "written at the end",
    "grows with the process",
    "filled later",
    "filled with another",
]

# The bank's call duration has 0.88 on its training part and nothing else comes near; honest single columns
# of lead data stay below 0.8.
TOO_GOOD = 0.85
GAP = 0.15
STANDS_OUT_FROM = 0.75
MIN_POSITIVES = 20
TRAINING_SHARE = 0.75


@dataclass(frozen=True)
class Suspect:
    """A column that seems to know the outcome: what kind of leak, and the measurement in words."""

    column: str
    kind: LeakKind
    reason: str


def find_leaks(
    columns: Mapping[str, Column],
    y: Floats,
    order: NDArray[Any],
    *,
    closed: NDArray[np.bool_] | None = None,
    dated: bool = True,
    dates: frozenset[str] = frozenset(),
    training_share: float = TRAINING_SHARE,
) -> tuple[Suspect, ...]:
    """The suspects among `columns` (each n_rows,), most telling first.

    `y` (n_rows,) is 1 won, 0 not, NaN unknown; `order` (n_rows,) sorts rows in time; `closed` (n_rows,) tells
    leads whose case is over; `dated` whether `order` is time, not merely the order of rows; `dates` names the
    columns of µs. Only the oldest `training_share` of the rows is looked at, so that nothing about the test
    is used. With fewer than `MIN_POSITIVES` of either outcome there, only calendars and counters can be told.
    """
    side = oldest(order, training_share)
    columns = {name: column[side] for name, column in columns.items()}
    y, order = y[side], np.asarray(order)[side]
    counted = {name: column for name, column in columns.items() if name not in dates or _is_full(column)}
    suspects = {found.column: found for found in _sequences(counted, order, dated, dates)}
    known = ~np.isnan(y)
    if min(np.nansum(y), np.sum(known) - np.nansum(y)) >= MIN_POSITIVES:
        period = periods(order[known])
        signals = {
            name: measure(column[known], y[known], period)
            for name, column in columns.items()
            if name not in suspects
        }
        told = [_with_wins(found, columns[found.column], y) for found in _telling(signals)]
        suspects |= {found.column: found for found in told}
    if closed is not None:
        rest = {name: column for name, column in columns.items() if name not in suspects}
        suspects |= {found.column: found for found in _filled_late(rest, closed[side], order)}
    return tuple(suspects.values())


def oldest(order: NDArray[Any], share: float) -> NDArray[np.bool_]:
    """The rows (n_rows,) that are the oldest `share` of all."""
    rank = rankdata(order, method="ordinal")
    return np.asarray(rank <= np.ceil(share * len(order)), dtype=bool)


def _telling(signals: Mapping[str, Signal]) -> list[Suspect]:
    """Columns that alone say too much: absolutely, or far beyond the next column."""
    ranked = sorted(signals, key=lambda name: -_best(signals[name]))
    found = [name for name in ranked if _best(signals[name]) - signals[name].error >= TOO_GOOD - 0.02]
    found += [name for name in ranked if name not in found and _fill_decides(signals[name])]
    rest = [name for name in ranked if name not in found]
    stands_out = _above_gap({name: signals[name] for name in rest})
    following = next((name for name in rest if name not in stands_out), None)
    beside = f"; the next stable column has {_best(signals[following]):.2f}" if following else ""
    return [_suspect(name, signals[name], beside) for name in [*found, *stands_out]]


def _fill_decides(signal: Signal) -> bool:
    """Whether the filled cells, however few, are all those of won, or all of lost leads."""
    if signal.fill > 0.98 or not 0.005 < signal.base_rate < 0.8:
        return False
    always = signal.filled_rows >= MIN_POSITIVES and signal.filled_rate >= 0.95
    expected = signal.filled_rows * signal.base_rate
    return always or (expected >= MIN_POSITIVES and signal.filled_rate == 0)


def _best(signal: Signal) -> float:
    return max(signal.auc, signal.fill_auc)


def _above_gap(signals: Mapping[str, Signal]) -> list[str]:
    """Up to three columns that stand out from all others by `GAP`."""
    names = list(signals)
    for count in range(1, min(3, len(names) - 1) + 1):
        last, following = signals[names[count - 1]], signals[names[count]]
        if _best(last) - last.error < STANDS_OUT_FROM:
            return []
        if _best(last) - _best(following) >= GAP:
            return names[:count]
    return []


def _suspect(name: str, signal: Signal, beside: str) -> Suspect:
    """The kind of leak: through its values, or through whether there is one."""
    if _fill_decides(signal):
        reason = f"where it is filled {signal.filled_rate:.0%} are won, of all leads {signal.base_rate:.1%}"
        return Suspect(name, "filled by the outcome", reason)
    if signal.fill_auc >= signal.auc - 0.02:
        reason = f"whether it is filled orders the outcome with an AUC of {signal.fill_auc:.2f}{beside}"
        return Suspect(name, "filled by the outcome", reason)
    reason = f"alone it orders the outcome with an AUC of {signal.auc:.2f}{beside}"
    if signal.auc > 0.97 and signal.purity > 0.9:
        return Suspect(name, "outcome renamed", f"each of its values goes with one outcome; {reason}")
    return Suspect(name, "too good alone", reason)


def _with_wins(found: Suspect, column: Column, y: Floats) -> Suspect:
    """The suspect, and that all that was won has one of its values, where others have others."""
    won = set(column[y == 1].tolist()) if column.dtype == object else set()
    share = float(np.mean(column == next(iter(won)))) if len(won) == 1 else 1.0
    if found.kind != "too good alone" or share > 0.8:
        return found
    one = "all that were won have one of its values" if None not in won else "all that were won lack it"
    return replace(found, reason=f"{found.reason}; {one}, of all leads {share:.0%}")


def _filled_late(
    columns: Mapping[str, Column], closed: NDArray[np.bool_], order: NDArray[Any]
) -> list[Suspect]:
    """Columns that closed leads have and open leads of the same time do not."""
    period = periods(order)
    found = []
    for name, column in columns.items():
        filled = is_filled(column)
        here, open_ = _fill_by_state(filled, closed, period)
        if here >= 0.3 and open_ <= 0.05 * here:
            reason = f"filled for {here:.0%} of closed leads and {open_:.1%} of open leads of the same time"
            found.append(Suspect(name, "filled when closed", reason))
    return found


def _fill_by_state(
    filled: NDArray[np.bool_], closed: NDArray[np.bool_], period: NDArray[np.int64]
) -> tuple[float, float]:
    """Fill among closed and among open leads, averaged over periods by open leads; (0, 1) if too few."""
    here = there = weight = 0.0
    for block in np.unique(period):
        among_closed, among_open = (period == block) & closed, (period == block) & ~closed
        if among_closed.sum() >= 20 and among_open.sum() >= 20:
            rows = float(among_open.sum())
            here += rows * filled[among_closed].mean()
            there += rows * filled[among_open].mean()
            weight += rows
    return (here / weight, there / weight) if weight else (0.0, 1.0)


def _is_full(column: Column) -> bool:
    """Whether hardly a cell is empty; where a date is missing, that it is missing says more than when."""
    return bool(is_filled(column).mean() >= 0.98)


def _sequences(
    columns: Mapping[str, Column], order: NDArray[Any], dated: bool, dates: frozenset[str]
) -> list[Suspect]:
    """Numbers that follow the order of time, or count rows.

    A file may be sorted by an honest column: without dates, only a number that hardly repeats is a calendar.
    """
    found = []
    time = rankdata(order)
    for name, column in columns.items():
        filled = is_filled(column)
        if filled.sum() < 50:
            continue
        if column.dtype != np.float64:
            found.extend(_periods_in_words(name, column[filled], time[filled], dated))
            continue
        values = column[filled].astype(np.float64)
        distinct = len(np.unique(values))
        if distinct < (20 if dated else 0.5 * len(values)):
            continue
        along = _correlation(rankdata(values), rankdata(time[filled]))
        if abs(along) >= 0.98:
            reason = f"it moves with time (rank correlation {along:.2f}), so that it says when, not who"
            found.append(Suspect(name, "calendar", reason))
        elif name not in dates and _counts_rows(values, distinct):
            reason = "its whole numbers are all different, without gaps or of one length: it names rows"
            found.append(Suspect(name, "counter", reason))
    return found


def _periods_in_words(name: str, levels: Column, time: Floats, dated: bool) -> list[Suspect]:
    """A category whose levels are periods one after the other, such as "2025-03"."""
    kinds, codes, rows = np.unique(levels.astype(str), return_inverse=True, return_counts=True)
    if not dated or len(kinds) < 12 or rows.mean() < 2:
        return []
    means = np.bincount(codes, weights=time) / rows
    spread = float(np.var(time - means[codes]) / max(float(np.var(time)), 1e-300))
    # k periods of equal size leave 1/k² of the variance of time.
    if spread > 2.0 / len(kinds) ** 2:
        return []
    reason = f"its {len(kinds)} levels are periods one after the other, so that it says when, not who"
    return [Suspect(name, "calendar", reason)]


def _correlation(one: Floats, other: Floats) -> float:
    if one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _counts_rows(values: Floats, distinct: int) -> bool:
    """Whole numbers that are all different, and either dense or all as long as a record's number."""
    if distinct < len(values) or not np.all(values == np.floor(values)):
        return False
    smallest, largest = float(values.min()), float(values.max())
    of_one_length = len(values) >= 200 and smallest >= 1e5 and len(f"{smallest:.0f}") == len(f"{largest:.0f}")
    return largest - smallest < 2 * len(values) or of_one_length
