"""Business hours: when people of this company are at work, by the wall clock of its zone.

Public holidays come from the `holidays` package; the hours are the company's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Annotated, Self
from zoneinfo import ZoneInfo

import holidays
from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_OFFICE = ("09:00-12:30", "14:00-18:00")
_LONGEST = 400
"""Days that are looked through for the next open one: more are closed in no calendar that can be read."""


def _span(text: str) -> str:
    found = _SPAN.fullmatch(text)
    if found is None or not _minutes(found)[0] < _minutes(found)[1] <= 24 * 60:
        raise ValueError("is no span of a day such as '09:00-12:30'")
    return text


def _minutes(found: re.Match[str]) -> tuple[int, int]:
    start_hour, start, end_hour, end = map(int, found.groups())
    return start_hour * 60 + start, end_hour * 60 + end


Span = Annotated[str, AfterValidator(_span)]


class Hours(BaseModel):
    """`[hours]`: spans of each weekday, such as `mon = ["09:00-12:30", "14:00-18:00"]`; `[]` is closed.

    `closed` are days of the company's own; public holidays of the country are closed unless `holidays` is
    false, those of its `region` (a subdivision as the holidays package names it, such as `57`) too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    mon: tuple[Span, ...] = _OFFICE
    tue: tuple[Span, ...] = _OFFICE
    wed: tuple[Span, ...] = _OFFICE
    thu: tuple[Span, ...] = _OFFICE
    fri: tuple[Span, ...] = _OFFICE
    sat: tuple[Span, ...] = ()
    sun: tuple[Span, ...] = ()
    closed: tuple[date, ...] = ()
    holidays: bool = True
    region: str | None = None

    @model_validator(mode="after")
    def _some_work(self) -> Self:
        if not any(self.spans(day) for day in range(7)):
            raise ValueError("is a calendar without working hours: nobody would ever be called")
        for day in range(7):
            ends = [end for span in self.spans(day) for end in span]
            if ends != sorted(ends):
                raise ValueError(f"'{DAYS[day]}' has spans that overlap or do not follow each other")
        return self

    def spans(self, weekday: int) -> list[tuple[int, int]]:
        """The open minutes of a weekday, 0 for Monday: (from, to) each, since midnight."""
        texts: tuple[str, ...] = getattr(self, DAYS[weekday])
        return [_minutes(found) for text in texts if (found := _SPAN.fullmatch(text))]


@dataclass(frozen=True)
class WorkCalendar:
    """`hours` in `zone`, without the public holidays of `country` (None: none are minded)."""

    hours: Hours = field(default_factory=Hours)
    zone: str = "UTC"
    country: str | None = None

    def is_open(self, moment: datetime) -> bool:
        """Whether people are at work at `moment` (aware)."""
        return any(start <= moment < end for start, end in self._of_day(self._day(moment)))

    def next_open(self, moment: datetime) -> datetime:
        """`moment` itself where people are at work, else when they come back (UTC)."""
        for start, end in self._from(moment):
            if moment < end:
                return max(start, moment).astimezone(UTC)
        raise AssertionError("no open day within a year")  # hours without work are refused

    def after(self, moment: datetime, minutes: float) -> datetime:
        """When so many open minutes have passed since `moment` (UTC): a clock that stands still at night."""
        left = timedelta(minutes=minutes)
        for start, end in self._from(moment):
            begin = max(start, moment)
            if begin < end:
                if left <= end - begin:
                    return (begin + left).astimezone(UTC)
                left -= end - begin
        raise AssertionError("more open minutes than a year has")

    def open_minutes(self, begin: datetime, end: datetime) -> float:
        """The open minutes between two moments; 0 where the second is not later."""
        total = timedelta()
        for start, stop in self._from(begin):
            if start >= end:
                break
            total += max(min(stop, end) - max(start, begin), timedelta())
        return total / timedelta(minutes=1)

    def open_day(self, day: date) -> date:
        """`day`, or the next day on which people are at work."""
        return next(found for found in _days(day) if self._spans(found))

    def start_of(self, day: date, hour: int | None = None) -> datetime:
        """When the first open day from `day` on begins, or its `hour` where that is open (UTC)."""
        spans = self._of_day(self.open_day(day))
        for start, end in spans if hour is not None else ():
            wanted = start.astimezone(self._zone).replace(hour=hour or 0, minute=0)
            if start - timedelta(minutes=59) <= wanted < end:
                return max(wanted, start).astimezone(UTC)
        return spans[0][0].astimezone(UTC)

    def local(self, moment: datetime) -> datetime:
        """`moment` as the wall clock shows it."""
        return moment.astimezone(self._zone)

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @cached_property
    def _holidays(self) -> holidays.HolidayBase | dict[date, str]:
        if self.country is None or not self.hours.holidays:
            return {}
        return holidays.country_holidays(self.country, subdiv=self.hours.region)

    def _day(self, moment: datetime) -> date:
        return self.local(moment).date()

    def _spans(self, day: date) -> list[tuple[int, int]]:
        if day in self.hours.closed or day in self._holidays:
            return []
        return self.hours.spans(day.weekday())

    def _of_day(self, day: date) -> list[tuple[datetime, datetime]]:
        """The open spans of a day; a wall clock that comes twice is read by its first coming."""
        midnight = datetime.combine(day, time())
        found = []
        for start, end in self._spans(day):
            begin, stop = (self._at(midnight, minutes) for minutes in (start, end))
            if begin < stop:
                found.append((begin, stop))
        return found

    def _at(self, midnight: datetime, minutes: int) -> datetime:
        return (midnight + timedelta(minutes=minutes)).replace(tzinfo=self._zone).astimezone(UTC)

    def _from(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        for day in _days(self._day(moment)):
            yield from self._of_day(day)


def _days(first: date) -> Iterator[date]:
    return (first + timedelta(days=more) for more in range(_LONGEST))


def known_country(country: str, region: str | None) -> str:
    """What is wrong with a country or region whose holidays are wanted; '' where they are known.

    >>> known_country("FR", None), known_country("ZZ", None)
    ('', "no public holidays are known of country 'ZZ'; use an ISO 3166 code such as FR")
    """
    known = holidays.list_supported_countries(include_aliases=True)
    if country not in known:
        return f"no public holidays are known of country '{country}'; use an ISO 3166 code such as FR"
    if region is not None and region not in known[country]:
        accepted = ", ".join(known[country][:20]) or "none"
        return f"no region '{region}' of {country} has holidays of its own; known: {accepted}"
    return ""
