"""Instants in µs, wall clocks, seasons."""

from features.clock.instants import (
    DAY_US,
    FIRST_US,
    HOUR_US,
    RANGE_WORDS,
    DayEdge,
    days_us,
    from_us,
    in_range,
    now_us,
    parse_moment,
    to_us,
)
from features.clock.zones import dates_of

__all__ = [
    "DAY_US",
    "FIRST_US",
    "HOUR_US",
    "RANGE_WORDS",
    "DayEdge",
    "dates_of",
    "days_us",
    "from_us",
    "in_range",
    "now_us",
    "parse_moment",
    "to_us",
]
