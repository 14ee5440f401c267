"""What a snapshot says that its win brought, and when it came, against outcomes that are read one by one."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from features import parse_recipe, tables_from_frames
from features.clock.instants import DAY_US, parse_moment
from features.snapshots import snapshots

_RECIPE = """
[tables]
leads = "leads.csv"
outcomes = "outcomes.csv"
[lead]
id = "lead_id"
{created}
[outcomes]
amount = "amount"
[snapshots]
at_days = [{ages}]
"""
_DATED = 'created_at = "created_at"'
_START = parse_moment("2025-01-01", "UTC")
_CLOCK = parse_moment("2026-06-01", "UTC")
_LEADS = [f"l{number:02}" for number in range(40)]
Outcome = tuple[str, str, int, float | None]


def drawn(seed: int) -> list[Outcome]:
    """(lead, stage, days after creation, amount): up to five of each lead, some at the same moment."""
    rng = np.random.default_rng(seed)
    found = [
        (
            lead,
            str(rng.choice(["won", "won", "lost", "open"])),
            int(rng.choice([-1, 0, 3, 5, 5, 9, 20, 26, 40])),
            [None, 10.0, 20.0, 5.5][rng.integers(4)],
        )
        for lead in _LEADS
        for _ in range(rng.integers(6))
    ]
    return list(dict.fromkeys(found))  # equal rows count once


def frame_of(rows: list[Outcome], *, created: str, ages: str) -> pd.DataFrame:
    """The snapshots of the leads with these outcomes; 'end' ends the history much later."""
    recipe = parse_recipe(_RECIPE.format(created=created, ages=ages))
    leads = pd.DataFrame({"lead_id": [*_LEADS, "end"], "created_at": "2025-01-01"})
    leads.loc[leads["lead_id"] == "end", "created_at"] = "2025-06-01"
    days = pd.to_timedelta([day for _, _, day, _ in rows], "D")
    outcomes = pd.DataFrame(
        {
            "lead_id": [lead for lead, *_ in rows],
            "stage": [stage for _, stage, *_ in rows],
            "occurred_at": [f"{when.isoformat()}Z" for when in pd.Timestamp("2025-01-01") + days],
            "amount": [amount for *_, amount in rows],
        }
    )
    found = snapshots(recipe, tables_from_frames(recipe, leads, None, outcomes, clock_us=_CLOCK)).frame
    return found[found["lead_id"] != "end"]


def _sum(amounts: list[float | None]) -> float:
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if known else math.nan


@pytest.mark.parametrize("seed", range(3))
def test_the_next_win_after_a_snapshot_says_when_and_how_much(seed: int) -> None:
    rows = drawn(seed)
    found = frame_of(rows, created=_DATED, ages="0, 5, 20")
    assert found[["won_us", "won_amount"]].dtypes.tolist() == [np.float64, np.float64]
    assert np.isfinite(found["won_us"]).any()
    for row in found.itertuples():
        day = (row.as_of_us - _START) / DAY_US
        wins = [(when, amount) for lead, stage, when, amount in rows if (lead, stage) == (row.lead_id, "won")]
        first = min((when for when, _ in wins if when > day), default=math.inf)
        assert row.won_us == (_START + first * DAY_US if first < math.inf else math.inf)
        np.testing.assert_equal(row.won_amount, _sum([amount for when, amount in wins if when == first]))


@pytest.mark.parametrize("seed", range(3))
def test_without_dates_a_won_lead_brings_the_sum_of_its_wins(seed: int) -> None:
    rows = drawn(seed)
    found = frame_of(rows, created="", ages="0")
    assert found[["won_us", "won_amount"]].dtypes.tolist() == [np.float64, np.float64]
    assert found["won_us"].isna().all()
    for row in found.itertuples():
        wins = [amount for lead, stage, _, amount in rows if (lead, stage) == (row.lead_id, "won")]
        np.testing.assert_equal(row.won_amount, _sum(wins) if row.label == 1 else math.nan)
