"""What every section of rules.toml has alike: known keys alone, words without case, bounded points."""

from __future__ import annotations

from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
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

    def holds(self, numbers: Floats) -> NDArray[np.bool_]:
        """Which of `numbers` the band holds; it holds no NaN."""
        low, high = self.ends
        return np.asarray((numbers >= low) & (numbers < high), dtype=np.bool_)


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
