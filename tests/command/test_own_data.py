"""The simulated company in other people's files: understood without a question, and nobody is shown."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from data import CRMS, simulate, simulate_crm
from features import read_tables
from features.discovery.discover import Discovery, discover
from features.exports.reader import read_raw
from features.recipe.file import parse_recipe
from features.recipe.recipe import Recipe
from features.snapshots import snapshots
from leadscore import main

LEADS, SEED = 1500, 5
UNDERSTOOD = {
    "hubspot": ("Record ID", "Create Date", None, "Lifecycle Stage", ("Customer",), "Became a Customer Date"),
    "salesforce": ("Lead ID", "Create Date", "mdy", "Converted", ("1",), "Converted Date"),
    "spreadsheet": ("N°", "Date de contact", "dmy", "Statut", ("Gagné",), "Date de clôture"),
}
LEAKS = {
    "hubspot": {"Recent Deal Amount", "Number of Associated Deals", "Last Activity Date"},
    "salesforce": {"Lead Status"},
    "spreadsheet": {"Montant signé"},
}
Exported = tuple[str, Path, list[Path], Discovery, Recipe]


@pytest.fixture(scope="module", params=CRMS)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """A CRM, its folder, the files of its history, and what 'init' makes of them."""
    folder = tmp_path_factory.mktemp(request.param)
    files = simulate_crm(folder, LEADS, SEED, request.param, 80)
    history = [path for path in files if not path.name.startswith("new-")]
    discovery = discover(history, folder=folder)
    return request.param, folder, history, discovery, parse_recipe(discovery.recipe_toml)


def test_roles_and_outcome_are_found(exported: Exported) -> None:
    crm, _, history, _, recipe = exported
    lead, outcomes = recipe.lead, recipe.outcomes
    found = (lead.id, lead.created_at, lead.created_format, outcomes.column, outcomes.won)
    assert (*found, outcomes.occurred_at) == UNDERSTOOD[crm]
    assert (recipe.events is not None) == (len(history) == 2)


def test_what_the_outcome_fills_in_is_left_out_and_nothing_else(exported: Exported) -> None:
    crm, _, _, discovery, _ = exported
    assert {suspect.column for suspect in discovery.suspects} == LEAKS[crm]


def test_nobody_is_shown(exported: Exported) -> None:
    _, _, history, discovery, _ = exported
    shown = discovery.recipe_toml + str(discovery.as_dict())
    frame = read_raw(history[0]).frame
    addresses = frame[next(name for name in frame if "mail" in name.lower())].dropna()
    assert not [address for address in addresses if "@" in address and address in shown]


def test_leads_and_conversions_are_those_of_the_company(exported: Exported, tmp_path: Path) -> None:
    _, folder, _, _, recipe = exported
    simulate(tmp_path, LEADS, SEED)
    outcomes = pd.read_parquet(tmp_path / "outcomes.parquet")
    tables = read_tables(recipe, folder)
    assert tables.leads.select("row").to_pyarrow().num_rows == LEADS
    frame = snapshots(recipe, tables).frame
    converted = frame.loc[frame["label"] == 1, "lead_id"].nunique()
    won = outcomes.loc[outcomes["stage"] == "won", "lead_id"].nunique()
    assert 0.4 * won <= converted <= won


def test_new_leads_come_in_the_same_columns_without_an_outcome(exported: Exported) -> None:
    _, folder, history, _, recipe = exported
    old, new = read_raw(history[0]), read_raw(folder / f"new-{history[0].name}")
    assert list(old.frame) == list(new.frame)
    assert 0 < len(new.frame) <= 80
    assert recipe.outcomes.occurred_at is not None
    assert new.frame[recipe.outcomes.occurred_at].isna().all()


def test_the_command_writes_and_says_the_files(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        main, ["simulate", "-o", str(tmp_path), "--crm", "spreadsheet", "--leads", "50"]
    )
    assert done.exit_code == 0
    assert "prospects.csv are in" in done.output.replace("\n", " ")
    assert [path.name for path in tmp_path.iterdir()] == ["prospects.csv"]
