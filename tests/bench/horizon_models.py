"""Three ways to answer "within 7, 30, 90 days", with one learner and one way to choose its rounds.

Rows are (snapshot, horizon): `labels[h]` says whether the snapshot converted within h, and `known[h]` whether
that could be known at the forecast origin. A probability matrix has one column a horizon, rising from left to
right: a lead that converts within 7 days has converted within 30.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from features.columns import Floats
from features.recipe.recipe import Training
from serving.scorers.tree_columns import TreeEncoder
from training.calibration.fit import fit_monotone
from training.fitting.boosting import GROWTH, Sample, fit_bag, fit_stopped

Rows = NDArray[np.intp]
HELD_BACK = 0.25
"""The newest share of a method's rows, on which its rounds are chosen."""


@dataclass(frozen=True)
class World:
    """Encoded snapshots `X` in the order of time, their outcomes by horizon (days, rising), the test rows.

    `known[h]` are the rows whose outcome within h was known before the first test moment; `lead` numbers the
    lead of each row.
    """

    X: Floats
    encoder: TreeEncoder
    as_of_us: NDArray[np.int64]
    lead: Rows
    horizons: tuple[float, ...]
    labels: Mapping[float, Floats]
    known: Mapping[float, Rows]
    test: Rows
    plan: Training

    def knew(self, rows: Rows, horizon: float, at_us: int) -> Rows:
        """Those of `rows` whose outcome within `horizon` was known at a moment."""
        return rows[self.as_of_us[rows] + int(horizon * 86_400_000_000) < at_us]

    def other_leads(self, rows: Rows, older: Rows) -> Rows:
        """Those of `rows` whose lead has no row among `older`."""
        return rows[~np.isin(self.lead[rows], self.lead[older])]


def separate(world: World) -> Floats:
    """A classifier a horizon, on the rows that have matured for it; then raised where they cross."""
    found = [_classifier(world, h)(world.X[world.test]) for h in world.horizons]
    return np.maximum.accumulate(np.stack(found, axis=1), axis=1)


def one_margin(world: World) -> Floats:
    """The classifier of the longest horizon, with a logistic map of its margin for each shorter one."""
    longest = world.horizons[-1]
    older, held = _parts(world, longest)
    rounds = _rounds(world, longest, older, held)
    half = _Fitted(fit_bag(_sample(world, longest, older), world.plan, rounds))
    whole = _classifier(world, longest)(world.X[world.test])
    columns = []
    for h in world.horizons[:-1]:
        newer = world.other_leads(np.setdiff1d(world.known[h], older), older)
        margin = _logit(half(world.X[newer]))
        columns.append(fit_monotone(margin, world.labels[h][newer]).of(_logit(whole)))
    return np.maximum.accumulate(np.stack([*columns, whole], axis=1), axis=1)


def latency(world: World) -> Floats:
    """The classifier of the longest horizon, times for each shorter one the chance to have converted by then,
    given that by the next: the product of steps that is served (see `serving.outlook`).

    A step is fitted on who converted by the next horizon, among all snapshots for which that is known.
    """
    columns = [_classifier(world, world.horizons[-1])(world.X[world.test])]
    for sooner, longer in zip(world.horizons[-2::-1], world.horizons[::-1], strict=False):
        rows = world.known[longer][world.labels[longer][world.known[longer]] == 1]
        converted = replace(world, known={**world.known, sooner: rows})
        columns.append(columns[-1] * _classifier(converted, sooner, longer)(world.X[world.test]))
    return np.stack(columns[::-1], axis=1)


def hazard(world: World) -> Floats:
    """Person-periods: the chance of converting in each interval by who has not before, in one classifier.

    A young snapshot takes part in the intervals that it has lived through, and in no later one.
    """
    rows, part, y = _periods(world, world.known)
    moments = world.as_of_us[rows]
    first = int(np.quantile(moments, 1 - HELD_BACK))
    ends = np.array([h * 86_400_000_000 for h in world.horizons])[part]
    old = np.flatnonzero(moments + ends < first)
    new = np.flatnonzero((moments >= first) & ~np.isin(world.lead[rows], world.lead[rows[old]]))
    names = (*world.encoder.booster_names, "interval")
    whole = np.column_stack([world.X[rows], part.astype(np.float64)])
    samples = [Sample(whole[at], y[at], names, world.encoder.categorical) for at in (old, new)]
    rounds = int(np.argmin(fit_stopped(samples[0], samples[1], world.plan)[1])) + 1
    boosters = fit_bag(Sample(whole, y, names, world.encoder.categorical), world.plan, round(rounds * GROWTH))
    survived = np.ones(len(world.test))
    columns = []
    for interval in range(len(world.horizons)):
        X = np.column_stack([world.X[world.test], np.full(len(world.test), float(interval))])
        chance = _sigmoid(np.mean([b.predict(X, raw_score=True, num_threads=1) for b in boosters], axis=0))
        survived = survived * (1 - chance)
        columns.append(1 - survived)
    return np.stack(columns, axis=1)


def _periods(world: World, known: Mapping[float, Rows]) -> tuple[Rows, Rows, Floats]:
    """(snapshot, interval, converted in it) of every interval that was entered and is known to its end."""
    rows, parts, ys = [], [], []
    before = np.zeros(len(world.X))
    for interval, h in enumerate(world.horizons):
        at = known[h][before[known[h]] == 0]
        rows.append(at)
        parts.append(np.full(len(at), interval))
        ys.append(world.labels[h][at])
        before = world.labels[h]
    return np.concatenate(rows), np.concatenate(parts), np.concatenate(ys)


class _Fitted:
    """A bag of boosters: rows to probabilities."""

    def __init__(self, boosters: Sequence[object]) -> None:
        self._boosters = boosters

    def __call__(self, X: Floats) -> Floats:
        margins = [b.predict(X, raw_score=True, num_threads=1) for b in self._boosters]  # type: ignore[attr-defined]
        return _sigmoid(np.mean(margins, axis=0))


def _classifier(world: World, horizon: float, wait: float | None = None) -> _Fitted:
    """Fitted on all rows known for `horizon`, with rounds chosen on the newest of them; they were known after
    `wait` days (None: the horizon)."""
    rows = world.known[horizon]
    older, held = _parts(world, horizon, wait)
    rounds = _rounds(world, horizon, older, held)
    return _Fitted(fit_bag(_sample(world, horizon, rows), world.plan, round(rounds * GROWTH)))


def _parts(world: World, horizon: float, wait: float | None = None) -> tuple[Rows, Rows]:
    """(rows known before the newest were seen, the newest rows) of those known for `horizon`."""
    rows = world.known[horizon]
    held = rows[int(len(rows) * (1 - HELD_BACK)) :]
    older = world.knew(rows, wait or horizon, int(world.as_of_us[held].min()))
    return older, world.other_leads(held, older)


def _rounds(world: World, horizon: float, older: Rows, held: Rows) -> int:
    curve = fit_stopped(_sample(world, horizon, older), _sample(world, horizon, held), world.plan)[1]
    return int(np.argmin(curve)) + 1


def _sample(world: World, horizon: float, rows: Rows) -> Sample:
    names = tuple(world.encoder.booster_names)
    return Sample(world.X[rows], world.labels[horizon][rows], names, world.encoder.categorical)


def _logit(p: Floats) -> Floats:
    return np.asarray(np.log(p) - np.log1p(-p))


def _sigmoid(margin: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-margin)))
