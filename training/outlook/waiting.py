"""Fits when leads convert, given that they do: also on snapshots too young for the question itself.

A snapshot tells of P(T ≤ h | T ≤ k) from the day on that it is k days old in the history, whether or not it
has matured for a longer horizon. Which snapshots are that old depends on their moment alone and never on what
became of them; among them all that converted by k are taken. So nothing is left out by its outcome, and the
share of each step is unbiased wherever the delay does not change with the calendar, which any fit on the past
supposes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from features.clock import DAY_US, days_us
from features.columns import Columns
from serving.outlook import Sooner, When
from training.choosing import choose_settings
from training.fitting import Settings, fit_model
from training.history import Excerpt, History, Labelled, Rows

FEWEST = 40
"""Leads that converted sooner, and later: from fewer only the share is learned, no difference of leads."""


def choose_when(history: History, rows: Rows) -> tuple[Settings | None, ...]:
    """How each step is fitted, by inner folds of what was known with `rows`; None: by the share alone."""
    return tuple(
        choose_settings(history.recipe, step) if _enough(step) else None for step in steps(history, rows)
    )


def fit_when(history: History, rows: Rows, chosen: Sequence[Settings | None]) -> When | None:
    """The model of when, fitted on what was known with `rows`; None where of a step no lead is known."""
    horizons, found, splits = history.recipe.recipe.horizons, steps(history, rows), []
    if not all(len(step.y) for step in found):
        return None
    ends = list(zip((0.0, *horizons), horizons, strict=False))
    means = [_mean_days(found[0], 1, ends[0])]  # who came later than one horizon came before the next
    means += [_mean_days(step, 0, interval) for step, interval in zip(found, ends[1:], strict=True)]
    for days, mean, step, settings in zip(horizons, means, found, chosen, strict=False):
        share = float((step.y.sum() + 0.5) / (len(step.y) + 1))
        model = None if settings is None else fit_model(step, history.recipe.train, settings)
        splits.append(Sooner(days, share, mean, model))
    return When(tuple(splits), horizons[-1], means[-1])


def steps(history: History, rows: Rows) -> list[Excerpt]:
    """For each horizon but the longest the snapshots that converted by the next one, as far as that was known
    when the newest label of `rows` was; labelled by whether they converted by the horizon itself.

    Left out are leads that were looked at later: they may be judged on.
    """
    frame = history.labelled.frame
    until = int(frame["label_known_us"].to_numpy(np.int64)[rows].max())
    later = frame["lead_id"][frame["as_of_us"].to_numpy(np.int64) > until]
    pool = _converted(history, set(later))
    wait = (pool.frame["won_us"] - pool.frame["as_of_us"]).to_numpy(np.float64)
    horizons, found = history.recipe.recipe.horizons, []
    for sooner, longer in pairwise(horizons):
        known = pool.frame["as_of_us"].to_numpy(np.int64) + days_us(longer)
        part = np.flatnonzero((wait <= days_us(longer)) & (known <= until))
        label = (wait[part] <= days_us(sooner)).astype(np.float64)
        cut = pool.frame.iloc[part].reset_index(drop=True).assign(label=label, label_known_us=known[part])
        labelled = Labelled(cut, pool.columns.take(part), pool.dated)
        found.append(Excerpt(labelled, history.features, np.arange(len(part))))
    return found


def _converted(history: History, without: set[str]) -> Labelled:
    """All snapshots of leads not in `without` that converted within the longest horizon, or are too young to
    have but did within a shorter one; in the order of time."""
    parts = [history.labelled] + ([history.younger] if history.younger is not None else [])
    kept = [np.flatnonzero((one.frame["label"] != 0) & ~one.frame["lead_id"].isin(without)) for one in parts]
    frame = pd.concat([one.frame.iloc[rows] for one, rows in zip(parts, kept, strict=True)])
    order = np.argsort(frame["order"].to_numpy(np.int64), kind="stable")
    columns = {
        name: np.concatenate([one.columns[name][rows] for one, rows in zip(parts, kept, strict=True)])[order]
        for name in history.labelled.columns
    }
    return Labelled(frame.iloc[order].reset_index(drop=True), Columns(columns, len(order)))


def _enough(step: Excerpt) -> bool:
    won = step.labelled.won_leads(step.rows)
    lost = step.labelled.n_leads(step.rows[step.y == 0])
    return min(won, lost) >= FEWEST


def _mean_days(step: Excerpt, label: int, interval: tuple[float, float]) -> float:
    """How long those took on average whose label this is; the middle of the interval where there is none."""
    frame = step.labelled.frame
    wait = (frame["won_us"] - frame["as_of_us"]).to_numpy(np.float64)[step.y == label] / DAY_US
    return float(wait.mean() if len(wait) else np.mean(interval))
