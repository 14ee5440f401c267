"""The month on a circle, on which December is beside January."""

from __future__ import annotations

import math
from typing import Any

from features.clock.zones import month_expr, month_of

_SINES = tuple(round(math.sin(math.pi * month / 6), 9) for month in range(12))
"""Of the months from January on: constants, for engines differ in the last digit of a sine."""
_QUARTER = 3  # a cosine is the sine three months later


def month_sin_of(us: int, zone: str) -> float:
    """The sine of the month of the wall clock of `zone` at `us`: 0 in January, 1 in April."""
    return _SINES[month_of(us, zone) - 1]


def month_cos_of(us: int, zone: str) -> float:
    """The cosine of the month of the wall clock of `zone` at `us`: 1 in January, 0 in April."""
    return _SINES[(month_of(us, zone) - 1 + _QUARTER) % 12]


def month_sin_expr(wall: Any) -> Any:
    """`month_sin_of` as an Ibis expression of the wall clock."""
    return _on_circle(wall, 0)


def month_cos_expr(wall: Any) -> Any:
    """`month_cos_of` as an Ibis expression of the wall clock."""
    return _on_circle(wall, _QUARTER)


def _on_circle(wall: Any, turn: int) -> Any:
    import ibis

    month = month_expr(wall)
    sines = [round(sine * 1e9) for sine in _SINES]  # whole numbers: Postgres reads a fraction as a decimal
    cases = ((month == place + 1, sines[(place + turn) % 12]) for place in range(12))
    return ibis.cases(*cases).cast("float64") / 1e9
