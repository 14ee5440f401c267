"""Folders of known truth: the leads, the outcome, what joins them; and what is said where it is not sure."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from features import read_tables
from features.discovery import discover
from features.errors import LeadscoreError
from features.recipe import lines_to_check
from features.recipe.file import parse_recipe
from leadscore import main
from tests.docs.folders import PAGE, judged_folders, page
from tests.made.folder_scores import table_of_parts
from tests.made.folders import NAMES, N, is_held_back, make_folder

DIALECT = "english"


def test_the_made_folders_are_forty_and_a_third_is_held_back() -> None:
    held = [name for name in NAMES if is_held_back(name)]
    assert len(NAMES) >= 40
    assert len(held) >= len(NAMES) / 3


@pytest.mark.slow
@pytest.mark.parametrize("held", [False, True])
def test_nineteen_in_twenty_are_found_seen_and_held_back(held: bool) -> None:
    judged = [one for name, one in judged_folders().items() if is_held_back(name) == held]
    for part, found, count in table_of_parts(judged):
        assert found >= 0.95 * count, (part, [one.name for one in judged if not one.parts.get(part, True)])


@pytest.mark.slow
def test_the_page_says_what_was_measured() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m tests.docs.folders"


@pytest.mark.parametrize("kind", ["events beside", "pipeline", "accident", "second key", "among thirty"])
def test_no_lead_is_lost_or_multiplied(kind: str, tmp_path: Path) -> None:
    made = make_folder(f"{kind}, {DIALECT}", tmp_path)
    recipe = parse_recipe(discover(made.files, folder=tmp_path).recipe_toml)
    leads = read_tables(recipe, tmp_path).leads.select("lead_id").to_pyarrow()["lead_id"].to_pylist()
    assert (len(leads), len(set(leads))) == (N, N)


def test_an_account_listed_twice_does_not_multiply_its_leads(tmp_path: Path) -> None:
    made = make_folder(f"pipeline, {DIALECT}", tmp_path)
    accounts = pd.read_csv(tmp_path / "accounts.csv")
    pd.concat([accounts, accounts.head(3)]).to_csv(tmp_path / "accounts.csv", index=False)
    recipe = parse_recipe(discover(made.files, folder=tmp_path).recipe_toml)
    assert len(read_tables(recipe, tmp_path).leads.select("lead_id").to_pyarrow()) == N


def test_an_option_decides_between_two_outcomes_and_leaves_nothing_to_check(tmp_path: Path) -> None:
    made = make_folder(f"two outcomes, {DIALECT}", tmp_path)
    guessed = discover(made.files, folder=tmp_path)
    assert guessed.choice is not None
    assert (guessed.choice.certainty, [one.column for one in guessed.choice.rivals]) == (
        "likely",
        ["Qualified"],
    )
    assert lines_to_check(guessed.recipe_toml) == [
        "column = \"Customer\": likely, by its name; 'Qualified' could be it too"
    ]
    decided = discover(made.files, folder=tmp_path, outcome="Qualified=Yes")
    assert decided.choice is None
    assert lines_to_check(decided.recipe_toml) == []
    assert parse_recipe(decided.recipe_toml).outcomes.column == "Qualified"


def test_train_repeats_what_is_to_be_checked(tmp_path: Path) -> None:
    made = make_folder(f"two outcomes, {DIALECT}", tmp_path)
    recipe = tmp_path / "recipe.toml"
    runner = CliRunner()
    assert runner.invoke(main, ["init", str(made.files[0]), "-o", str(recipe)]).exit_code == 0
    recipe.write_text(recipe.read_text().replace('"leads.csv"', '"absent.csv"'))
    assert 'check: column = "Customer": likely' in runner.invoke(main, ["train", str(recipe)]).stderr


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda key: key.lstrip("L-").lstrip("0"), None),
        (lambda key: f"{key}.0", "without the '.0' at the end"),
        (str.lower, "whatever the capitals"),
        (lambda key: key.replace("-", " "), "without blanks and signs"),
    ],
)
def test_ids_written_in_another_way_are_an_error_that_says_how(
    change: object, says: str | None, tmp_path: Path
) -> None:
    made = make_folder(f"events beside, {DIALECT}", tmp_path)
    events = pd.read_csv(tmp_path / "activities.csv", dtype=str)
    events["Lead ID"] = [change(key) for key in events["Lead ID"]]  # type: ignore[operator]
    events.to_csv(tmp_path / "activities.csv", index=False)
    with pytest.raises(LeadscoreError, match=r"column 'Lead ID' .* none of its") as raised:
        discover(made.files, folder=tmp_path)
    assert (says in str(raised.value)) if says else ("would" not in str(raised.value))
    assert "L-1" not in str(raised.value)


def test_events_of_many_more_leads_than_were_exported_are_joined(tmp_path: Path) -> None:
    made = make_folder(f"events beside, {DIALECT}", tmp_path)
    leads = pd.read_csv(tmp_path / "leads.csv")
    leads.head(180).to_csv(tmp_path / "leads.csv", index=False)
    recipe = parse_recipe(discover(made.files, folder=tmp_path).recipe_toml)
    assert recipe.events is not None
    assert recipe.events.lead_id == "Lead ID"


def test_a_table_of_outcomes_beside_leads_without_a_date_is_an_error_not_a_recipe(tmp_path: Path) -> None:
    days = [f"{datetime(2024, 1, 1) + timedelta(days=n):%Y-%m-%d}" for n in range(200)]
    keys = [f"K-{n}" for n in range(200)]
    pd.DataFrame({"Lead ID": keys, "Size": range(200)}).to_csv(tmp_path / "leads.csv", index=False)
    ends = pd.DataFrame({"Lead ID": keys, "Stage": ["Won", "Lost"] * 100, "Date": days})
    ends.to_csv(tmp_path / "deals.csv", index=False)
    with pytest.raises(LeadscoreError, match="no date says when leads came"):
        discover([tmp_path / "leads.csv", tmp_path / "deals.csv"], folder=tmp_path)
