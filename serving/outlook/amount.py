"""What a lead brings if it converts: a line on the logarithm, and the mean amount where the line says so.

Amounts are skewed, so that a line through their logarithms sees them better; and the exponential of a mean
logarithm is no mean amount. `levels` is the mean amount of the outcomes about each `knot` of the line,
measured on leads that the line had not seen (Duan's smearing, by groups): it makes the sums right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from features.catalogue import Feature
from features.columns import Columns, Floats
from serving.scorers import Linear


@dataclass(frozen=True)
class Amount:
    """`line` gives the expected logarithm (None: one level for all); `knots` of it rise, `levels` never fall.

    `errors` are the standard errors of the levels, relative to them: how well the mean of such leads is
    known.
    """

    knots: tuple[float, ...]
    levels: tuple[float, ...]
    errors: tuple[float, ...]
    line: Linear | None = None

    @property
    def features(self) -> Sequence[Feature]:
        """All that the line reads."""
        return () if self.line is None else self.line.features

    def expected(self, columns: Columns) -> tuple[Floats, Floats]:
        """(expected amount, its relative standard error) of each lead, `(n_leads,)` each.

        Beyond the outer knots the amount is that of the knot: no lead is promised more than was ever met.
        """
        where = np.zeros(columns.n_leads) if self.line is None else self.line.margin(columns)
        levels = np.interp(where, self.knots, self.levels)
        return levels, np.interp(where, self.knots, self.errors)
