"""Tables beside the leads know outcomes too: accounts as they are today, sellers' wins, events of the end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.discovery import discover
from features.leaks.words import hint_of
from features.profiles import plain
from features.recipe.file import parse_recipe
from tests.made.joined_scores import joined_scores
from tests.made.joined_worlds import JoinedWorld, make_joined_world


@pytest.mark.slow
@pytest.mark.parametrize("held", [False, True])
def test_nine_in_ten_of_what_is_beside_the_leads_are_named_and_at_most_one_innocent_is_dropped(
    held: bool,
) -> None:
    score = joined_scores(held=held)
    for kind, there in score.there.items():
        assert score.left_out[kind] + score.marked[kind] >= 0.9 * there, (kind, score.missed)
    assert max(len(names) for names in score.dropped) <= 1, score.dropped
    accounts = [kind for kind in score.innocent if kind not in ("team", "seniority")]
    assert sum(score.doubted[kind] for kind in accounts) <= 0.1 * sum(
        score.innocent[kind] for kind in accounts
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> JoinedWorld:
    return make_joined_world(0, tmp_path_factory.mktemp("world"), held=False)


def test_the_recipe_says_which_events_are_left_out_and_why(world: JoinedWorld) -> None:
    found = discover(world.files, folder=world.files[0].parent)
    events = parse_recipe(found.recipe_toml).events
    assert events is not None
    assert set(events.kinds) == set(world.kind_innocents)
    for kind in world.kind_leaks:
        assert f"# '{kind}' = " in found.recipe_toml.replace('"', "'") or f"# {kind} = " in found.recipe_toml
        assert any(f"events.csv: '{kind}' is left out of the events: of " in said for said in found.remarks)


def test_where_every_kind_of_event_follows_an_agreement_the_events_are_not_used(world: JoinedWorld) -> None:
    folder = world.files[0].parent
    events = pd.read_csv(folder / "events.csv", dtype=str)
    events[events["Activity"].isin(world.kind_leaks)].to_csv(folder / "events_after.csv", index=False)
    found = discover([folder / "leads.csv", folder / "events_after.csv"], folder=folder)
    assert parse_recipe(found.recipe_toml).events is None
    assert "events_after.csv: no other kind of event is left; not used" in found.remarks


@settings(max_examples=8)
@given(st.integers(0, 500))
def test_kinds_that_say_much_and_not_all_are_kept(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    rng, rows = np.random.default_rng(seed), 600
    folder: Path = tmp_path_factory.mktemp("kept")
    won = rng.random(rows) < 0.2
    leads = pd.DataFrame({"Lead ID": [f"L-{row}" for row in range(rows)]})
    leads["Created"] = [
        f"{day:%Y-%m-%d}" for day in pd.Timestamp("2025-01-01") + pd.to_timedelta(np.arange(rows), "D")
    ]
    leads["Source"] = rng.choice(["Web", "Fair"], rows)
    leads["Converted"] = np.where(won, "yes", "no")
    leads.to_csv(folder / "leads.csv", index=False)
    asked = rng.random(rows) < np.where(won, 0.7, 0.06)
    events = leads.loc[asked, ["Lead ID", "Created"]].assign(Activity="Quote requested")
    other = leads.loc[rng.random(rows) < 0.5, ["Lead ID", "Created"]].assign(Activity="Page viewed")
    pd.concat([events, other]).to_csv(folder / "events.csv", index=False)
    found = discover([folder / "leads.csv", folder / "events.csv"], folder=folder)
    events_of = parse_recipe(found.recipe_toml).events
    assert events_of is not None
    assert set(events_of.kinds) == {"Quote requested", "Page viewed"}


@pytest.mark.parametrize(
    "name",
    ["Deals won this year", "Taux de transformation", "Abschlussquote", "CA cumulé", "Kundenstatus",
     "Sales this year", "Numéro client", "Number of orders", "Lifetime value", "Gewonnene Deals"],
)  # fmt: skip
def test_names_of_what_was_sold_so_far_say_that_they_grow_where_the_cells_agree(name: str) -> None:
    hint = hint_of(plain(name))
    assert hint is not None
    assert (hint.when, hint.sure) == ("grows with the process", False)


@pytest.mark.parametrize(
    "name",
    ["Annual revenue", "Chiffre d'affaires", "Jahresumsatz", "Industry", "Order type", "Client type", "Team",
     "LTV", "Number of orders per year", "Nombre de commandes par an", "Anzahl Bestellungen pro Jahr",
     "Relationship", "Quota",
     "Number of sales reps", "Number of sales channels", "Keep up to date", "Account type", "Partner type",
     "Loan amount for purchase", "Montant de l'achat", "Import quota", "Sales month",
     "Sales region", "Contract type",
     "Sales area this year", "Total sales employees"],
)  # fmt: skip
def test_names_of_what_a_company_is_or_wants_say_nothing(name: str) -> None:
    assert hint_of(plain(name)) is None


def _company(
    folder: Path, won: np.ndarray, columns: dict[str, object], kinds: dict[str, np.ndarray]
) -> list[Path]:
    """A list of leads with these columns, and events of these kinds for the leads that have them."""
    days = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.arange(len(won)) // 4, "D")
    leads = pd.DataFrame(
        {"Lead ID": [f"L-{row}" for row in range(len(won))], "Created": days.strftime("%Y-%m-%d")}
    )
    leads["Source"] = np.random.default_rng(1).choice(["Web", "Fair"], len(won))
    for name, cells in columns.items():
        leads[name] = cells
    leads["Converted"] = np.where(won, "yes", "no")
    leads.to_csv(folder / "leads.csv", index=False)
    parts = [leads.loc[has, ["Lead ID", "Created"]].assign(Activity=kind) for kind, has in kinds.items()]
    pd.concat(parts).to_csv(folder / "events.csv", index=False)
    return [folder / "leads.csv", folder / "events.csv"]


@pytest.mark.parametrize("rate", [0.3, 0.55, 0.7])
def test_kinds_after_an_agreement_are_left_out_and_signs_of_a_loss_stay_whatever_the_share_won(
    tmp_path: Path, rate: float
) -> None:
    rng = np.random.default_rng(3)
    won = rng.random(1600) < rate
    kinds = {
        "invoice sent": won & (rng.random(1600) < 0.9),
        "unsubscribed": ~won & (rng.random(1600) < 0.6),
        "page viewed": rng.random(1600) < 0.5,
    }
    found = discover(_company(tmp_path, won, {}, kinds), folder=tmp_path)
    events = parse_recipe(found.recipe_toml).events
    assert events is not None
    assert set(events.kinds) == {"unsubscribed", "page viewed"}


def test_a_name_alone_takes_no_column_from_the_model_and_keep_gives_one_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    won = rng.random(1600) < 0.3
    columns = {
        "Number of orders": rng.poisson(3, 1600),  # says nothing of the outcome
        "Number of purchases": rng.poisson(1 + won),
        "State of account": np.where(won | (rng.random(1600) < 0.4), "Customer", "Prospect"),
    }
    kinds = {kind: rng.random(1600) < 0.5 for kind in ("page viewed", "mail opened")}
    files = _company(tmp_path, won, columns, kinds)
    found = discover(files, folder=tmp_path)
    assert {one.column for one in found.marked} == {"Number of purchases", "State of account"}
    kept = discover(files, folder=tmp_path, keep=["Number of purchases"])
    assert {one.column for one in kept.marked} == {"State of account"}
    fields = parse_recipe(kept.recipe_toml).lead.fields
    assert {
        field.known for name, field in fields.items() if (field.column or name) == "Number of purchases"
    } == {"creation"}
    assert any(
        "kept by --keep" in said
        for said in (*kept.remarks, kept.recipe_toml, *(f.remark for f in kept.findings))
    )


def test_a_file_of_events_of_one_kind_that_no_lead_has_twice_says_no_outcome(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    won = rng.random(900) < 0.3
    found = discover(_company(tmp_path, won, {}, {"page viewed": rng.random(900) < 0.5}), folder=tmp_path)
    recipe = parse_recipe(found.recipe_toml)
    assert recipe.outcomes.column == "Converted"
    assert recipe.events is not None
    assert set(recipe.events.kinds) == {"page viewed"}
