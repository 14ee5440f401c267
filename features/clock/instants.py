"""Instants as whole microseconds since 1970-01-01 UTC: exact in every engine, and the only time inside."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

DayEdge = Literal["start", "end"]
FIRST_YEAR, LAST_YEAR = 1900, 2099
"""Years of dates that can be meant. Within them every age in µs, times 1024 (see `EdgeKind`), fits 64 bits
and every floor of a quotient is exact; databases write years such as 1 and 9999 for "none"."""
RANGE_WORDS = f"from {FIRST_YEAR} to {LAST_YEAR}"


def to_us(moment: datetime) -> int:
    """Microseconds since the epoch of an aware `moment`, exactly."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


FIRST_US = to_us(datetime(FIRST_YEAR, 1, 1, tzinfo=UTC))
LAST_US = to_us(datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)) - 1


def from_us(us: int) -> datetime:
    """The aware UTC datetime of `us` microseconds since the epoch."""
    return _EPOCH + timedelta(microseconds=us)


def now_us() -> int:
    """The clock, read only at the edges of the product."""
    return to_us(datetime.now(UTC))


def in_range(us: int) -> bool:
    """Whether `us` is a moment that is read: see `FIRST_YEAR`."""
    return FIRST_US <= us <= LAST_US


def days_us(days: float) -> int:
    """`days` of 24 hours in microseconds."""
    return round(days * DAY_US)


def localise(moment: date | datetime, zone: str, edge: DayEdge = "start") -> int:
    """Microseconds of `moment`, a wall clock of `zone` where it carries no offset of its own.

    A date without a time is the start of that day, or with `edge="end"` its last microsecond: a creation
    is assumed early and an event late, so that neither is seen before it happened.
    """
    if not isinstance(moment, datetime):
        if edge == "end":
            return localise(moment + timedelta(days=1), zone) - 1
        moment = datetime.combine(moment, time())
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone))
    return to_us(moment)


def parse_moment(text: str, zone: str, edge: DayEdge = "start") -> int:
    """Microseconds of an ISO 8601 date or date-time.

    Raises:
        ValueError: `text` is neither.
    """
    text = text.strip()
    if len(text) == len("2025-01-31"):
        return localise(date.fromisoformat(text), zone, edge)
    return localise(datetime.fromisoformat(text), zone, edge)
