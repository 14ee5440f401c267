"""A date is one instant however it is written, a telephone can be dialled, and what is neither is told."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.cells.fields import cell_parser
from features.cells.parse import iso_us, parse_date, parse_phone
from features.clock.instants import DAY_US, to_us
from features.recipe.crm import LeadField

# a day inside the years that are accepted, whatever the offset
MOMENTS = st.datetimes(datetime(1901, 1, 1), datetime(2099, 12, 30))
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(MOMENTS, OFFSETS)
def test_a_moment_with_its_offset_is_that_instant_in_every_zone(moment, offset):
    aware = moment.replace(tzinfo=offset)
    since = aware - datetime(1970, 1, 1, tzinfo=UTC)
    expected = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    for raw in (aware, aware.isoformat(), f" {aware.isoformat()} "):
        assert parse_date(raw, "America/New_York") == expected


@given(MOMENTS)
def test_a_wall_clock_without_an_offset_is_that_of_the_zone(moment):
    expected = (
        to_us(moment.replace(tzinfo=UTC)) - 9 * 3_600_000_000
    )  # Tokyo has had no summer time since 1951
    if moment.year > 1951:
        for raw in (moment, moment.isoformat()):
            assert parse_date(raw, "Asia/Tokyo") == expected


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)))
def test_a_day_is_its_first_or_its_last_microsecond(day):
    start = (day - date(1970, 1, 1)).days * DAY_US
    for raw in (day, day.isoformat()):
        assert parse_date(raw, "UTC") == parse_date(raw, "UTC", "start") == start
        assert parse_date(raw, "UTC", "end") == start + DAY_US - 1


@pytest.mark.parametrize(
    ("raw", "form"),
    [
        ("soon", None),
        ("31/12/2025", None),
        (45688, None),
        (12.5, "dmy"),
        ("2025-13-01", "ymd"),
        (date(9999, 12, 31), None),
        (object(), "dmy"),
    ],
)
def test_what_is_no_date_is_told_with_the_form_of_its_column(raw, form):
    with pytest.raises(ValueError, match=r"^a date or date-time .*ISO 8601 such as") as told:
        parse_date(raw, "UTC", "end", form)
    assert str(told.value).endswith(f" or in the form {form}" if form else "+01:00")


@pytest.mark.parametrize("mark", ["decimal_point", "decimal_comma"])
def test_a_decimal_mark_is_no_form_of_a_date(mark):
    declared = LeadField(type="date", format=mark)
    with pytest.raises(ValueError, match=r"such as \S+$"):
        cell_parser(declared, "UTC")("31/01/2025")


@pytest.mark.parametrize(
    ("raw", "dialled"),
    [
        ("123456", 0.0),
        ("1234567", 1.0),
        ("1" * 15, 1.0),
        ("1" * 16, 0.0),
        ("+33 (1) 23-45.67/89", 1.0),
        ("123 45 67 X12", 1.0),
        ("123 45 67 #12", 1.0),
        ("123 45 67 ext", 0.0),
        ("tel: 123 45 67", 0.0),
        (33123456789.0, 1.0),
        (3.5, 0.0),
    ],
)
def test_a_number_can_be_dialled_with_7_to_15_digits_and_the_usual_separators(raw, dialled):
    found = parse_phone(raw)
    assert (found, type(found)) == (dialled, float)


@given(MOMENTS, OFFSETS)
def test_the_quick_way_reads_a_moment_with_its_offset_and_nothing_else(moment, offset):
    text = moment.replace(tzinfo=offset).isoformat()
    assert iso_us(text) == parse_date(text, "Asia/Tokyo")
    for other in (moment.isoformat(), text + "x", moment.replace(tzinfo=offset), 5, None, ""):
        assert iso_us(other) is None


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("1900-01-01T00:00:00Z", True),
        ("1899-12-31T23:59:59.999999Z", False),
        ("2099-12-31T23:59:59.999999Z", True),
        ("2100-01-01T00:00:00Z", False),
        ("0001-01-01T00:00:00+14:00", False),
    ],
)
def test_the_quick_way_keeps_to_the_years_that_can_be_meant(text, counts):
    assert (iso_us(text) is not None) == counts
