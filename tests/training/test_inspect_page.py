"""What an inspection measures is right, and its page shows everything but the values of single leads."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import parse_recipe, tables_from_frames
from features.clock.instants import DAY_US
from tests.made.runs import START_US, assert_self_contained
from training.inspection.found import HEAD
from training.inspection.inspect import inspect_tables
from training.inspection.measure import Calendar, bands, drift, fill_by, importance
from training.inspection.page import inspect_page

NASTY = '<img src=x onerror="alert(1)">'
RECIPE = """
[recipe]
horizon_days = 10
[tables]
leads = "leads.csv"
outcomes = "outcomes.csv"
[lead]
id = "lead_id"
created_at = "created_at"
[lead.fields]
note = { type = "text" }
region = { type = "category" }
[snapshots]
at_days = [0]
[split]
history_end = "2025-01-01"
"""


def made(leads: int = 400) -> dict[str, pd.DataFrame]:
    """Leads whose texts name them, in declared and undeclared columns, one of them with a nasty name."""
    rng = np.random.default_rng(8)
    who = [f"Zyx{i:04d}" for i in range(leads)]
    created = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.sort(rng.uniform(0, 330, leads)), "D")
    people = pd.DataFrame(
        {
            "lead_id": [f"secret-{name}" for name in who],
            "created_at": created,
            "note": [f"{name} asked for a price" for name in who],
            "region": np.where(rng.random(leads) < 0.01, "only-zyx", rng.choice(["n<b>", "south"], leads)),
            "contact": [f"{name}@mail.example" for name in who],
            "last name": who,
            "city": rng.choice(["Paris", "Lyon"], leads),
            NASTY: rng.integers(0, 9, leads),
        }
    )
    ended = created + pd.to_timedelta(rng.uniform(1, 9, leads), "D")
    stage = np.where(rng.random(leads) < 0.3, "won", "lost")
    return {
        "leads": people,
        "outcomes": pd.DataFrame({"lead_id": people["lead_id"], "stage": stage, "occurred_at": ended}),
    }


def test_the_page_shows_hostile_names_and_no_single_lead():
    recipe, frames = parse_recipe(RECIPE), made()
    found = inspect_tables(recipe, tables_from_frames(recipe, frames["leads"], None, frames["outcomes"]))
    page = inspect_page(found)
    seen = assert_self_contained(page)
    assert NASTY in seen.text
    assert "n<b>" in seen.text
    assert "zyx" not in page.lower()
    assert "Paris" in page, "values that many leads share are shown"
    assert seen.sections == ["suspicions", "runs", "fields", "features", "timing", "roles", "rows"]
    named = {row[0] for row in found.rows()}
    assert {"note", "region", "contact", "last name", "city", NASTY} <= named
    assert all(len(row) == len(HEAD) for row in found.rows())


def months(rng: np.random.Generator, leads: int = 1200) -> Calendar:
    at = START_US + np.sort(rng.integers(0, 365 * DAY_US, leads))
    return Calendar.of(at, np.arange(leads).astype(str).astype(object), dated=True)


def test_a_steady_column_seldom_moves_by_chance():
    rng = np.random.default_rng(1)
    calendar = months(rng)
    steady = [rng.normal(size=1200) for _ in range(150)]
    steady += [rng.choice(list("abcdefghij"), 1200).astype(object) for _ in range(150)]
    assert sum(drift(column, calendar).moves for column in steady) <= 9  # 1 % each; 3 expected, 9 with 99.9 %


def test_a_column_that_changes_moves_and_one_of_dated_levels_follows_the_calendar():
    rng = np.random.default_rng(2)
    calendar = months(rng)
    place = np.arange(1200)
    jumped = rng.normal(size=1200) + np.where(place > 900, 1.0, 0.0)
    assert drift(jumped, calendar).moves
    assert not drift(jumped, calendar).tells_time
    quarter = np.array([f"q{p // 300}" for p in place], dtype=object)
    assert drift(quarter, calendar).tells_time


@given(
    st.lists(
        st.one_of(st.none(), st.floats(-1e6, 1e6), st.integers(0, 3).map(float)), min_size=1, max_size=120
    )
)
def test_every_row_is_in_one_band(values):
    column = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    found = bands(column, "number", np.zeros(len(column)), np.arange(len(column)))
    assert sum(band.rate.n for band in found) == len(column)


def test_importance_is_that_of_newer_rows_only():
    rng = np.random.default_rng(4)
    y = (rng.random(2000) < 0.3).astype(float)
    places = np.arange(2000)
    told = np.where(places < 1000, y, rng.random(2000))  # knows the outcome, but only of the older rows
    older, newer = places[:1000], places[1000:]
    found = importance(told, y, places, older, newer, int(y[newer].sum()))
    assert found.auc == pytest.approx(0.5, abs=2 * found.error)
    known = importance(y + rng.normal(0, 0.1, 2000), y, places, older, newer, int(y[newer].sum()))
    assert known.auc > 0.95
    assert not importance(told, y, places, older[:0], newer, 1).known


def test_fill_by_outcome():
    column = np.array([1.0, np.nan, 2.0, np.nan])
    assert fill_by(column, np.array([1.0, 1.0, 0.0, 0.0])) == (0.5, 0.5)
    assert fill_by(column, np.array([1.0, 0.0, 1.0, 0.0])) == (1.0, 0.0)


def test_odd_columns_are_inspected_and_only_dates_after_creation_are_accused():
    frames = made()
    people = frames["leads"]
    rng = np.random.default_rng(9)
    days = pd.to_timedelta(rng.uniform(0, 300, len(people)), "D")
    odd = people.assign(constant=1, empty=None, infinite=np.inf, nested=[[1, 2]] * len(people))
    odd["mixed"] = [1, "x"] * (len(people) // 2)
    odd["copied"] = people["created_at"]
    odd["before"], odd["after"] = people["created_at"] - days, people["created_at"] + days
    recipe = parse_recipe(RECIPE)
    found = inspect_tables(recipe, tables_from_frames(recipe, odd, None, frames["outcomes"]))
    assert {suspect.column: suspect.kind for suspect in found.suspects} == {"after": "after creation"}
    assert {"constant", "empty", "infinite", "nested", "mixed", "copied", "before"} <= {
        c.name for c in found.columns
    }
    assert_self_contained(inspect_page(found))
    json.dumps(found.as_dict(), allow_nan=False)
