"""Two features read together, as one column for trees: the rate of the cell that a lead is in.

Some pairs matter only together (an exclusive-or of two fields): no split on one of them gains anything, so
trees find the pair by chance or not at all. As a column its first split is the right one.
"""

from __future__ import annotations

from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import model_validator

from features.columns import Column, Columns, Floats
from serving.scorers.encoding import Spec, codes_of

Codes = NDArray[np.intp]


class Cut(Spec):
    """One feature in a few parts: a number by rising `edges`, a category by its `levels` and all others.

    A number x is in the first part whose edge is ≥ x, or in the last one. Missing is a part of its own.
    """

    feature: str
    edges: tuple[float, ...] | None = None
    levels: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.edges is None) == (self.levels is None):
            raise ValueError("a cut has either the edges of a number or the levels of a category")
        return self

    @property
    def n_parts(self) -> int:
        """Parts, with that of missing values, which is the last."""
        return len(self.edges if self.edges is not None else self.levels or ()) + 2

    def parts(self, column: Column) -> Codes:
        """The part of each lead, shape `(n_leads,)`."""
        missing = self.n_parts - 1
        if self.edges is None:
            return np.nan_to_num(codes_of(column, self._codes), nan=missing).astype(np.intp)
        numbers = np.asarray(column, dtype=np.float64)
        found = np.searchsorted(np.array(self.edges), numbers, side="left")
        return np.where(np.isnan(numbers), missing, found).astype(np.intp)

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {level: i for i, level in enumerate(self.levels or ())}


class PairRates(Spec):
    """The shrunken log-odds of each cell of two cuts, against those of all leads; `first` counts slowest."""

    first: Cut
    second: Cut
    rates: tuple[float, ...]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.rates) != self.first.n_parts * self.second.n_parts:
            raise ValueError("a pair needs a rate for each cell")
        return self

    @property
    def features(self) -> tuple[str, str]:
        """The names of the two features."""
        return self.first.feature, self.second.feature

    def cells(self, columns: Columns) -> Codes:
        """The cell of each lead, shape `(n_leads,)`."""
        first, second = (cut.parts(columns[cut.feature]) for cut in (self.first, self.second))
        return first * self.second.n_parts + second

    def read(self, columns: Columns) -> Floats:
        """The rate of each lead's cell, shape `(n_leads,)`."""
        return self._by_cell[self.cells(columns)]

    @cached_property
    def _by_cell(self) -> Floats:
        return np.array(self.rates, dtype=np.float64)
