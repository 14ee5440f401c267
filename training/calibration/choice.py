"""Which map from margins to probabilities: the plainest one that newer outcomes do not refute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from features.columns import Floats
from serving.calibration import MonotoneMap
from training.calibration.calibrators import CALIBRATORS, Calibrator
from training.calibration.fit import mean_interval
from training.figures import Interval
from training.figures.reliability import log_losses

MIN_WON = 25
"""Clusters with a won row, and with a row not won, on each side of a fold that counts."""
_PARTS = 4
"""Equal parts in the order of time: on each but the first, maps fitted on those before it are judged."""
_SURE = 2
"""Folds on which a gain must be sure. One alone may be a level that moved once and will move again.

Made margins (five parts to choose on, the next two to judge; log loss against the identity, mean and worst):

    rows, truth                       one newer half, as before      two folds of three
    1,500, slope 0.7                     -0.013, worst 0.000         -0.009, worst 0.000
    1,500, slope 0.7, level wanders      -0.015, worst +0.046        -0.013, worst +0.022
    6,000, slope 0.85                    -0.002, worst 0.000         -0.001, worst 0.000
    6,000, slope 0.7, level wanders      -0.022, worst +0.014        -0.020, worst +0.014
    calibrated, any number of rows        0.000                       0.000

With few rows it helps less often; where the level moves it harms less.
"""


@dataclass(frozen=True)
class FoldGain:
    """What a candidate gained on one fold: log loss per row of the best so far minus its own."""

    gain: float
    interval: Interval


@dataclass(frozen=True)
class MapTrial:
    """A candidate beside the best before it, `against`, on each fold, oldest first."""

    name: str
    against: str
    folds: tuple[FoldGain, ...]

    @property
    def wins(self) -> bool:
        """Surely better on more than one fold, and better on the newest."""
        sure = sum(fold.interval.low > 0 for fold in self.folds)
        return sure >= _SURE and self.folds[-1].gain > 0


@dataclass(frozen=True)
class Choice:
    """The chosen map, fitted on all rows, and the trials that led to it; none where outcomes are too few."""

    name: str
    calibration: MonotoneMap
    trials: tuple[MapTrial, ...] = field(default=())


@dataclass(frozen=True)
class _Fold:
    """Rows by number that maps are fitted on, and later ones of other clusters that judge them."""

    older: NDArray[np.intp]
    newer: NDArray[np.intp]


def choose(
    margin: Floats,
    y: Floats,
    clusters: NDArray[np.object_],
    order: NDArray[np.int64],
    *,
    seed: int,
    candidates: Mapping[str, Calibrator] = CALIBRATORS,
) -> Choice:
    """The identity, unless another candidate is better out of time, again and again.

    `margin` holds out-of-fold log-odds, `order` sorts the rows in time; all have `n_rows` entries. A
    candidate is fitted on the rows before a part of the history and judged on those rows of the part whose
    cluster is not before it. Candidates are tried in their order, simplest first; each must beat the best so
    far (see `MapTrial.wins`) by paired bootstrap intervals over clusters. The winner is fitted again on all.
    """
    rows = np.lexsort((clusters.astype(str), order))
    folds = list(_folds(rows, y, clusters))
    if len(folds) < _SURE:
        return Choice("identity", MonotoneMap.identity())
    best, trials = "identity", []
    losses = {best: [log_losses(y[f.newer], MonotoneMap.identity().of(margin[f.newer])) for f in folds]}
    for name, calibrate in candidates.items():
        if name == "identity":
            continue
        losses[name] = [
            log_losses(y[f.newer], calibrate(margin[f.older], y[f.older]).of(margin[f.newer])) for f in folds
        ]
        gains = [before - after for before, after in zip(losses[best], losses[name], strict=True)]
        found = [
            FoldGain(float(gain.mean()), mean_interval(gain, clusters[f.newer], seed))
            for f, gain in zip(folds, gains, strict=True)
        ]
        trials.append(MapTrial(name, best, tuple(found)))
        best = name if trials[-1].wins else best
    final = MonotoneMap.identity() if best == "identity" else candidates[best](margin[rows], y[rows])
    return Choice(best, final, tuple(trials))


def _folds(rows: NDArray[np.intp], y: Floats, clusters: NDArray[np.object_]) -> Iterator[_Fold]:
    """Oldest first, those with enough outcomes on both sides; `rows` are in the order of time."""
    names = clusters.astype(str)
    parts = np.array_split(rows, _PARTS)
    for number in range(1, _PARTS):
        older = np.concatenate(parts[:number])
        newer = parts[number][~np.isin(names[parts[number]], names[older])]
        if all(_enough(y[side], names[side]) for side in (older, newer)):
            yield _Fold(older, newer)


def _enough(y: Floats, names: NDArray[np.str_]) -> bool:
    return min(len(np.unique(names[y == won])) for won in (0, 1)) >= MIN_WON
