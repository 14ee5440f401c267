"""A date of the year 1 or 9999 spoils its own event or lead: never the file, the request or the replay."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import (
    LeadError,
    LeadscoreError,
    Tables,
    default_features,
    parse_lead,
    parse_recipe,
    tables_from_frames,
)
from features.catalogue import LeadAge
from features.cells.parse import parse_date
from features.clock.instants import FIRST_US, LAST_US, DayEdge, parse_moment
from features.readings import offline, online, stack
from features.snapshots import snapshots
from features.tables.columns import moments_column
from features.tables.duck import connect, register_frame
from features.tables.sql_cells import dated_sql
from tests.laws.test_readings_agree import mismatches
from tests.made.histories import ZONES, recipe_of

AS_OF_US = parse_moment("2025-06-01", "UTC")
CLOCK_US = parse_moment("2026-01-01", "UTC")
RECIPE = recipe_of("Europe/Paris")
FEATURES = default_features(RECIPE)
ODD = (
    "0001-01-01", "0001-01-01T00:00:00Z", "1600-01-01 12:00:00", "1677-01-01T00:00:00+05:00", "2263-01-01",
    "9999-12-31", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59-12:00", "31 December 9999",
)  # fmt: skip
GOOD = "2025-05-01T10:00:00Z"


def leads(**cells: object) -> pd.DataFrame:
    """Two leads; the cells are those of the first."""
    names = ["account", *RECIPE.lead.fields]
    frame = pd.DataFrame({name: pd.Series([None, None], dtype=object) for name in names})
    frame = frame.assign(lead_id=["a", "b"], created_at="2025-01-01").astype(object)
    for name, cell in cells.items():
        frame.loc[0, name] = cell
    return frame


def events(*moments: object, column: str = "occurred_at") -> pd.DataFrame:
    """A call of each lead, and one more of 'a' for each of `moments`."""
    rows: list[dict[str, object]] = [{"lead_id": lead, "occurred_at": GOOD} for lead in "ab"]
    rows += [{"lead_id": "a", "occurred_at": GOOD, column: moment} for moment in moments]
    frame = pd.DataFrame(rows, columns=["lead_id", "occurred_at", "ingested_at", "event_id", "value"])
    return frame.assign(kind="call").astype(object)


def columns_of(tables: Tables) -> dict[str, np.ndarray]:
    moments = pd.DataFrame({"lead_id": ["a", "b"], "as_of_us": [AS_OF_US, AS_OF_US]})
    return dict(offline(FEATURES, RECIPE, tables, moments))


@pytest.mark.slow
def test_events_of_such_years_are_dropped_alone() -> None:
    plain = tables_from_frames(RECIPE, leads(), events(), clock_us=CLOCK_US)
    tables = tables_from_frames(RECIPE, leads(), events(*ODD), clock_us=CLOCK_US)
    assert mismatches(FEATURES, columns_of(plain), columns_of(tables)) == []
    assert ("events", "rows without a readable date", len(ODD), "dropped") in tables.quality.rows()
    assert tables.end_us == plain.end_us


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("key", ["occurred_at", "ingested_at"])
def test_a_request_with_such_an_event_names_it(odd: str, key: str) -> None:
    event = {"kind": "call", "occurred_at": GOOD, key: odd}
    with pytest.raises(LeadError) as error:
        parse_lead(RECIPE, lead_id="a", fields={}, events=[event], as_of_us=AS_OF_US)
    assert [problem.field for problem in error.value.problems] == [f"events[0].{key}"]


@pytest.mark.parametrize("odd", [ODD[1], ODD[5]])
def test_a_field_of_such_a_year_is_missing_in_both_readings(odd: str) -> None:
    tables = tables_from_frames(RECIPE, leads(renewal=odd), events(), clock_us=CLOCK_US)
    assert tables.problems.empty
    answers = [
        online(
            FEATURES,
            parse_lead(
                RECIPE,
                lead_id=lead,
                fields={"renewal": cell, "created_at": "2025-01-01"},
                events=[{"kind": "call", "occurred_at": GOOD}],
                as_of_us=AS_OF_US,
            ),
        )
        for lead, cell in (("a", odd), ("b", None))
    ]
    assert mismatches(FEATURES, columns_of(tables), stack(FEATURES, answers)) == []


@pytest.mark.parametrize("odd", ODD)
def test_a_creation_of_such_a_year_is_a_problem_of_its_lead(odd: str) -> None:
    tables = tables_from_frames(RECIPE, leads(created_at=odd), events(), clock_us=CLOCK_US)
    assert tables.problems[["lead_id", "field"]].to_numpy().tolist() == [["a", "created_at"]]
    moments = pd.DataFrame({"lead_id": ["b"], "as_of_us": [AS_OF_US]})
    (age,) = offline((LeadAge(),), RECIPE, tables, moments).values()
    assert age[0] == pytest.approx(151, abs=1)
    with pytest.raises(LeadError, match="created_at"):
        parse_lead(RECIPE, lead_id="a", fields={}, events=None, as_of_us=AS_OF_US, created_at=odd)


def test_outcomes_of_such_years_are_undated() -> None:
    text = '[tables]\nleads = "l.csv"\noutcomes = "o.csv"\n[lead]\nid = "lead_id"\ncreated_at = "created_at"'
    recipe = parse_recipe(text)
    ends = pd.DataFrame({"lead_id": "a", "stage": ["won"] * len(ODD), "occurred_at": ODD})
    tables = tables_from_frames(recipe, leads(), None, ends, clock_us=CLOCK_US)
    assert ("won leads without a date, left out", 1) in snapshots(recipe, tables).account.rows()


_EPOCH = datetime(1970, 1, 1)
_ANY = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29))
_EDGE = st.builds(
    lambda us, beside: _EPOCH + timedelta(microseconds=us + beside),
    st.sampled_from((FIRST_US, LAST_US)),
    st.integers(-(10**11), 10**11),
)


@given(moments=st.lists(_ANY | _EDGE, min_size=1, max_size=12), zone=st.sampled_from(ZONES))
@settings(max_examples=5, deadline=None)
def test_columns_of_every_type_are_read_as_a_cell_is(moments: list[datetime], zone: str) -> None:
    con = connect()
    # the engine's clocks know the changes of 1970 to 2059 only (see `features.clock.zones`)
    moments = [
        at for at in moments if zone == "UTC" or not (1899 <= at.year <= 1970 or 2059 <= at.year <= 2100)
    ]
    moments = [*moments, datetime(1, 1, 3), datetime(2025, 10, 26, 2, 30)]
    cells = {
        "VARCHAR": [moment.isoformat() for moment in moments],
        "TIMESTAMP": moments,
        "DATE": [moment.date() for moment in moments],
    }
    for kind, column in cells.items():
        register_frame(con, "t", pd.DataFrame({"n": range(len(column)), "c": [str(cell) for cell in column]}))
        con.raw_sql(f"CREATE OR REPLACE TABLE typed AS SELECT n, c::{kind} AS c FROM t")
        relation = dated_sql(con, "typed", {"us": "c"}, {"c": kind}, zone, None)
        found = [us for (us,) in con.raw_sql(f"SELECT us FROM {relation} ORDER BY n").fetchall()]
        assert found == [in_memory(cell, zone, "end") for cell in column], kind
        frame = moments_column(pd.Series(column, dtype=object), zone, "end")
        assert [None if us is pd.NA else us for us in frame] == found
    typed = moments_column(pd.Series(np.array(moments, dtype="datetime64[us]")), "UTC", "start")
    assert [None if us is pd.NA else us for us in typed] == [
        in_memory(cell, "UTC", "start") for cell in moments
    ]


DIGITS = st.text("0123456789", min_size=1, max_size=7)
TWO = st.integers(0, 61).map("{:02d}".format)
WRITTEN = st.builds(
    "2024-0{}-{}{}{}:{}:{}{}{}".format,
    st.integers(1, 9), TWO, st.sampled_from("T "), st.sampled_from(["00", "09", "23", "24", "25"]), TWO, TWO,
    st.one_of(st.just(""), DIGITS.map(".{}".format)),
    st.one_of(
        st.sampled_from(["", "Z", "z", "+0", "+00:"]),
        st.builds("{}{}{}".format, st.sampled_from("+-"), TWO, st.sampled_from(["", "00", ":3", ":60"])),
    ),
)  # fmt: skip
"""Moments as databases write them, and what is nearly one: hour 24, any fraction, offsets of days."""


@settings(max_examples=20, deadline=None)
@given(texts=st.lists(WRITTEN, min_size=20, max_size=60), zone=st.sampled_from(["UTC", "Europe/Paris"]))
def test_moments_of_any_fraction_and_offset_are_read_by_the_engine_as_in_memory(
    texts: list[str], zone: str
) -> None:
    con = connect()
    register_frame(con, "t", pd.DataFrame({"n": range(len(texts)), "c": pd.Series(texts, dtype=object)}))
    relation = dated_sql(con, "t", {"us": "c"}, {"c": "VARCHAR"}, zone, None)
    found = [us for (us,) in con.raw_sql(f"SELECT us FROM {relation} ORDER BY n").fetchall()]
    assert found == [in_memory(text, zone, "end") for text in texts]
    con.disconnect()


def in_memory(cell: object, zone: str, edge: DayEdge) -> int | None:
    try:
        return parse_date(cell, zone, edge)
    except ValueError:
        return None


def test_days_that_no_calendar_has_and_infinities_kill_no_file() -> None:
    con = connect()
    con.raw_sql("""
        CREATE TABLE d AS SELECT unnest(['5881580-07-10'::DATE, 'infinity'::DATE, '-infinity'::DATE,
                                         '5877642-06-25 (BC)'::DATE]) AS c""")
    con.raw_sql(
        "CREATE TABLE s AS SELECT 'infinity'::TIMESTAMP_S AS c UNION ALL SELECT '290000-01-01'::TIMESTAMP_S"
    )
    for table, kind in (("d", "DATE"), ("s", "TIMESTAMP_S")):
        relation = dated_sql(con, table, {"us": "c"}, {"c": kind}, "Asia/Tokyo", None)
        assert {us for (us,) in con.raw_sql(f"SELECT us FROM {relation}").fetchall()} == {None}


@pytest.mark.parametrize(
    "line", ["[recipe]\nhorizon_days = 1e9", "[snapshots]\nat_days = [0, 1e9]", "[windows]\ndays = [1e9]"]
)
def test_spans_that_overflow_are_refused_in_the_recipe(line: str) -> None:
    with pytest.raises(LeadscoreError, match="less than or equal to 36500"):
        parse_recipe(f'[tables]\nleads = "l.csv"\n[lead]\nid = "lead_id"\n{line}')
