"""Which map from margins to probabilities: the plainest one that newer outcomes do not refute."""

from __future__ import annotations

from collections.abc import Mapping
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
"""Won rows, and rows not won, that each half must hold before a map other than the identity is thought of."""


@dataclass(frozen=True)
class MapTrial:
    """What a candidate gained on the newer half: log loss per row of `against` minus its own."""

    name: str
    against: str
    gain: float
    interval: Interval


@dataclass(frozen=True)
class Choice:
    """The chosen map, fitted on all rows, and the trials that led to it; none where outcomes are too few."""

    name: str
    calibration: MonotoneMap
    trials: tuple[MapTrial, ...] = field(default=())


def choose(
    margin: Floats,
    y: Floats,
    clusters: NDArray[np.object_],
    order: NDArray[np.int64],
    *,
    seed: int,
    candidates: Mapping[str, Calibrator] = CALIBRATORS,
) -> Choice:
    """The identity, unless another candidate is better out of time beyond the luck of the draw.

    `margin` holds out-of-fold log-odds, `order` sorts the rows in time; all have `n_rows` entries. Candidates
    are fitted on the older half and judged on those rows of the newer half whose cluster is not in the older
    one. They are tried in their order, simplest first: each must beat the best so far by a paired bootstrap
    interval over clusters that excludes 0. The winner is fitted again on all rows.
    """
    rows = np.lexsort((clusters.astype(str), order))
    older, newer = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    newer = newer[~np.isin(clusters[newer].astype(str), clusters[older].astype(str))]
    if not (_enough(y[older]) and _enough(y[newer])):
        return Choice("identity", MonotoneMap.identity())
    best, trials = "identity", []
    losses = {best: log_losses(y[newer], MonotoneMap.identity().of(margin[newer]))}
    for name, calibrate in candidates.items():
        if name == "identity":
            continue
        losses[name] = log_losses(y[newer], calibrate(margin[older], y[older]).of(margin[newer]))
        gain = losses[best] - losses[name]
        trial = MapTrial(name, best, float(gain.mean()), mean_interval(gain, clusters[newer], seed))
        trials.append(trial)
        best = name if trial.interval.low > 0 else best
    found = MonotoneMap.identity() if best == "identity" else candidates[best](margin[rows], y[rows])
    return Choice(best, found, tuple(trials))


def _enough(y: Floats) -> bool:
    return bool(min(y.sum(), (1 - y).sum()) >= MIN_WON)
