"""The end of the history is where dates stop, not the newest of them: a few wrong ones move nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import Recipe, Tables, parse_recipe, tables_from_frames
from features.clock.instants import DAY_US, from_us, parse_moment
from features.discovery.history_shape import propose_horizon, propose_start, steady
from features.snapshots import snapshots
from features.tables.history_end import steady_days

START_US = parse_moment("2024-01-01", "UTC")
CLOCK_US = START_US + 1500 * DAY_US
Frames = dict[str, pd.DataFrame]

_RECIPE = """
[recipe]
horizon_days = 30
[tables]
leads = "leads.csv"
events = "events.csv"
outcomes = "outcomes.csv"
[lead]
id = "lead_id"
created_at = "created_at"
[events]
ingested_at = "ingested_at"
[events.kinds]
visit = "interest"
[snapshots]
at_days = [0, 7, 30]
"""


def at(days: float) -> str:
    return from_us(START_US + round(days * DAY_US)).isoformat()


def company(seed: int, leads: int = 200, days: int = 365) -> Frames:
    """A year of leads, visits and outcomes, one lead on the last day at least."""
    random = np.random.default_rng(seed)
    created = np.append(random.uniform(0, days, leads - 1), days)
    ids = [f"L{number}" for number in range(leads)]
    visits = random.uniform(0, 1, (leads, 3)) * (days - created)[:, None] + created[:, None]
    ends = random.uniform(0, 1, leads) * (days - created) + created
    events = pd.DataFrame({"lead_id": np.repeat(ids, 3), "occurred_at": [at(day) for day in visits.ravel()]})
    outcomes = pd.DataFrame({"lead_id": ids, "stage": random.choice(["won", "lost", "mql"], leads)})
    return {
        "leads": pd.DataFrame({"lead_id": ids, "created_at": [at(day) for day in created]}),
        "events": events.assign(kind="visit", ingested_at=None),
        "outcomes": outcomes.assign(occurred_at=[at(day) for day in ends]),
    }


def read(frames: Frames, more: str = "") -> tuple[Recipe, Tables]:
    recipe = parse_recipe(_RECIPE + more)
    return recipe, tables_from_frames(recipe, **frames, clock_us=CLOCK_US)


def with_wrong(frames: Frames, table: str, column: str, days: list[float]) -> Frames:
    """Some rows of a table repeated for new places, dated as given."""
    wrong = frames[table].tail(len(days)).assign(**{column: [at(day) for day in days]})
    if table == "leads":
        wrong = wrong.assign(lead_id=[f"wrong {place}" for place in range(len(days))])
    return {**frames, table: pd.concat([frames[table], wrong], ignore_index=True)}


_PLACES = [
    ("leads", "created_at"),
    ("events", "occurred_at"),
    ("events", "ingested_at"),
    ("outcomes", "occurred_at"),
]


@pytest.mark.parametrize(("table", "column"), _PLACES)
@given(seed=st.integers(0, 999), late=st.lists(st.integers(32, 900), min_size=1, max_size=3))
@settings(max_examples=4, deadline=None)
def test_a_few_wrong_dates_move_no_row(table: str, column: str, seed: int, late: list[int]) -> None:
    frames = company(seed)
    recipe, right = read(frames)
    days = [365.0 + day + (0 if place else 5) for place, day in enumerate(sorted(late))]
    _, wrong = read(with_wrong(frames, table, column, days))
    assert right.end_us == START_US + 365 * DAY_US
    assert wrong.end_us == right.end_us
    assert sum(wrong.end.stray.values()) == len(days)
    assert wrong.end.stray.keys() == {table}
    before, after = snapshots(recipe, right), snapshots(recipe, wrong)
    rows = ["lead_id", "as_of_us", "label", "matured"]
    kept = after.frame[after.frame["lead_id"].isin(before.frame["lead_id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept[rows], before.frame[rows])
    (warning,) = after.account.warnings
    assert f"{len(days)} of {table}" in warning
    assert "2024-12-31" in warning
    assert after.account.end == f"2024-12-31, the newest date but {len(days)} isolated dates after it"
    assert (table, "rows dated alone, long after all others", len(days)) in {
        row[:3] for row in wrong.quality.rows()
    }


def test_a_few_leads_created_long_before_all_others_are_left_out_and_told() -> None:
    frames = company(3)
    recipe, right = read(frames)
    _, wrong = read(with_wrong(frames, "leads", "created_at", [-19_000.0, -400.0]))
    before, after = snapshots(recipe, right), snapshots(recipe, wrong)
    assert set(after.frame["lead_id"]) == set(before.frame["lead_id"])
    assert ("leads created alone, long before all others", 2) in after.account.rows()
    (warning,) = after.account.warnings
    assert "leads created alone, long before all others, left out: 2" in warning
    asked = parse_recipe(_RECIPE + '[split]\ntrain_from = "1900-01-01"')
    assert "wrong 0" in set(snapshots(asked, wrong).frame["lead_id"])


def test_init_proposes_the_same_horizon_and_start_beside_wrong_dates() -> None:
    random = np.random.default_rng(4)
    created = START_US + random.uniform(0, 300, 400) * DAY_US
    won = np.where(random.random(400) < 0.3, created + random.uniform(1, 200, 400) * DAY_US, np.nan)
    odd = np.append(created, [0.0, START_US + 1_400.0 * DAY_US])
    ends = np.append(won, [DAY_US, np.nan])
    assert propose_horizon(steady(odd), steady(ends)) == propose_horizon(created, won)
    assert propose_horizon(odd, ends) != propose_horizon(created, won)
    assert propose_start(steady(odd), steady(ends)) == propose_start(created, won)


def test_the_account_says_which_end_was_taken_and_why() -> None:
    recipe, tables = read(company(1))
    assert snapshots(recipe, tables).account.end == "2024-12-31, the newest date"
    recipe, tables = read(company(1), '[split]\nhistory_end = "2024-06-30T00:00:00Z"')
    taken = snapshots(recipe, tables).account
    assert (taken.end, taken.warnings) == ("2024-06-30, declared in the recipe", [])
    assert tables.end.newest_us == START_US + 365 * DAY_US


def days_of(*parts: range) -> np.ndarray:
    return np.concatenate([np.array(part, dtype=np.int64) for part in parts])


@pytest.mark.parametrize(
    "days",
    [
        days_of(range(300)),
        days_of(range(300), range(316, 317)),  # closed over the new year, exported on the first day back
        days_of(range(0, 1500, 30)),  # an import a month
        days_of(range(200), range(200, 380, 8)),  # outcomes trickle in after the last lead
        days_of(range(0, 40, 9), range(400, 401)),  # too little to tell
    ],
)
def test_what_is_sparse_but_plausible_stays(days: np.ndarray) -> None:
    assert steady_days(days, np.ones(len(days), np.int64)).all()


def test_many_rows_on_one_late_day_are_no_stray_dates() -> None:
    days, rows = days_of(range(300), range(600, 601)), np.full(301, 10)
    rows[-1] = 500  # everything still open was closed that day
    assert steady_days(days, rows).all()
    rows[-1] = 20
    assert steady_days(days, rows).sum() == 300


@given(
    days=st.lists(st.integers(-5_000, 40_000), min_size=1, max_size=60, unique=True).map(sorted),
    rows=st.integers(1, 50),
)
@settings(max_examples=100, deadline=None)
def test_what_is_cut_is_the_end_and_little(days: list[int], rows: int) -> None:
    kept = steady_days(np.array(days, np.int64), np.full(len(days), rows))
    assert kept[0]
    assert (np.diff(kept.astype(int)) <= 0).all()
    again = steady_days(np.array(days, np.int64)[kept], np.full(int(kept.sum()), rows))
    assert again.all()
