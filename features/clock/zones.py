"""Wall clocks by integer arithmetic, so that every engine and Python agree to the microsecond.

A zone becomes a table of offsets for the years that are accepted, 1900 to 2099; an expression over
it is a balanced tree of comparisons. The table comes from zoneinfo; the arithmetic is by hand because the
engines' own zones differ from it and from each other, and equality across them is the product.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, overload
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from features.clock.instants import DAY_US, HOUR_US, from_us, to_us

_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_STEP = timedelta(days=7)  # of 60 zones none has changed its clock twice within a week since 1900


@dataclass(frozen=True)
class Offsets:
    """Offset from UTC in µs: `values[i]` holds from `starts[i]` (µs) on; `starts[0]` is unbounded below."""

    starts: tuple[int, ...]
    values: tuple[int, ...]

    def segment(self, us: int) -> int:
        """The place of the offset that holds at `us`."""
        return max(0, bisect_right(self.starts, us) - 1)

    def at(self, us: int) -> int:
        """The offset that holds at `us`."""
        return self.values[self.segment(us)]

    def expr(self, us: Any) -> Any:
        """`at` as an Ibis expression of the int64 column `us`."""
        return self._tree(us, 0, len(self.values))

    def sql(self, us: str) -> str:
        """`at` as SQL over the BIGINT expression `us`."""
        return self._sql(us, 0, len(self.values))

    def _tree(self, us: Any, low: int, high: int) -> Any:
        import ibis

        if high - low == 1:
            return ibis.literal(self.values[low], type="int64")
        mid = (low + high) // 2
        return ibis.ifelse(us < self.starts[mid], self._tree(us, low, mid), self._tree(us, mid, high))

    def _sql(self, us: str, low: int, high: int) -> str:
        if high - low == 1:
            return f"({self.values[low]})::BIGINT"
        mid = (low + high) // 2
        left, right = self._sql(us, low, mid), self._sql(us, mid, high)
        return f"CASE WHEN {us} < {self.starts[mid]} THEN {left} ELSE {right} END"


@lru_cache(maxsize=64)
def offsets(zone: str) -> Offsets:
    """Offsets by UTC instant: wall clock = instant + offset."""
    return _scan(lambda us: _offset_us(from_us(us).astimezone(ZoneInfo(zone))))


@lru_cache(maxsize=64)
def wall_offsets(zone: str) -> Offsets:
    """Offsets by wall clock (µs as if it were UTC): instant = wall clock − offset.

    A wall clock that came twice is its first coming, as `datetime` decides without `fold`.
    """
    return _scan(lambda us: _offset_us(from_us(us).replace(tzinfo=ZoneInfo(zone))))


def _offset_us(moment: datetime) -> int:
    return (moment.utcoffset() or timedelta()) // timedelta(microseconds=1)


def _scan(offset: Any) -> Offsets:
    """All changes of `offset`, found by steps of a week and halving."""
    starts, values = [to_us(_FIRST)], [offset(to_us(_FIRST))]
    step, last = _STEP // timedelta(microseconds=1), to_us(_LAST)
    for end in range(starts[0] + step, last, step):
        if offset(end) != values[-1]:
            low, high = end - step, end
            while high - low > 1:
                mid = (low + high) // 2
                low, high = (low, mid) if offset(mid) != values[-1] else (mid, high)
            starts.append(high)
            values.append(offset(high))
    return Offsets(tuple(starts), tuple(values))


@overload
def dates_of(us: int, zone: str) -> int: ...
@overload
def dates_of(us: NDArray[np.int64], zone: str) -> NDArray[np.int64]: ...
def dates_of(us: int | NDArray[np.int64], zone: str) -> int | NDArray[np.int64]:
    """The date of one moment or of each of many by the wall clock of `zone`, in days since 1970-01-01."""
    if isinstance(us, int):
        return (us + offsets(zone).at(us)) // DAY_US
    return np.asarray(wall_of(us, zone) // DAY_US, dtype=np.int64)


def wall_of(us: NDArray[np.int64], zone: str) -> NDArray[np.int64]:
    """The wall clock of `zone` at each moment, in µs since 1970-01-01."""
    starts, values = _arrays(zone)
    place = np.maximum(starts.searchsorted(us, "right") - 1, 0)
    return np.asarray(us + values[place], dtype=np.int64)


@lru_cache(maxsize=64)
def _arrays(zone: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    changes = offsets(zone)
    return np.array(changes.starts, dtype=np.int64), np.array(changes.values, dtype=np.int64)


def hour_of(us: int, zone: str) -> int:
    """Hour 0–23 of the wall clock of `zone` at `us`."""
    return (us + offsets(zone).at(us)) % DAY_US // HOUR_US


def weekday_of(us: int, zone: str) -> int:
    """Weekday 0 (Monday) – 6 of the wall clock of `zone` at `us`; 1970-01-01 was a Thursday."""
    return ((us + offsets(zone).at(us)) // DAY_US + 3) % 7


def month_of(us: int, zone: str) -> int:
    """Month 1–12 of the wall clock of `zone` at `us`."""
    return from_us(us + offsets(zone).at(us)).month


def wall_expr(us: Any, zone: str) -> Any:
    """The wall clock of `zone` at `us`, as µs; to be made a column, for it stands several times below."""
    return us + offsets(zone).expr(us)


def hour_expr(wall: Any) -> Any:
    """`hour_of` as an Ibis expression of the wall clock."""
    return floor_div(wall - floor_div(wall, DAY_US) * DAY_US, HOUR_US)


def weekday_expr(wall: Any) -> Any:
    """`weekday_of` as an Ibis expression of the wall clock."""
    days = floor_div(wall, DAY_US) + 3
    return days - floor_div(days, 7) * 7


def month_expr(wall: Any) -> Any:
    """`month_of` as an Ibis expression of the wall clock, by the civil-calendar arithmetic of Hinnant.

    Source: https://howardhinnant.github.io/date_algorithms.html#civil_from_days
    """
    days = floor_div(wall, DAY_US) + 719_468
    day = days - floor_div(days, 146_097) * 146_097
    leaps = floor_div(day, 1_460) - floor_div(day, 36_524) + floor_div(day, 146_096)
    year = floor_div(day - leaps, 365)
    day = day - (year * 365 + floor_div(year, 4) - floor_div(year, 100))
    return floor_div(floor_div(day * 5 + 2, 153) + 2, 12) * -12 + floor_div(day * 5 + 2, 153) + 3


def floor_div(number: Any, divisor: int) -> Any:
    """`number // divisor` of an int64 Ibis column, towards −∞ as in Python.

    A float quotient below 2**52 / divisor is nearer to its floor than to the next whole number, so that its
    floor is exact: for instants in µs from 1827 to 2112. (Integer division truncates in some engines and
    floors in others.)
    """
    return (number / divisor).floor().cast("int64")


def flag(condition: Any) -> Any:
    """1.0 where a boolean Ibis column holds, else 0.0; engines differ in how they cast truth to a number."""
    import ibis

    return ibis.ifelse(condition, 1, 0).cast("float64")
