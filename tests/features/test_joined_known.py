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
     "Calls made", "Numéro client", "Number of orders", "Lifetime value", "Gewonnene Deals"],
)  # fmt: skip
def test_names_of_what_was_sold_or_done_so_far_say_that_they_grow(name: str) -> None:
    hint = hint_of(plain(name))
    assert hint is not None
    assert hint.when == "grows with the process"


@pytest.mark.parametrize(
    "name",
    ["Annual revenue", "Chiffre d'affaires", "Jahresumsatz", "Industry", "Order type", "Client type", "Team"],
)
def test_names_of_what_a_company_is_say_nothing(name: str) -> None:
    assert hint_of(plain(name)) is None
