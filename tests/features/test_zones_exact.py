"""Offsets of a zone are those of its rules in every year that is accepted, in Python and in the engine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.clock.instants import FIRST_US, LAST_US, from_us
from features.clock.zones import offsets, wall_offsets

ZONES = (
    "Europe/Paris", "Europe/London", "Europe/Berlin", "America/New_York", "America/Sao_Paulo",
    "Asia/Singapore", "Asia/Kolkata", "Australia/Sydney", "Africa/Casablanca", "UTC",
)  # fmt: skip
MICROSECOND = timedelta(microseconds=1)


@given(st.integers(FIRST_US, LAST_US), st.sampled_from(ZONES))
def test_an_instant_and_a_wall_clock_have_the_offset_of_the_zones_rules(us: int, zone: str) -> None:
    rules = ZoneInfo(zone)
    assert offsets(zone).at(us) == _us(from_us(us).astimezone(rules))
    assert wall_offsets(zone).at(us) == _us(from_us(us).replace(tzinfo=rules))


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/New_York"])
def test_the_engine_reads_them_alike_from_the_first_year_to_the_last(zone: str) -> None:
    first, last = (datetime(year, 1, 1, 12, tzinfo=UTC) for year in (1900, 2099))
    days = [first + timedelta(days=n) for n in range(0, (last - first).days, 11)]
    moments = [int((day - datetime(1970, 1, 1, tzinfo=UTC)) / MICROSECOND) for day in days]
    read = duckdb.sql(
        f"SELECT {offsets(zone).sql('us')} FROM (SELECT unnest(?) AS us)", params=[moments]
    ).fetchall()
    assert [value for (value,) in read] == [offsets(zone).at(us) for us in moments]
    assert len({value for (value,) in read}) > 1


def _us(moment: datetime) -> int:
    return (moment.utcoffset() or timedelta()) // MICROSECOND
