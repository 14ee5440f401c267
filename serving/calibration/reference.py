"""What 'high' means: the probabilities of the leads that were open when the history ended.

Fixed with the artefact, so that a lead's score never moves because other leads arrived.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from features.columns import Floats, held
from serving.score import Maturity

_POINTS = 999
"""Quantiles kept: ten for each of the 99 scores, so that a score is not a matter of rounding."""


class Reference(BaseModel):
    """Sorted `probabilities` of a rung on the reference leads, and the cut-offs of its bands.

    A lead is hot from probability `hot` on, warm from `warm` on, else cold.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    probabilities: tuple[float, ...] = Field(min_length=1)
    hot: float = Field(ge=0, le=1)
    warm: float = Field(ge=0, le=1)

    @classmethod
    def of(cls, probabilities: Floats, hot_share: float = 0.1, warm_share: float = 0.3) -> Reference:
        """The reference of a rung from its `probabilities` on the open leads, at least one.

        The best `hot_share` of them are hot, the next up to `warm_share` warm. Of leads that tie across a
        cut all or none are, by their middle rank: where everybody is alike, nobody is hot.
        """
        levels = (np.arange(_POINTS) + 0.5) / _POINTS
        ordered = np.sort(np.asarray(probabilities, dtype=np.float64))
        kept = ordered if len(ordered) <= _POINTS else np.quantile(ordered, levels, method="nearest")
        hot, warm = _cut(ordered, hot_share), _cut(ordered, max(warm_share, hot_share))
        return cls(probabilities=tuple(map(float, kept)), hot=hot, warm=warm)

    def cut(self, hot: float, warm: float) -> Reference:
        """The same leads with bands that begin at other probabilities."""
        return self.model_copy(update={"hot": hot, "warm": warm})

    def scores(self, probabilities: Floats) -> list[int]:
        """1–99: the mid-rank percentile of each probability among the reference leads."""
        below = np.searchsorted(self._sorted, probabilities, side="left")
        up_to = np.searchsorted(self._sorted, probabilities, side="right")
        percentile = 50.0 * (below + up_to) / len(self._sorted)
        return [int(score) for score in held(np.rint(percentile), 1, 99).tolist()]

    def maturities(self, probabilities: Floats) -> list[Maturity]:
        """The band of each probability."""
        return [
            "hot" if p >= self.hot else "warm" if p >= self.warm else "cold" for p in probabilities.tolist()
        ]

    @cached_property
    def _sorted(self) -> Floats:
        return np.array(self.probabilities, dtype=np.float64)


def _cut(ordered: Floats, share: float) -> float:
    """The least of the `ordered` probabilities whose middle rank is within the best `share`, else beyond."""
    values, counts = np.unique(ordered, return_counts=True)
    middle = (np.cumsum(counts) - counts / 2) / len(ordered)
    best = values[middle >= 1 - share]
    return float(best[0]) if len(best) else float(min(1.0, np.nextafter(ordered[-1], 2.0)))
