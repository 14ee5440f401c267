"""What is odd in a history that no figure of a comparison says: in sentences, without a lead's values."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.clock import DAY_US
from training.figures.rates import Rate, rate_of
from training.history import History, SplitRows

_MONTH_US = 30 * DAY_US
_TIMES = 2.0
_FEWEST = 30
_SHARE = 0.8


def oddities(history: History, split: SplitRows) -> list[str]:
    """A base rate that moved at the end, one group with all conversions, more features than conversions."""
    return [*_moved(history), *_one_group(history, split), *_wide(history, split)]


def _moved(history: History) -> Iterator[str]:
    """Whether the newest leads convert twice, or half, as often as those before, beyond chance.

    Those of 30 days, or the last tenth where time is only an order.
    """
    labelled = history.labelled
    if not labelled.timed or not len(labelled.frame):
        return
    as_of = labelled.frame["as_of_us"].to_numpy(np.int64)
    start = as_of.max() - _MONTH_US if labelled.dated else int(np.quantile(as_of, 0.9))
    parts = (np.flatnonzero(as_of > start), np.flatnonzero(as_of <= start))
    new, old = (rate_of(labelled.y(rows), labelled.clusters(rows)) for rows in parts)
    if min(new.n, old.n) < _FEWEST or not _apart(new, old):
        return
    which = "newest 30 days" if labelled.dated else "newest tenth"
    side = "low" if new.rate > old.rate else "high"
    yield (
        f"of the leads of the {which} {new.rate:.1%} converted, of those before {old.rate:.1%}: "
        f"probabilities learned from all of them are too {side} where that lasts; train again as "
        "soon as more has matured"
    )


def _apart(new: Rate, old: Rate) -> bool:
    """Whether the intervals do not meet, and the rates are apart by a factor."""
    low, high = sorted((new, old), key=lambda rate: rate.rate)
    return low.high < high.low and high.rate >= _TIMES * max(low.rate, 1e-9)


def _one_group(history: History, split: SplitRows) -> Iterator[str]:
    """Fields of which one value has all conversions, though few or many other leads have it too."""
    labelled = history.labelled
    y = labelled.y(split.fit)
    if y.sum() < _FEWEST:
        return
    for feature in history.features:
        column = labelled.columns[feature.name][split.fit]
        if column.dtype != object:
            continue
        values = set(column[y == 1].tolist())
        share = float(np.mean(column == next(iter(values)))) if len(values) == 1 else 1.0
        if share < _SHARE:
            yield (
                f"all {int(y.sum()):,} conversions have one value of '{feature.name}', which {share:.0%} of "
                "the leads have: of the others only that none converted can be learned. Score them apart "
                "([segments] field), or leave the field out if the outcome fills it"
            )


def _wide(history: History, split: SplitRows) -> Iterator[str]:
    """Whether there are more features than conversions to tell them apart."""
    won, features = history.labelled.won_leads(split.fit), len(history.features)
    if features > won:
        yield (
            f"{features} features and {won} converted leads to learn from: so few cannot tell so many apart. "
            "Leave out what cannot have to do with buying ([lead.fields] … use = false), or wait for more"
        )
