"""The account of rows: every count is that of a plain count over the tables and the snapshots themselves."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

import data
from features import Recipe, Tables, load_recipe, read_tables
from features.snapshots import snapshots


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recipe, Tables, pd.DataFrame]:
    folder = tmp_path_factory.mktemp("acme")
    data.simulate(folder, leads=1_200, seed=8)
    recipe = load_recipe(folder / "recipe.toml")
    return recipe, read_tables(recipe, folder), pd.read_parquet(folder / "leads.parquet")


def test_leads_and_snapshots_are_counted_as_they_are(company: tuple[Recipe, Tables, pd.DataFrame]) -> None:
    recipe, tables, raw = company
    shot = snapshots(recipe, tables)
    counts, frame = dict(shot.account.rows()), shot.frame
    assert counts["leads read"] == len(raw)
    assert counts["leads kept"] == raw["lead_id"].nunique() < len(raw)
    dropped = {"rows without an id", "exact copies of a row", "rows with the id of an earlier, different row"}
    gone = sum(n for what, n in counts.items() if what in dropped)
    assert gone == counts["leads read"] - counts["leads kept"], "the account adds up"
    assert counts["snapshots"] == len(frame)
    assert counts["matured snapshots"] == int(frame["matured"].sum())
    assert (
        counts["snapshots not matured or without a known outcome"] == len(frame) - counts["matured snapshots"]
    )
    assert counts["matured snapshots"] not in (0, len(frame) // 2, len(frame))
    assert counts["matured snapshots converted"] == int((frame["label"] == 1).sum())


def test_the_end_of_the_history_and_its_doubts_are_told(
    company: tuple[Recipe, Tables, pd.DataFrame],
) -> None:
    recipe, tables, _ = company
    assert snapshots(recipe, tables).account.end == tables.end.words
    stray = replace(tables.end, stray={"events": 3}, newest_us=tables.end.us)
    assert stray.warning is not None
    doubted = snapshots(recipe, replace(tables, end=stray)).account.warnings
    sure = snapshots(recipe, tables).account.warnings
    assert doubted == [stray.warning, *sure]
