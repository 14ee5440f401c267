"""Business hours: open minutes are those of the company's spans, without holidays, in every zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from serving.agreed.hours import Hours, WorkCalendar, known_country

ZONES = st.sampled_from(["Europe/Paris", "America/Sao_Paulo", "Asia/Kathmandu", "Australia/Lord_Howe"])
MOMENTS = st.integers(0, 3 * 366 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


def by_hand(zone: str, moment: datetime) -> bool:
    """Open by the plainest reading of the default week, French holidays apart."""
    local = moment.astimezone(ZoneInfo(zone))
    minutes = local.hour * 60 + local.minute
    return local.weekday() < 5 and (540 <= minutes < 750 or 840 <= minutes < 1080)


@given(ZONES, MOMENTS)
@settings(max_examples=60)
def test_a_moment_is_open_as_the_wall_clock_says(zone: str, moment: datetime) -> None:
    assert WorkCalendar(zone=zone).is_open(moment) == by_hand(zone, moment)


@given(ZONES, MOMENTS, st.integers(0, 4000))
@settings(max_examples=60)
def test_so_many_open_minutes_later_is_so_many_open_minutes_later(
    zone: str, moment: datetime, minutes: int
) -> None:
    calendar = WorkCalendar(zone=zone, country="FR")
    later = calendar.after(moment, minutes)
    assert later >= moment
    assert calendar.open_minutes(moment, later) == pytest.approx(minutes)
    assert calendar.open_minutes(later, moment) == 0


@given(ZONES, MOMENTS)
@settings(max_examples=60)
def test_the_next_open_moment_is_open_and_nothing_before_it_is(zone: str, moment: datetime) -> None:
    calendar = WorkCalendar(zone=zone, country="FR")
    found = calendar.next_open(moment)
    assert calendar.is_open(found)
    assert found == moment or not calendar.is_open(moment)
    assert calendar.open_minutes(moment, found) == 0


def test_holidays_and_the_companys_own_days_are_closed() -> None:
    hours = Hours(closed=(date(2026, 5, 15),))
    calendar = WorkCalendar(hours, "Europe/Paris", "FR")
    assert calendar.open_day(date(2026, 5, 14)) == date(2026, 5, 18)  # Ascension, a bridge, a weekend
    assert calendar.open_day(date(2026, 7, 14)) == date(2026, 7, 15)
    assert WorkCalendar(hours, "Europe/Paris").open_day(date(2026, 5, 14)) == date(2026, 5, 14)
    alsace = WorkCalendar(Hours(region="57"), "Europe/Paris", "FR")
    assert alsace.open_day(date(2025, 12, 26)) == date(2025, 12, 29)
    assert WorkCalendar(Hours(), "Europe/Paris", "FR").open_day(date(2025, 12, 26)) == date(2025, 12, 26)


def test_a_day_begins_with_its_hour_where_that_is_open() -> None:
    calendar = WorkCalendar(zone="Europe/Paris")
    assert calendar.start_of(date(2026, 3, 7)).isoformat() == "2026-03-09T08:00:00+00:00"
    assert calendar.start_of(date(2026, 3, 9), 15).isoformat() == "2026-03-09T14:00:00+00:00"
    assert calendar.start_of(date(2026, 3, 9), 21).isoformat() == "2026-03-09T08:00:00+00:00"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ()), "without working hours"),
        ({"mon": ("09:00-12:00", "11:00-15:00")}, "overlap"),
        ({"mon": ("12:00-09:00",)}, "no span of a day"),
        ({"mon": ("9-12",)}, "no span of a day"),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(given: dict[str, tuple[str, ...]], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Hours.model_validate(given)


def test_a_country_or_region_that_nobody_knows_is_named() -> None:
    assert "'ZZ'" in known_country("ZZ", None)
    assert "'Bretagne'" in known_country("FR", "Bretagne")
    assert known_country("DE", "BY") == ""
