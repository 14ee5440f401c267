"""Values that may stand for "unknown": −1, 999999, 0 or 1900-01-01, repeated at the end of a column."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from features.clock import from_us
from features.columns import Floats

_FEWEST = 20
"""Cells below which nothing is said of a column."""
_SPIKE = 0.005
"""Share of cells that must hold the value: what means "unknown" is written again and again."""
_FAR = 2.0
"""Widths of all other values that it must lie outside them."""
_ZEROS = 0.02
"""Share of cells above which 0 is named where the rest leaves a hole above it."""
_HOLE = 0.25
"""Size of that hole, in medians of the rest: nobody is 1 to 17 years old where leads are 18 to 90."""
_STEPS = 3.0
"""The same in steps from one value to the next: 0, 1, 2 leave no hole."""


@dataclass(frozen=True)
class StandIn:
    """A `value` in `count` of `cells` filled ones, apart from all others, of which `nearest` is the next."""

    value: float
    count: int
    cells: int
    nearest: float

    def words(self, column: str, zone: str | None = None) -> str:
        """What a person should check, and the key of the recipe that settles it; of dates in `zone`."""
        value, nearest = (_said(number, zone) for number in (self.value, self.nearest))
        side = "or more" if self.value < self.nearest else "or less"
        return (
            f"{column}: {value} in {self.count:,} of {self.cells:,} filled cells, all others are {nearest} "
            f'{side}; if it means "unknown", write missing = ["{value}"] for this field'
        )


def stand_ins(values: Floats, *, positive: bool = False) -> list[StandIn]:
    """What at either end of `values` (NaN: empty) may mean "unknown", judged by measurement alone.

    Named is a repeated value that lies far outside all others, the only negative one, and a frequent 0 with a
    hole above it; where all values should be `positive`, as of company sizes, any frequent 0.
    """
    known = values[~np.isnan(values)]
    numbers, counts = np.unique(known, return_counts=True)
    if len(known) < _FEWEST or len(numbers) < 4:
        return []
    found = []
    for end, inner in ((0, 1), (-1, -2)):
        rest = np.delete(numbers, end)
        one = StandIn(float(numbers[end]), int(counts[end]), len(known), float(numbers[inner]))
        gap = abs(one.nearest - one.value)
        often = one.count >= max(2.0, _SPIKE * len(known))
        far = often and gap > _FAR * float(np.ptp(rest))
        lone = one.count > 1 and one.value < 0 <= rest.min()
        hole = gap >= max(
            _HOLE * float(np.median(known[known != one.value])), _STEPS * float(np.median(np.diff(rest)))
        )
        zero = one.value == 0 < rest.min() and one.count >= _ZEROS * len(known) and (hole or positive)
        if far or lone or zero:
            found.append(one)
    return found


def _said(value: float, zone: str | None) -> str:
    """A number, or µs as a day in `zone`, as a recipe writes it."""
    if zone is not None:
        return from_us(int(value)).astimezone(ZoneInfo(zone)).date().isoformat()
    return str(int(value)) if value == int(value) else f"{value:g}"
