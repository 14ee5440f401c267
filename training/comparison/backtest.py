"""What a quarter would have been, had the weekly calls gone to the best leads of a scorecard.

Each week a team calls some of the leads that are open. Here every rule of choice takes as many of the same
leads as people did call in that week, and what became of them is counted. Whoever was called was also
helped by the call: what people did has that advantage over every other line, and nobody can take it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.clock import from_us
from features.columns import Floats
from features.progress import Step, tell
from features.readings import offline
from features.recipe import Recipe
from features.tables import Tables
from serving.rules import Rules
from training.comparison.quarter import Quarter, read_quarter
from training.figures import Interval
from training.fitting import LinearChoice, Settings, TreeChoice, fit_logistic_model
from training.history import Rows
from training.history.history import history_of

NEWEST, PEOPLE, MODEL = "newest first", "what people did", "model"
BACKTEST_COLUMNS = ("order of calls", "calls", "won", "share won", "against newest first")
_FEWEST_WON = 30
"""Converted leads before the quarter below which no model is fitted."""


@dataclass(frozen=True)
class Called:
    """What one order of calls would have brought: calls, those won within the horizon, shares with intervals.

    `minus` is the share less that of newest first, with its paired interval; None for newest first itself.
    """

    order: str
    calls: int
    won: int
    share: float
    interval: Interval
    minus: tuple[float, Interval] | None

    def row(self) -> tuple[object, ...]:
        """The cells of `BACKTEST_COLUMNS`."""
        said = f"{self.share:.1%} [{self.interval.low:.1%}, {self.interval.high:.1%}]"
        if self.minus is None:
            return self.order, self.calls, self.won, said, None
        gap, ends = self.minus
        return self.order, self.calls, self.won, said, f"{gap:+.1%} [{ends.low:+.1%}, {ends.high:+.1%}]"


@dataclass(frozen=True)
class Backtest:
    """`orders` on the same open leads in each of `weeks` weeks from `start_us` on; `notes`: what is missing.

    `open_weeks` counts (lead, week) pairs.
    """

    start_us: int
    weeks: int
    open_weeks: int
    orders: tuple[Called, ...]
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The same for `--json`."""
        rows = [
            {"order": one.order, "calls": one.calls, "won": one.won, "share": one.share,
             "interval": [one.interval.low, one.interval.high],
             "minus_newest": one.minus and [one.minus[0], one.minus[1].low, one.minus[1].high]}
            for one in self.orders
        ]  # fmt: skip
        return {"start": self.started.isoformat(), "weeks": self.weeks, "orders": rows, "notes": self.notes}

    @property
    def started(self) -> datetime:
        """The start of the first week."""
        return from_us(self.start_us)


def backtest(
    recipe: Recipe,
    tables: Tables,
    cards: Mapping[str, Rules],
    card_text: str,
    *,
    weeks: int = 13,
    draws: int = 1000,
    progress: Step | None = None,
) -> Backtest:
    """Each of `cards`, newest first, a model and what people did on the last `weeks` that have matured.

    The model is a logistic regression on the recipe's features, fitted on rows whose outcome was known
    before the first week. Intervals are 95 %, bootstrapped over accounts (leads where none is known), paired.

    Raises:
        LeadscoreError: the history is too short, has no dates, or nothing was won in it.
    """
    quarter, notes = read_quarter(recipe, tables, weeks)
    start = int(quarter.moments["as_of_us"].min())
    orders: dict[str, Floats] = {}
    for name, rules in cards.items():
        tell(progress, f"reading {name}")
        columns = offline(rules.features, recipe, tables, quarter.moments)
        orders[name] = rules.margin(columns)
    orders[NEWEST] = -quarter.age_us
    tell(progress, "fitting a model on the time before")
    model, why = _model(recipe, tables, card_text, quarter, start)
    if model is not None:
        orders[MODEL] = model
    chosen = {name: _best(quarter, margin) for name, margin in orders.items()}
    if quarter.called.any():
        chosen[PEOPLE] = quarter.called
    found = _figures(quarter, chosen, draws, recipe.train.seed)
    return Backtest(start, weeks, len(quarter.week), tuple(found), (*notes, *([why] if why else [])))


def _model(
    recipe: Recipe, tables: Tables, card_text: str, quarter: Quarter, start_us: int
) -> tuple[Floats | None, str]:
    """Margins of a model that knew nothing of the quarter, or None and why."""
    history = history_of(recipe, tables, card_text)
    known = history.labelled.frame["label_known_us"].to_numpy(np.float64) <= start_us
    rows: Rows = np.flatnonzero(known)
    if history.labelled.won_leads(rows) < _FEWEST_WON:
        return None, f"no model: fewer than {_FEWEST_WON} leads had been won before the first week"
    settings = Settings("linear", LinearChoice(1.0), TreeChoice(1), 1.0)
    model = fit_logistic_model(history.excerpt(rows), recipe.train, settings)
    return model.margin(offline(model.features, recipe, tables, quarter.moments)), ""


def _best(quarter: Quarter, margin: Floats) -> NDArray[np.bool_]:
    """The leads that an order calls: the highest margins of each week, as many as people called."""
    chosen = np.zeros(len(margin), dtype=np.bool_)
    for week, most in quarter.capacity.items():
        places = np.flatnonzero(quarter.week == week)
        # of equal points the newest first, as a list is worked
        order = np.lexsort((quarter.age_us[places], -margin[places]))
        chosen[places[order][:most]] = True
    return chosen


def _figures(
    quarter: Quarter, chosen: Mapping[str, NDArray[np.bool_]], draws: int, seed: int
) -> list[Called]:
    """Shares and their differences over draws of clusters; the same draws for all."""
    n = int(quarter.cluster.max()) + 1
    calls = np.stack([np.bincount(quarter.cluster, one, n) for one in chosen.values()], axis=1)
    wins = np.stack([np.bincount(quarter.cluster, one & quarter.won, n) for one in chosen.values()], axis=1)
    rng = np.random.default_rng(seed)
    counts = (np.bincount(rng.integers(0, n, n), minlength=n).astype(np.float64) for _ in range(draws))
    with np.errstate(invalid="ignore"):  # a draw without a call says nothing
        shares = np.stack([(drawn @ wins) / (drawn @ calls) for drawn in counts])
    newest = list(chosen).index(NEWEST)
    found = []
    for place, (name, one) in enumerate(chosen.items()):
        share = float((one & quarter.won).sum() / max(one.sum(), 1))
        base = float((chosen[NEWEST] & quarter.won).sum() / max(chosen[NEWEST].sum(), 1))
        gap = (share - base, Interval.of(shares[:, place] - shares[:, newest]))
        own = Interval.of(shares[:, place])
        won = int((one & quarter.won).sum())
        found.append(Called(name, int(one.sum()), won, share, own, None if name == NEWEST else gap))
    return found
