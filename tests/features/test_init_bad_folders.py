"""Folders that people really have: each bad input gets its sentence; nothing is lost, doubled or guessed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features import read_tables
from features.discovery import Discovery, discover
from features.errors import LeadscoreError
from features.recipe.file import parse_recipe
from tests.made.folders import MadeFolder, N, make_folder


def understood(made: MadeFolder, **options: str) -> Discovery:
    return discover(made.files, folder=made.files[0].parent, **made.options, **options)  # type: ignore[arg-type]


def lead_ids(found: Discovery, folder: Path) -> list[str]:
    leads = read_tables(parse_recipe(found.recipe_toml), folder).leads
    return [str(one) for one in leads.select("lead_id").to_pyarrow()["lead_id"].to_pylist()]


@pytest.mark.parametrize("vendor", ["hubspot", "salesforce", "dynamics", "pipedrive", "zoho"])
def test_a_whole_dump_is_joined_without_losing_or_doubling_a_lead(vendor: str, tmp_path: Path) -> None:
    made = make_folder(f"{vendor}, english", tmp_path)
    for file in made.files[1:]:
        rows = pd.read_csv(file)
        if len(rows) == 150:  # the accounts, of which some stand twice
            pd.concat([rows, rows.head(2)]).to_csv(file, index=False)
    found = understood(made)
    ids = lead_ids(found, tmp_path)
    assert (len(ids), len(set(ids))) == (N, N)
    fields = parse_recipe(found.recipe_toml).lead.fields
    assert {"Industry", "Price", "Team"} <= {field.column or name for name, field in fields.items()}


def test_of_one_list_on_two_days_the_newer_is_used_and_the_older_named(tmp_path: Path) -> None:
    made = make_folder("two days, english", tmp_path)
    found = understood(made)
    assert (
        "list_a.csv: holds 100% of the leads of list_b.csv, on an earlier day by its dates"
        in found.remarks[0]
    )
    assert len(lead_ids(found, tmp_path)) == N


def test_leads_spread_over_two_files_are_said_to_be_left_out(tmp_path: Path) -> None:
    found = understood(make_folder("two files, english", tmp_path))
    assert "list_a.csv: holds leads of the same kind as leads.csv" in found.remarks[0]
    assert "put the rows into one file to use both" in found.remarks[0]


def test_a_file_without_a_header_is_refused_or_read_under_made_names(tmp_path: Path) -> None:
    made = make_folder("no header, english", tmp_path)
    with pytest.raises(LeadscoreError, match=r"has no header.*\n*.*--outcome 'column 5=VALUE'"):
        understood(made)
    found = understood(made, outcome="column 5=Won")
    assert "leads.csv: has no header; its columns are called 'column 1' to 'column 5'" in found.remarks
    assert len(lead_ids(found, tmp_path)) == N, "the first lead is one, too"


def test_a_first_lead_under_names_of_its_own_cells_is_refused(tmp_path: Path) -> None:
    pd.DataFrame(
        {
            "K-1": [f"K-{n}" for n in range(2, 402)],
            "Web": ["Web", "Expo"] * 200,
            "Steel": ["Food", "Steel", "IT", "Steel"] * 100,
            "note": ["Won", "Lost"] * 200,
        }
    ).to_csv(tmp_path / "list.csv", index=False)
    with pytest.raises(LeadscoreError, match="has no header: 2 of the 4 cells of its first line"):
        discover([tmp_path / "list.csv"], folder=tmp_path)


def test_amounts_in_two_currencies_are_refused_until_a_rate_is_declared(tmp_path: Path) -> None:
    made = make_folder("two currencies, english", tmp_path)
    found = understood(made)
    said = next(remark for remark in found.remarks if "currencies" in remark)
    assert "several currencies, EUR and USD" in said
    assert "those in USD are refused row by row until 'rates'" in said
    assert "rates = { EUR = 1 } }  # check: what one USD is worth" in found.recipe_toml


def test_a_column_that_names_the_currency_says_the_same(tmp_path: Path) -> None:
    made = make_folder("hubspot, english", tmp_path)
    deals = pd.read_csv(made.files[0])
    deals["Currency"] = ["EUR", "EUR", "CHF"] * (N // 3)
    deals.to_csv(made.files[0], index=False)
    assert any("Amount: amounts of 2 currencies, as 'Currency' says" in remark or ("amount" in remark.lower()
               and "as 'Currency' says" in remark) for remark in understood(made).remarks)  # fmt: skip


def test_an_outcome_of_two_columns_counts_open_leads_as_open(tmp_path: Path) -> None:
    made = make_folder("two columns, english", tmp_path)
    leads = pd.read_csv(made.files[0])
    found = understood(made)
    recipe = parse_recipe(found.recipe_toml)
    tables = read_tables(recipe, tmp_path)
    assert len(lead_ids(found, tmp_path)) == N
    assert recipe.outcomes.won == ("Won",)
    open_ = int(((leads["Customer"] == "No") & (leads["Closed"] == "No")).sum())
    assert any(f"{open_:,} leads that were not won are not closed" in remark for remark in found.remarks)
    used = {field.column or name for name, field in recipe.lead.fields.items()}
    assert used.isdisjoint({"Customer", "Closed"})
    assert tables.outcomes is not None
    stages = tables.outcomes.select("stage").to_pyarrow()["stage"].to_pylist()
    assert stages.count("Won") == (leads["Customer"] == "Yes").sum()


@pytest.mark.parametrize(
    ("won", "lost", "open_", "names"),
    [
        (("yes", "no"), ("no", "yes"), ("no", "no"), ("Won", "Lost")),
        (("Closed", "Signed"), ("Closed", "Price"), ("Open", ""), ("Status", "Reason")),
        (("Closed", "Won"), ("Closed", "No budget"), ("Running", "Talks"), ("Stage", "Substage")),
        (("Abgeschlossen", "Gewonnen"), ("Abgeschlossen", ""), ("Offen", ""), ("Status", "Grund")),
    ],
)
def test_other_pairs_that_say_the_outcome_together(
    tmp_path: Path,
    won: tuple[str, str],
    lost: tuple[str, str],
    open_: tuple[str, str],
    names: tuple[str, str],
) -> None:
    rng = np.random.default_rng(1)
    ends = [[won, lost, open_][kind] for kind in rng.choice(3, 600, p=[0.2, 0.4, 0.4])]
    frame = pd.DataFrame({"Key": [f"K{n:03d}x" for n in range(600)], "Size": rng.integers(1, 90, 600)})
    for i, name in enumerate(names):
        frame[name] = [end[i] for end in ends]
    frame.to_csv(tmp_path / "list.csv", index=False)
    found = discover([tmp_path / "list.csv"], folder=tmp_path)
    recipe = parse_recipe(found.recipe_toml)
    assert recipe.outcomes.column == "outcome_of_two", found.remarks
    assert any(f"{ends.count(open_):,} leads that were not won are not" in remark for remark in found.remarks)
    tables = read_tables(recipe, tmp_path)
    assert tables.outcomes is not None
    stages = tables.outcomes.select("stage").to_pyarrow()["stage"].to_pylist()
    assert (stages.count("Won"), stages.count("Lost")) == (ends.count(won), ends.count(lost))
    assert set(recipe.lead.fields) == {"Size"}


def test_what_is_joined_from_rows_written_later_is_only_known_now(tmp_path: Path) -> None:
    made = make_folder("dated accounts, english", tmp_path)
    found = understood(made)
    fields = parse_recipe(found.recipe_toml).lead.fields
    assert {field.known for name, field in fields.items() if (field.column or name) == "Industry"} == {
        "current"
    }
    assert any("accounts.csv: by 'Date' its rows were written after" in remark for remark in found.remarks)


def test_the_case_of_a_log_is_found_under_any_name(tmp_path: Path) -> None:
    made = make_folder("event log, english", tmp_path)
    log = pd.read_csv(made.files[0])
    log.insert(0, "Clerk", [f"clerk {n % 30}" for n in range(len(log))])
    log.to_csv(made.files[0], index=False)
    recipe = parse_recipe(understood(made).recipe_toml)
    assert (recipe.lead.id, recipe.lead.created_at) == ("Took up", "log_created_at")


def test_stages_that_say_won_and_lost_are_the_outcome_under_any_name(tmp_path: Path) -> None:
    made = make_folder("events beside, english", tmp_path)
    frame = pd.read_csv(tmp_path / "leads.csv").rename(columns={"Result": "Zeta"})
    frame.loc[::9, "Zeta"] = "Pending"
    frame.to_csv(tmp_path / "leads.csv", index=False)
    found = understood(made)
    assert found.choice is not None
    assert (found.choice.found.column, found.choice.why) == ("Zeta", "as its values say won and lost")
    assert found.choice.certainty == "likely"
