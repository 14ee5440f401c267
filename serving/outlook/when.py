"""When a lead converts, given that it does within the longest horizon.

Between horizons h1 < … < hK the chance to have converted by hk, given that by hk+1, is one classifier each:
the hazard of time read backwards, which is the way to learn from data that are cut on the right (Lagakos,
Barraj & De Gruttola 1988, Biometrika 75:515-523). Their product down from hK gives

    P(T ≤ hk | T ≤ hK) = g_k · g_k+1 · … · g_K-1,

which rises with k and is 1 at hK by construction. Times the probability that the ladder gives for hK it is
the lead's curve, which ends in that probability exactly: incidence and latency of a mixture cure model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.catalogue import Feature
from features.columns import Columns, Floats
from serving.scorer import score
from serving.scorers import Model


@dataclass(frozen=True)
class Sooner:
    """P(T ≤ `days`, given T ≤ the next longer horizon): by `model`, or the `share` of all without one.

    `mean_days` is how long those took on average who converted by `days`, but not by the horizon before.
    """

    days: float
    share: float
    mean_days: float
    model: Model | None = None

    def given(self, columns: Columns, known: NDArray[np.bool_]) -> Floats:
        """The chance of each lead, `(n_leads,)`; the share where a lead's events are not `known`."""
        found = np.full(len(known), self.share)
        if self.model is not None and known.any():
            found[known] = score(self.model, columns if known.all() else columns.take(np.flatnonzero(known)))
        return found


@dataclass(frozen=True)
class When:
    """`splits` by rising days; `longest` is the horizon of the question, `mean_days` as in a split."""

    splits: tuple[Sooner, ...]
    longest: float
    mean_days: float

    @property
    def horizons(self) -> tuple[float, ...]:
        """Days, rising; the last is the longest."""
        return (*(split.days for split in self.splits), self.longest)

    @property
    def features(self) -> Sequence[Feature]:
        """All that the splits read."""
        return [feature for split in self.splits if split.model for feature in split.model.features]

    def given(self, columns: Columns, known: NDArray[np.bool_]) -> Floats:
        """P(T ≤ h | T ≤ the longest), `(n_leads, n_horizons)`: rising, 1 in the last column.

        `known` says of which leads the events were given; the others get the shares of all.
        """
        steps = [split.given(columns, known) for split in self.splits]
        chain: Floats = np.stack([np.ones(len(known)), *reversed(steps)])
        return np.asarray(np.cumprod(chain, axis=0)[::-1].T, dtype=np.float64)

    def days(self, given: Floats) -> Floats:
        """The expected days until a lead converts, given that it does within the longest: `(n_leads,)`."""
        means = np.array([*(split.mean_days for split in self.splits), self.mean_days])
        return np.asarray(np.diff(given, axis=1, prepend=0.0) @ means, dtype=np.float64)
