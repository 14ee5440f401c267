"""A milestone is a recipe of its own: from MQL to SQL, from SQL to won, with nothing else to learn."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from features import Recipe, parse_recipe, read_tables
from features.snapshots import open_leads
from features.snapshots.snapshots import snapshots

RECIPE = """
[recipe]
name = "acme.{start}-{end}"
horizon_days = 30

[tables]
leads.sql = '''SELECT l.*, s.occurred_at AS reached_at FROM read_csv('leads.csv', all_varchar = true) AS l
JOIN read_csv('stages.csv', all_varchar = true) AS s ON s.lead_id = l.lead_id AND s.stage = '{start}' '''
outcomes = "stages.csv"

[lead]
id = "lead_id"
created_at = "reached_at"

[lead.fields]
size = {{ type = "number" }}

[outcomes]
won = [{won}]
lost = ["lost"]

[snapshots]
at_days = [0, 10]

[split]
history_end = "2025-06-01"
"""

STAGES = [
    ("a", "mql", "2025-01-01"), ("a", "sql", "2025-01-15"), ("a", "won", "2025-02-01"),
    ("b", "mql", "2025-01-01"), ("b", "lost", "2025-01-05"),
    ("c", "mql", "2025-01-01"), ("c", "sql", "2025-03-01"), ("c", "lost", "2025-03-03"),
    ("d", "mql", "2025-05-20"),
]  # fmt: skip


def milestone(start: str, end: str) -> Recipe:
    """Who has reached `end`, or a stage beyond it, has made the step from `start`."""
    beyond = {"sql": '"sql", "won"', "won": '"won"'}
    return parse_recipe(RECIPE.format(start=start, end=end, won=beyond[end]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    pd.DataFrame({"lead_id": list("abcde"), "size": range(5)}).to_csv(tmp_path / "leads.csv", index=False)
    pd.DataFrame(STAGES, columns=["lead_id", "stage", "occurred_at"]).to_csv(
        tmp_path / "stages.csv", index=False
    )
    return tmp_path


def labels(recipe: Recipe, folder: Path) -> dict[tuple[str, float], float]:
    frame = snapshots(recipe, read_tables(recipe, folder)).frame
    frame = frame[frame["matured"]]
    return {
        (lead, age): label
        for lead, age, label in zip(frame["lead_id"], frame["age_days"], frame["label"], strict=True)
    }


def test_from_mql_to_sql(folder: Path):
    recipe = milestone("mql", "sql")
    expected = {("a", 0): 1, ("a", 10): 1, ("b", 0): 0, ("c", 0): 0, ("c", 10): 0}
    assert labels(recipe, folder) == expected, "b is lost before its second look, e was never an MQL"
    tables = read_tables(recipe, folder)
    assert open_leads(recipe, tables, tables.end_us)["lead_id"].tolist() == ["d"]


def test_from_sql_to_won(folder: Path):
    recipe = milestone("sql", "won")
    assert labels(recipe, folder) == {("a", 0): 1, ("a", 10): 1, ("c", 0): 0}
    tables = read_tables(recipe, folder)
    assert open_leads(recipe, tables, tables.end_us)["lead_id"].tolist() == []


def test_each_milestone_has_a_champion_of_its_own():
    names = {milestone(a, b).name for a, b in [("mql", "sql"), ("sql", "won")]}
    assert names == {"acme.mql-sql", "acme.sql-won"}
