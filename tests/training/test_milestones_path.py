"""Milestones: a recipe's steps to a win are models of their own, over exactly the leads that are asked."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from features import LeadscoreError, Recipe, parse_recipe, read_tables
from features.snapshots import open_leads, snapshots

RECIPE = """
[recipe]
name = "acme"
horizon_days = 30

[tables]
leads = "leads.csv"
outcomes = "stages.csv"

[lead]
id = "lead_id"
created_at = "created_at"

[lead.fields]
size = { type = "number" }

[outcomes]
won = ["won"]
lost = ["lost"]

[snapshots]
at_days = [0, 10]

[split]
history_end = "2025-06-01"

[[milestone]]
name = "sql"
reached = ["SQL"]
after = ["mql"]

[[milestone]]
name = "won"
reached = ["won"]
after = ["sql"]
"""
STAGES = [
    ("a", "mql", "2025-01-01"), ("a", "sql", "2025-01-15"), ("a", "won", "2025-02-01"),
    ("b", "mql", "2025-01-01"), ("b", "lost", "2025-01-05"),
    ("c", "mql", "2025-01-01"), ("c", "sql", "2025-03-01"), ("c", "lost", "2025-03-03"),
    ("d", "mql", "2025-05-20"), ("f", "sql", "2025-05-25"), ("g", "won", "2025-02-01"),
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    leads = {"lead_id": list("abcdefg"), "size": range(7), "created_at": "2024-12-20"}
    pd.DataFrame(leads).to_csv(tmp_path / "leads.csv", index=False)
    pd.DataFrame(STAGES, columns=["lead_id", "stage", "occurred_at"]).to_csv(
        tmp_path / "stages.csv", index=False
    )
    return tmp_path


def seen(recipe: Recipe, folder: Path) -> list[tuple[str, float, str, float]]:
    frame = snapshots(recipe, read_tables(recipe, folder)).frame
    frame = frame[frame["matured"]]
    day = pd.to_datetime(frame["as_of_us"], unit="us").dt.strftime("%m-%d")
    return sorted(zip(frame["lead_id"], frame["age_days"], day, frame["label"], strict=True))


def test_a_step_is_asked_of_leads_at_its_stage_from_when_they_came_there(folder: Path) -> None:
    sql = parse_recipe(RECIPE).of_milestone("sql")
    # a stage counts from the end of its day; b is lost before the second look; d is too young; g never was
    # an mql; who was won has been an sql
    assert sql.outcomes.won == ("SQL", "won")
    assert seen(sql, folder) == [
        ("a", 0.0, "01-01", 1.0), ("a", 10.0, "01-11", 1.0), ("b", 0.0, "01-01", 0.0),
        ("c", 0.0, "01-01", 0.0), ("c", 10.0, "01-11", 0.0),
    ]  # fmt: skip
    tables = read_tables(sql, folder)
    assert sorted(open_leads(sql, tables, tables.end_us)["lead_id"]) == ["d"]


def test_the_last_step_is_the_win_of_leads_that_came_far(folder: Path) -> None:
    won = parse_recipe(RECIPE).of_milestone("won")
    assert (won.name, won.outcomes.won, won.outcomes.after) == ("acme-won", ("won",), ("sql",))
    assert seen(won, folder) == [
        ("a", 0.0, "01-15", 1.0),
        ("a", 10.0, "01-25", 1.0),
        ("c", 0.0, "03-01", 0.0),
    ]
    tables = read_tables(won, folder)
    assert sorted(open_leads(won, tables, tables.end_us)["lead_id"]) == ["f"]


def test_milestones_leave_the_model_of_the_recipe_as_it_is() -> None:
    plain = parse_recipe(RECIPE.partition("[[milestone]]")[0])
    assert parse_recipe(RECIPE).hash == plain.hash
    assert plain.of_milestone  # a recipe without milestones has none to ask for
    with pytest.raises(LeadscoreError, match="no milestone 'sql'; it declares none"):
        plain.of_milestone("sql")


@pytest.mark.parametrize(
    ("was", "becomes", "words"),
    [
        ('name = "won"', 'name = "sql"', "more than once"),
        ('reached = ["SQL"]', 'reached = ["lost"]', "no step towards a win"),
        ('after = ["sql"]', "", "wins of every lead are what the recipe asks itself"),
        ('after = ["sql"]', 'after = ["won"]', "as 'reached' and as 'after'"),
        ('outcomes = "stages.csv"', "", "needs a table of outcomes"),
        ('won = ["won"]', 'won = ["*"]', "whose stages are named"),
    ],
)
def test_what_is_no_step_is_refused(was: str, becomes: str, words: str) -> None:
    with pytest.raises(LeadscoreError, match=words):
        parse_recipe(RECIPE.replace(was, becomes))
