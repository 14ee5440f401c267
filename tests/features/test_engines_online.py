"""What an engine reads in bulk is what one lead in memory gives, on whole companies: no mismatch at all."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import data
from features import Feature, Recipe, Tables, default_features, load_recipe, parse_lead, read_tables
from features.columns import Columns
from features.lead.reader import accepted_fields
from features.readings import offline, online, stack
from features.snapshots import snapshots
from tests.features.test_engines_agree import unequal

SHARED = Path(os.environ.get("LEADSCORE_SHARED_DATA", "../shared/data"))
BPI = Path(data.__file__).parent / "recipes" / "bpic2012.toml"


def raw_rows(tables: Tables, table: str) -> list[dict[str, Any]]:
    """The rows of a table as they came from its file, before anything was parsed."""
    rows: list[dict[str, Any]] = tables.con.con.sql(f"SELECT * FROM raw_{table}").to_arrow_table().to_pylist()
    return rows


def one_by_one(
    features: tuple[Feature, ...], recipe: Recipe, tables: Tables, moments: pd.DataFrame
) -> Columns:
    """The online reading of each moment, from the raw rows: what a CRM that knows all would have sent."""
    assert recipe.lead.id is not None
    assert recipe.events is not None
    accepted, key = accepted_fields(recipe), recipe.events.lead_id
    leads: dict[str, dict[str, Any]] = {}
    for row in raw_rows(tables, "leads"):
        leads.setdefault(str(row[recipe.lead.id]), {name: row[name] for name in row if name in accepted})
    named = {
        getattr(recipe.events, role) for role in ("occurred_at", "kind", "event_id", "ingested_at", "value")
    }
    events: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in raw_rows(tables, "events"):
        if row[recipe.events.occurred_at] is not None and row[recipe.events.kind]:
            events[str(row[key])].append({name: cell for name, cell in row.items() if name in named})
    answers = [
        online(features, parse_lead(recipe, lead_id=at, fields=leads[at], events=events[at], as_of_us=us))
        for at, us in zip(moments["lead_id"], moments["as_of_us"].tolist(), strict=True)
    ]
    return stack(features, answers)


def check(recipe: Recipe, folder: Path, rows: int) -> None:
    tables = read_tables(recipe, folder)
    frame = snapshots(recipe, tables).frame
    moments = frame.sample(min(rows, len(frame)), random_state=1)
    features = default_features(recipe)
    expected = one_by_one(features, recipe, tables, moments)
    assert unequal(features, expected, offline(features, recipe, tables, moments)) == {}


@pytest.mark.slow
def test_bulk_equals_one_by_one_on_the_simulator(tmp_path: Path) -> None:
    data.simulate(tmp_path, 1000, 2)
    check(load_recipe(tmp_path / "recipe.toml"), tmp_path, 5_000)


@pytest.mark.slow
def test_bulk_equals_one_by_one_on_100_000_snapshots(tmp_path: Path) -> None:
    data.simulate(tmp_path, 20_000, 3)
    check(load_recipe(tmp_path / "recipe.toml"), tmp_path, 100_000)


@pytest.mark.slow
def test_bulk_equals_one_by_one_on_bpi_2012() -> None:
    folder = SHARED / "bpic2012_loan_events"
    if not folder.exists():
        pytest.skip(f"{folder} is absent: set LEADSCORE_SHARED_DATA")
    check(load_recipe(BPI), folder, 100_000)
