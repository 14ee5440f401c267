"""Moments as vendors write them: ISO 8601, seconds or milliseconds since 1970."""

from __future__ import annotations

from typing import Literal

from features.cells import parse_date
from features.clock import in_range

Unit = Literal["iso", "s", "ms"]
_TO_US = {"s": 1_000_000, "ms": 1_000}
_MS_DIGITS = 12
"""A number of so many digits is of milliseconds: as seconds it would be after the year 5000."""


def moment_us(text: str, unit: Unit = "iso") -> int | None:
    """Microseconds since 1970 UTC, None where it is no moment; clocks without an offset are UTC.

    A number is read as such whatever `unit` says: Pipedrive's own page writes its timestamps both ways.

    >>> moment_us("1970-01-01T00:00:01Z"), moment_us("1000", "ms"), moment_us("1700000000000")
    (1000000, 1000000, 1700000000000000)
    """
    text = text.removeprefix("/Date(").removesuffix(")/")  # as Dataverse writes milliseconds
    try:
        number = float(text)
    except ValueError:
        number = None
    try:
        if number is None:
            return parse_date(text, "UTC", "end")
        if unit == "iso":
            unit = "ms" if len(text.partition(".")[0].lstrip("-")) >= _MS_DIGITS else "s"
        us = round(number * _TO_US[unit])
    except (ValueError, OverflowError):
        return None
    return us if in_range(us) else None
