"""A log of events whose outcome is told has a lead a case, however often a row says that it is won."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features import read_tables
from features.discovery import Discovery, discover
from features.recipe.file import parse_recipe

CASES = 60
START = datetime(2024, 1, 1)


def found(folder: Path, columns: dict[str, list[Any]], outcome: str, id: str | None = None) -> Discovery:
    """What `discover` makes of a CSV with these columns."""
    path = folder / "log.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    return discover([path], outcome=outcome, id=id, folder=folder)


def history(repeats: list[int]) -> list[tuple[int, int, str]]:
    """(hour, case, stage): three steps of each case, the last one said as often as `repeats` says."""
    rows = []
    for case in range(CASES):
        stages = ["New", "Proposal"] + ["Won" if case % 3 == 0 else "Lost"] * repeats[case % len(repeats)]
        rows += [(case * 5 + hour * 31, case, stage) for hour, stage in enumerate(stages)]
    return sorted(rows)


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("account", [True, False])
@pytest.mark.parametrize("repeats", [[1], [3, 1, 2, 4]])
def test_rows_that_repeat_the_end_of_a_case_are_no_leads(
    repeats: list[int], account: bool, own: bool, tmp_path: Path
) -> None:
    rows = history(repeats)
    columns: dict[str, list[Any]] = {"Id": [f"H{n:05d}" for n in range(len(rows))]} if own else {}
    columns |= {"AccountId": [f"A{case // 2:05d}" for _, case, _ in rows]} if account else {}
    columns |= {
        "OpportunityId": [f"O{case:05d}" for _, case, _ in rows],
        "StageName": [stage for _, _, stage in rows],
        "CreatedDate": [(START + timedelta(hours=hour)).isoformat() for hour, _, _ in rows],
    }
    recipe = parse_recipe(found(tmp_path, columns, "StageName=Won").recipe_toml)
    assert recipe.lead.id == "OpportunityId"
    assert read_tables(recipe, tmp_path).leads.count().to_pyarrow().as_py() == CASES


def test_who_buys_again_is_one_lead(tmp_path: Path) -> None:
    rows = [(case + step * 70, case, kind) for case in range(CASES) for step, kind in enumerate(
        ["visit", "cart"] + ["purchase", "visit"] * (case % 2 * 3)
    )]  # fmt: skip
    columns = {
        "customer": [f"c{case:05d}@shop.example" for _, case, _ in rows],
        "time": [str(START + timedelta(hours=hour)) for hour, _, _ in rows],
        "event": [kind for _, _, kind in rows],
    }
    discovery = found(tmp_path, columns, "event=purchase")
    assert parse_recipe(discovery.recipe_toml).lead.id == "customer"


@pytest.mark.parametrize("told", [None, "user_id"])
def test_an_id_that_is_told_and_repeats_makes_a_log_of_yes_and_no(told: str | None, tmp_path: Path) -> None:
    rows = [
        (case + step * 70, case, int(step == 2 and case % 3 > 0))
        for case in range(CASES)
        for step in range(3)
    ]
    columns = {
        "user_id": [f"u{case:05d}" for _, case, _ in rows],
        "timestamp": [str(START + timedelta(hours=hour)) for hour, _, _ in rows],
        "event_type": [("visit", "search", "click")[n * 5 % 7 % 3] for n in range(len(rows))],
        "conversion": [won for _, _, won in rows],
    }
    discovery = found(tmp_path, columns, "conversion=1", told)
    recipe = parse_recipe(discovery.recipe_toml)
    leads = read_tables(recipe, tmp_path).leads.count().to_pyarrow().as_py()
    said = [one for one in discovery.remarks if "each row is taken for a lead; --id COLUMN" in one]
    assert (recipe.events is None) == (told is None)
    assert recipe.events is None or set(recipe.events.kinds) == {"visit", "search", "click"}
    assert (recipe.lead.id, leads, len(said)) == ((told, CASES, 0) if told else (None, len(rows), 1))
