"""Kinds of model averaged rather than one chosen: weights of their margins, from the forward folds.

Margins of different kinds err differently, so their mean errs less than most of them; which one is best is
hardly ever sure on a few hundred conversions. Weights are at least 0 and sum to 1 (stacking: Wolpert 1992,
Breiman 1996), and are drawn towards expected ones: free weights follow the noise of the folds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from features.columns import Floats
from training.bayes import fit_bayes
from training.choosing.bench import Bench
from training.choosing.candidate import Candidate
from training.figures import effective_share
from training.figures.reliability import log_losses_of_margins
from training.fitting import BlendShare, TreeChoice
from training.fitting.boosting import side_by_side
from training.history import Rows

PULL = 5.0
"""Log loss, summed over independent rows, that `k − 1` times this much must be gained to leave equal weights
of k kinds for one kind alone.

23 made exports, log loss on the newest quarter against the kind that was best on the folds, in thousandths:

    pull                0      1      5     10     30   equal   chosen on later folds
    mean             −2.5   −2.9   −3.3   −3.2   −2.5   −1.4                     −3.1
    worst            +6.8   +3.2   +2.9   +3.2   +8.7  +13.3                     +3.2
    surely better       6      7      7      6      7      4                        7
    surely worse        1      1      1      1      2      3                        1
"""
FEW_WON = 200
"""Converted leads among the newer rows of the folds below which outcomes are too few to tell kinds apart: no
kind is taken alone.

Of 118 companies with 18 to 260 converted leads one kind was surely better on the folds in 10; on later leads
it then lost 10 thousandths of log loss to the mean on average, at worst 35, and gained at most 9.
"""
FEW_EXPECTED = {"linear": 0.5, "bayes": 0.25, "trees": 0.25}
"""The weights expected of few outcomes: of the line, which is then the likeliest one (see `few`), of rates,
and of all kinds with trees together, which are much alike.
"""
_GOING_NOWHERE = ("trees", "bayes")
"""Kinds without a line: beyond the values that they have seen they answer as at their ends."""
_LEAST = 0.05
"""A kind of less weight is left out: it would be fitted and asked for nothing."""


def combine(bench: Bench, pool: Sequence[Candidate]) -> Candidate:
    """The candidates of `pool` as one, averaged with weights from the newer rows of the folds."""
    y = np.concatenate([bench.excerpt.on(newer).y for _, newer in bench.folds])
    margins = np.column_stack([np.concatenate(one.newer) for one in pool])
    weights = _kept(_fitted(margins, y, _importance(bench), expected_weights(pool, bench.many)))
    chosen = [(one, weight) for one, weight in zip(pool, weights, strict=True) if weight > 0]
    newer = [
        np.asarray(sum(weight * one.newer[fold] for one, weight in chosen))
        for fold in range(len(bench.folds))
    ]
    shares = tuple(BlendShare(one.kind, weight, one.linear, _trees(bench, one)) for one, weight in chosen)
    first = max(chosen, key=lambda pair: pair[1])[0]
    return replace(first, kind="blend", loss=bench.loss(newer), newer=newer, shares=shares)


def combine_going_on(bench: Bench, pool: Sequence[Candidate]) -> Candidate:
    """As `combine`; where a number is a calendar, trees and rates without a line are members only if the mean
    surely gains by them on the newest fold.

    They go on nowhere, and drag the level to where it was: the older folds, in which it stayed, do not tell
    (docs/results.md, bank marketing). Where no line goes on beyond its range either, all kinds stay.
    """
    together = combine(bench, pool)
    if not bench.goes_on:
        return together
    going = combine(bench, [one for one in pool if one.kind not in _GOING_NOWHERE])
    return together if bench.gain(going, together, first=len(bench.folds) - 1).low > 0 else going


def _trees(bench: Bench, one: Candidate) -> TreeChoice:
    return TreeChoice(one.rounds, one.booster, bench.calendars, one.pairs)


def rates(bench: Bench) -> Candidate:
    """The shrunken rates of each fold's older rows: a member that no other kind resembles."""

    def rated(fold: tuple[Rows, Rows]) -> Floats:
        older, newer = map(bench.excerpt.on, fold)
        read = (older.features, older.columns, older.y, older.repeating, older.order)
        return fit_bayes(*read, version="").margin(newer.columns)

    newer = side_by_side(rated, bench.folds)
    return Candidate("bayes", bench.loss(newer), newer, bench.linears[-1].candidate.linear)


def _importance(bench: Bench) -> Floats:
    """How many independent rows each newer row stands for: folds by their weights, leads by their looks."""
    newer = bench.excerpt.on(bench.newer)
    group = np.unique(newer.clusters.astype(str), return_inverse=True)[1]
    rows = effective_share(newer.y, group) * len(bench.newer)
    parts = zip(bench.weights, bench.folds, strict=True)
    return np.concatenate([np.full(len(fold[1]), rows * weight / len(fold[1])) for weight, fold in parts])


def expected_weights(pool: Sequence[Candidate], many: float) -> Floats:
    """The weights before any outcome was seen, shape `(n_kinds,)`; `many` as of a bench."""
    alike = np.full(len(pool), 1 / len(pool))
    parts = [one.kind if one.kind in FEW_EXPECTED else "trees" for one in pool]
    few = np.array([FEW_EXPECTED[part] / parts.count(part) for part in parts])
    return np.asarray((1 - many) * few / few.sum() + many * alike, dtype=np.float64)


def _fitted(margins: Floats, y: Floats, importance: Floats, expected: Floats) -> Floats:
    """The weights, shape `(n_kinds,)`, of least loss and pull towards the `expected` ones."""
    kinds = margins.shape[1]

    def cost(weights: Floats) -> tuple[float, Floats]:
        margin, off = margins @ weights, weights - expected
        loss = float(importance @ log_losses_of_margins(y, margin)) + PULL * kinds * float(off @ off)
        slope = margins.T @ (importance * (expit(margin) - y)) + 2 * PULL * kinds * off
        return loss, np.asarray(slope, dtype=np.float64)

    simplex: dict[str, Any] = {
        "bounds": [(0.0, 1.0)] * kinds,
        "constraints": {"type": "eq", "fun": lambda w: w.sum() - 1, "jac": np.ones_like},
    }
    found = minimize(cost, expected, jac=True, method="SLSQP", **simplex)
    return np.asarray(found.x, dtype=np.float64)


def _kept(weights: Floats) -> list[float]:
    """Rounded below what any decision sees, so that processors agree; summing to 1 again."""
    rounded = np.round(np.where(weights < _LEAST, 0.0, weights), 2)
    return list(np.round(rounded / rounded.sum(), 6).tolist())
