"""The chain of activity that a company's leads follow, fitted on what was seen before anything is judged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from features.catalogue import Activity, ActivityChain, kinds_off, of_activity
from features.clock import days_us
from features.columns import Floats
from features.errors import LeadscoreError
from features.recipe import Recipe
from features.tables import Tables
from training.history.chain import HiddenChain, SeenLives, Whole, fit_chain
from training.history.split import forward_folds, forward_split

FEWEST_WON = 500
"""Converted leads to fit on from which a chain is tried: with fewer no fold can tell what it brings."""
MOST_LEADS = 4_000
"""Leads that the chain is fitted on, drawn by lot: three rates a kind need no more, and it takes seconds."""
LONGEST = 1_024
"""Steps of a lead that are looked at, from its creation: sixteen times what is read of the chain, and at a
horizon of 90 days most of three years. So time and memory have a bound, whatever the horizon and however old
a lead is. What comes later is left out of the fit, as if the history ended there: that biases no rate."""
_STEPS = 90
"""Steps of the chain in a horizon."""
_SPANS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
"""The ages, in steps, at which spans begin. On simulated companies what is believed correlates to 0.999 with
what is believed step by step."""
_STEEPEST = 8.0
"""The largest weight of an event, in log-odds."""


def fit_activity(recipe: Recipe, tables: Tables, frame: pd.DataFrame) -> tuple[Activity, ...]:
    """What may be read of the chain of the leads' activity; none where it is not tried. Kinds of events that
    the recipe leaves out are no part of it.

    It is fitted on what was available before the first moment that any fold is judged on, so that it knows
    nothing of what it is read for.
    """
    if tables.events is None or tables.outcomes is None or not (recipe.timed and recipe.features.activity):
        return ()
    tables = replace(tables, events=tables.events.filter(tables.events.kind.notin(kinds_off(recipe))))
    try:
        split = forward_split(recipe, frame)
    except LeadscoreError:  # told where the split is needed
        return ()
    folds = forward_folds(frame, split.fit, recipe.train.folds)
    won = frame["lead_id"].to_numpy()[split.fit][frame["label"].to_numpy()[split.fit] == 1]
    if not folds or len(np.unique(won.astype(str))) < FEWEST_WON:
        return ()
    until = int(frame["as_of_us"].to_numpy(np.int64)[folds[0][1]].min())
    step, first = recipe.recipe.horizon_days / _STEPS, float(recipe.snapshots.at_days[0])
    lives, kinds = _lives(tables, until, days_us(step), days_us(first), recipe.train.seed)
    if not len(lives.steps) or not kinds:  # nothing to tell states by
        return ()
    chain = fit_chain(lives, 3)
    return of_activity(_as_read(chain, kinds, step, first)) if chain.finite else ()


def _lives(
    tables: Tables, until_us: int, step_us: int, first_us: int, seed: int
) -> tuple[SeenLives, tuple[str, ...]]:
    """What was available of some leads at a moment, and the kinds of events; a life is over when the lead is
    closed, and after `LONGEST` steps."""
    leads = tables.leads.select("row", "created_us").to_pyarrow().to_pandas().dropna()
    leads = leads[leads["created_us"] + first_us < until_us].sort_values("row")
    leads = leads.iloc[np.sort(np.random.default_rng(seed).permutation(len(leads))[:MOST_LEADS])]
    begin_us = leads["created_us"].to_numpy(np.int64) + first_us
    events, closed = _seen(tables, leads["row"], until_us)
    end_us = np.minimum(until_us, begin_us + LONGEST * step_us)
    closed = closed[closed["occurred_us"].to_numpy() <= end_us[closed["lead"]]]
    end_us[closed["lead"]] = closed["occurred_us"]
    events = events[events["occurred_us"].to_numpy() <= end_us[events["lead"]]]
    kind, kinds = pd.factorize(events["kind"], sort=True)

    def step_of(lead: Whole, moment_us: Whole) -> Whole:
        return np.asarray(np.maximum(-((begin_us[lead] - moment_us) // step_us), 0), dtype=np.int64)

    whose, over = events["lead"].to_numpy(np.int64), closed["lead"].to_numpy(np.int64)
    steps = step_of(np.arange(len(leads)), end_us)
    last = np.where(closed["closing"] == "won", len(kinds), len(kinds) + 1)
    lives = SeenLives(
        steps,
        np.r_[whose, over],
        np.r_[step_of(whose, events["occurred_us"].to_numpy(np.int64)), steps[over]],
        np.r_[kind, last].astype(np.int64),
        len(kinds) + 2,
    )
    return lives, tuple(map(str, kinds))


def _seen(tables: Tables, rows: pd.Series[int], until_us: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Events [lead, occurred_us, kind] and first closings [lead, occurred_us, closing] of the leads in `rows`
    that were available; `lead` is the place in `rows`."""
    assert tables.events is not None
    assert tables.outcomes is not None
    wanted, place = rows.tolist(), pd.Series(np.arange(len(rows)), index=rows)
    outcomes, events = tables.outcomes, tables.events
    closings = outcomes.filter(
        outcomes.row.isin(wanted) & outcomes.closing.notnull() & (outcomes.occurred_us <= until_us)
    )
    closed = closings.select("row", "occurred_us", "closing").to_pyarrow().to_pandas()
    closed = closed.sort_values(["occurred_us", "closing"]).drop_duplicates("row")
    known = events.filter(events.row.isin(wanted) & (events.available_us <= until_us))
    found = (
        known.select("row", "occurred_us", "kind")
        .order_by("row", "occurred_us", "kind")
        .to_pyarrow()
        .to_pandas()
    )
    return found.assign(lead=place[found["row"]].to_numpy()), closed.assign(
        lead=place[closed["row"]].to_numpy()
    )


def _as_read(chain: HiddenChain, kinds: tuple[str, ...], step: float, first: float) -> ActivityChain:
    """The chain as leads are read by it: its states in the order of winning, its steps in spans of days."""
    won = chain.within(_STEPS)
    order = np.argsort(won, kind="stable")
    move = chain.move[np.ix_(order, order)]
    spans = np.diff(_SPANS).tolist()
    moves = [np.linalg.matrix_power(move, length) for length in spans]

    def three(numbers: Floats) -> tuple[float, float, float]:
        one, two, last = (float(f"{number:.9g}") for number in numbers)
        return one, two, last

    def weights(rates: Floats) -> tuple[tuple[str, int, int], ...]:
        logs = np.log(rates[:, order])
        over = np.clip(logs[:, 1:] - logs[:, :1], -_STEEPEST, _STEEPEST)
        whole = np.round(over * 1e9).astype(np.int64).tolist()
        return tuple((kind, two, last) for kind, (two, last) in zip(kinds, whole, strict=False))

    return ActivityChain(
        first_days=first,
        days=tuple(float(at * step) for at in _SPANS),
        moves=tuple((three(one[0]), three(one[1]), three(one[2])) for one in moves),
        begin=three(chain.begin[order]),
        settled=three(chain.settled(2 * _SPANS[-1])[order]),
        rates=three(chain.rate.sum(axis=0)[order] / step),
        weights=weights(chain.rate),
        entry=weights(chain.entry),
        won=three(won[order]),
    )
