"""An inspection names what knows the outcome, accuses nobody else, and looks at no row that is judged on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import data
from features import Recipe, load_recipe, parse_recipe, tables_from_frames
from features.snapshots.snapshots import snapshots
from training.history.split import forward_split
from training.inspection.found import Inspection
from training.inspection.inspect import inspect, inspect_tables

PLANTED = {"contract_reference", "close_reason"}
DAY = pd.Timedelta("1D")


def few_features(recipe: Recipe) -> Recipe:
    """The recipe with the features of some kinds of events left out: the rest tells the same, sooner."""
    plan = recipe.features.model_copy(update={"off": ("count_*", "value_*", "decayed_*", "recency_*")})
    return recipe.model_copy(update={"features": plan})


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("company")
    data.simulate(folder, 3000, 1)
    return folder


@pytest.fixture(scope="module")
def inspected(company: Path) -> Inspection:
    return inspect(few_features(load_recipe(company / "recipe.toml")), company)


def test_planted_leaks_are_named_and_nobody_else(inspected):
    assert {suspect.column for suspect in inspected.suspects} == PLANTED
    assert not any(timing.suspicious for timing in inspected.timings)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, 3, 4])
def test_no_innocent_field_is_accused_with_all_features(tmp_path, seed):
    data.simulate(tmp_path, 6000, seed)
    found = inspect(load_recipe(tmp_path / "recipe.toml"), tmp_path)
    assert {suspect.column for suspect in found.suspects} == PLANTED


def test_every_column_is_there_once(company, inspected):
    recipe = load_recipe(company / "recipe.toml")
    table = pd.read_parquet(company / "leads.parquet")
    fields = [column.name for column in inspected.columns if column.what != "feature"]
    assert sorted([*fields, *inspected.roles]) == sorted(table.columns)
    assert set(recipe.lead.fields) <= set(fields)
    assert len(inspected.rows()) == len(inspected.columns)
    assert {row[0] for row in inspected.rows()[:2]} == PLANTED, "suspects come first"


def test_fill_and_rates_are_those_counted_by_hand(company, inspected):
    table = pd.read_parquet(company / "leads.parquet").drop_duplicates("lead_id")
    industry = next(
        column for column in inspected.columns if column.name == "industry" and column.what == "field"
    )
    assert industry.fill == pytest.approx(table["industry"].notna().mean())
    assert sum(band.rate.n for band in industry.bands) == inspected.training_leads
    assert all(band.rate.low <= band.rate.rate <= band.rate.high for band in industry.bands)


def test_campaigns_of_a_quarter_follow_the_calendar_but_are_not_accused(inspected):
    campaign = next(column for column in inspected.columns if column.name == "campaign")
    assert campaign.stability.startswith("follows the calendar")
    assert campaign.suspicion is None


RECIPE = """
[recipe]
horizon_days = 30
[tables]
leads = "leads.csv"
events = "events.csv"
outcomes = "outcomes.csv"
field_history = "history.csv"
[lead]
id = "lead_id"
created_at = "created_at"
[lead.fields]
size = { type = "number", means = "size" }
owner = { type = "category", known = "current" }
status = { type = "category", known = "current" }
[events.kinds]
visit = "interest"
invoice = "neutral"
[snapshots]
at_days = [0, 10]
[windows]
days = [7]
[split]
history_end = "2025-01-01"
"""


def shop(leads: int = 900) -> dict[str, pd.DataFrame]:
    """Leads of a year; `status` and an invoice are written when a lead closes, `owner` and visits any day."""
    rng = np.random.default_rng(3)
    created = pd.Timestamp("2024-01-01", tz="UTC") + pd.to_timedelta(np.sort(rng.uniform(0, 300, leads)), "D")
    ids = np.array([f"L{i}" for i in range(leads)], dtype=object)
    size = rng.integers(1, 500, leads)
    won = rng.random(leads) < np.where(size > 250, 0.4, 0.15)
    ended = created + pd.to_timedelta(rng.uniform(11, 28, leads), "D")
    any_day = created + pd.to_timedelta(rng.uniform(2, 28, leads), "D")
    people = pd.DataFrame(
        {"lead_id": ids, "created_at": created, "size": size, "owner": "ann", "status": "open"}
    )
    outcomes = pd.DataFrame({"lead_id": ids, "stage": np.where(won, "won", "lost"), "occurred_at": ended})
    events = pd.concat(
        [
            pd.DataFrame({"lead_id": ids, "kind": "visit", "occurred_at": any_day}),
            pd.DataFrame({"lead_id": ids, "kind": "invoice", "occurred_at": ended - pd.Timedelta("1min")}),
        ]
    )
    changes = [("owner", "ann", created), ("owner", "bob", any_day), ("status", "open", created)]
    changes.append(("status", "closed", ended))
    history = [
        pd.DataFrame({"lead_id": ids, "field": f, "value": v, "changed_at": at}) for f, v, at in changes
    ]
    return {
        "leads": people, "events": events, "outcomes": outcomes,
        "field_history": pd.concat(history, ignore_index=True),
    }  # fmt: skip


def test_what_is_written_when_the_outcome_happens_is_named():
    found = inspect_tables(parse_recipe(RECIPE), tables_from_frames(parse_recipe(RECIPE), **shop()))
    late = {suspect.column for suspect in found.suspects if suspect.kind == "written at the outcome"}
    assert late == {"status", "invoice"}
    assert {timing.name for timing in found.timings} == {"status", "owner", "visit", "invoice"}


def flipped(frames: dict[str, pd.DataFrame], rows: pd.Series) -> dict[str, pd.DataFrame]:
    """The same company in which those leads ended the other way."""
    outcomes = frames["outcomes"]
    other = outcomes["stage"].map({"won": "lost", "lost": "won"})
    return frames | {"outcomes": outcomes.assign(stage=outcomes["stage"].where(~rows.to_numpy(), other))}


def test_no_outcome_of_the_test_is_looked_at():
    recipe, frames = parse_recipe(RECIPE), shop()
    tables = tables_from_frames(recipe, **frames)
    matured = snapshots(recipe, tables).frame
    split = forward_split(recipe, matured[matured["matured"]].reset_index(drop=True))
    later = frames["leads"]["created_at"] >= pd.Timestamp(split.first_test_us, unit="us", tz="UTC")
    assert 50 < later.sum() < 700
    seen = [
        inspect_tables(recipe, tables_from_frames(recipe, **known))
        for known in (frames, flipped(frames, later), flipped(frames, ~later))
    ]
    assert repr(seen[0].columns) == repr(seen[1].columns)
    assert seen[0].suspects == seen[1].suspects
    assert repr(seen[0].columns) != repr(seen[2].columns)


def test_without_known_outcomes_there_is_still_an_inspection():
    recipe, frames = parse_recipe(RECIPE), shop(120)
    young = frames["leads"].assign(created_at=pd.Timestamp("2024-12-20", tz="UTC"))
    outcomes = frames["outcomes"].assign(occurred_at=pd.Timestamp("2024-12-31", tz="UTC"))
    found = inspect_tables(recipe, tables_from_frames(recipe, young, frames["events"], outcomes))
    assert found.training_rows == 0
    assert any("No outcome was known" in note for note in found.notes)
    assert found.as_dict()["base_rate"] is None
