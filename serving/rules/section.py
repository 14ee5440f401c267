"""What every section of rules.toml has alike: known keys alone, words without case, bounded points."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from features.columns import Floats

Word = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, min_length=1)]
Points = Annotated[float, Field(ge=-1000, le=1000)]


class CardSection(BaseModel):
    """A table of rules.toml."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, populate_by_name=True, allow_inf_nan=False
    )


class Band(CardSection):
    """Points for numbers `from` ≤ x < `to`; an end that is left out is open."""

    lowest: float | None = Field(default=None, alias="from")
    highest: float | None = Field(default=None, alias="to")
    points: Points

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if self.lowest is not None and self.highest is not None and self.lowest >= self.highest:
            raise ValueError("'from' must be below 'to'")
        return self

    @property
    def ends(self) -> tuple[float, float]:
        """Lower and upper end; an open one is infinite."""
        low = -np.inf if self.lowest is None else self.lowest
        return low, np.inf if self.highest is None else self.highest


@dataclass(frozen=True)
class BandTable:
    """The points of the first of some bands that holds a number: one comparison for all of them."""

    bands: tuple[Band, ...]

    def of(self, numbers: Floats, otherwise: Floats) -> Floats:
        """Points of each of `numbers`, shape `(n_leads,)`; `otherwise` where no band holds one."""
        held = (numbers >= self._lows) & (numbers < self._highs)  # NaN is in none
        return np.where(held.any(axis=0), self._points[held.argmax(axis=0)], otherwise)

    @cached_property
    def _lows(self) -> Floats:
        return np.array([band.ends[0] for band in self.bands], dtype=np.float64).reshape(-1, 1)

    @cached_property
    def _highs(self) -> Floats:
        return np.array([band.ends[1] for band in self.bands], dtype=np.float64).reshape(-1, 1)

    @cached_property
    def _points(self) -> Floats:
        return np.array([band.points for band in self.bands], dtype=np.float64)


class Cap(CardSection):
    """`[groups.NAME]`: the points of the rules of a group, added up, are held inside `least` … `most`.

    The names `fit` and `engagement` stand for all rules of that axis; exclusions come off after it.
    """

    most: float | None = Field(default=None, ge=0, le=10_000)
    least: float | None = Field(default=None, ge=-10_000, le=0)

    @model_validator(mode="after")
    def _some_end(self) -> Self:
        if self.most is None and self.least is None:
            raise ValueError("needs 'most', 'least' or both")
        return self
