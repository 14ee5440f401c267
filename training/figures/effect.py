"""What scoring brings per call, from a few leads worked whatever their score: values of orders of calls.

Leads that were drawn are a random sample of all, all of them worked. So the rest of them, those that scoring
would not have called, tells how such leads fare when they are called, and only they can. Every order of calls
is then a mixture of the same strata with other weights (post-stratified off-policy evaluation).

Intervals are those of a Bayesian bootstrap (Rubin 1981): what is drawn together gets a random weight, and a
third of a win and of a loss stand beside the leads that tell on each side of the calls' reach (Kerman's
neutral prior, 2011). A resample of a single win knows nothing of how many there could have been. What the
rules choose of a tenth is taken to be like all of it, by the weight of one lead that tells (partial pooling).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.columns import Floats
from training.figures.bootstrap import Interval
from training.figures.worked import NEUTRAL, Strata, WorkedLeads, best_of

_DRAWS = 1000
_POWER = 1.96 + 0.84
"""Normal quantiles of 95 % two-sided and of a chance of 80 % to see it."""


@dataclass(frozen=True)
class OrderGap:
    """Conversions per call of scoring less those of another order, with its 95 % interval."""

    against: str
    value: float
    gap: float
    interval: Interval
    spread: float

    def weeks(self, so_far: float) -> float:
        """Weeks from the start until a gap like this one would be seen in four of five cases; ∞ for none."""
        return so_far * (_POWER * self.spread / abs(self.gap)) ** 2 if self.gap else float("inf")


@dataclass(frozen=True)
class Bent:
    """What being called does to outcomes below the calls' reach, where nobody but drawn leads is called.

    `gap` is the share won of drawn leads less that of uncalled ones, with its 95 % interval: by so much a
    model that learned from uncalled leads is too low about what a call would bring there.
    """

    drawn_won: float
    uncalled_won: float
    gap: float
    interval: Interval


@dataclass(frozen=True)
class ScoringEffect:
    """`value`: conversions per call when the best by score are called, with its interval; `gaps` against
    first come first served and against the rules. `called` is the share of leads that calls suffice for;
    `unworked` counts drawn leads that nobody called, `low_won` those below the calls' reach that were won."""

    leads: int
    drawn: int
    unworked: int
    called: float
    bent: Bent | None
    value: float
    interval: Interval
    gaps: tuple[OrderGap, ...]
    low_won: int


FIRST, RULES = "first come first served", "the rules"


def effect_of(leads: WorkedLeads, seed: int = 0) -> ScoringEffect | None:
    """The effect of scoring on conversions per call; None where no lead was drawn below the calls' reach.

    Calls suffice for as large a share of the leads as was worked. In each tenth by score the worked leads
    stand for all of it: above the reach of the calls nearly all were worked, below it those that were drawn
    (weighted apart for each share, where it was changed). Whoever was drawn counts as called, called or not
    (intention to treat).
    """
    free = ~leads.drawn
    if not leads.drawn.any() or not free.any():
        return None
    parts = Strata.of(leads)
    values = parts.values()
    if np.isnan(values[:2]).any():
        return None
    rng = np.random.default_rng(seed)
    draws = np.array([parts.draw(rng) for _ in range(_DRAWS)])
    named = [(at, name) for at, name in ((1, FIRST), (2, RULES)) if not np.isnan(values[at])]
    gaps = [_gap(name, values[[0, at]], draws[:, [0, at]]) for at, name in named]
    missed = int((leads.drawn & ~leads.worked).sum())
    bent = _bent(leads, rng)
    low = leads.drawn & ~best_of(leads.score, float(leads.worked.mean()))
    return ScoringEffect(
        len(leads.won), int(leads.drawn.sum()), missed, float(leads.worked.mean()), bent, float(values[0]),
        Interval.of(draws[:, 0]), tuple(gaps), int(leads.won[low].sum()),
    )  # fmt: skip


def _gap(name: str, values: Floats, draws: Floats) -> OrderGap:
    """Of the values (2,) and draws (n_draws, 2) of scoring and of another order."""
    apart = draws[:, 0] - draws[:, 1]
    gap = float(values[0] - values[1])
    return OrderGap(name, float(values[1]), gap, Interval.of(apart), float(np.nanstd(apart)))


def _bent(leads: WorkedLeads, rng: np.random.Generator) -> Bent | None:
    """Among leads below the reach of the calls; None where drawn or uncalled ones are absent."""
    low = ~best_of(leads.score, float(leads.worked.mean()))
    drawn, uncalled = leads.won[low & leads.drawn], leads.won[low & ~leads.drawn & ~leads.worked]
    if not len(drawn) or not len(uncalled):
        return None
    one, other = float(drawn.mean()), float(uncalled.mean())
    cluster = pd.factorize(pd.Series(leads.cluster).astype(str))[0]
    n = int(cluster.max()) + 1
    sums = np.array(
        [
            np.bincount(cluster, weights, n)
            for rows in (low & leads.drawn, low & ~leads.drawn & ~leads.worked)
            for weights in (rows * leads.won, rows * 1.0)
        ]
    )
    won, lost = (rng.gamma(NEUTRAL, size=(_DRAWS, 2)) for _ in range(2))
    draws = rng.exponential(size=(_DRAWS, n)) @ sums.T
    rates = (draws[:, ::2] + won) / (draws[:, 1::2] + won + lost)
    apart = rates[:, 0] - rates[:, 1]
    return Bent(one, other, one - other, Interval.of(apart))
