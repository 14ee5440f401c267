"""Exploration from the recipe to the plan, the ledger and the effect: drawn before they are worked."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from features.clock import now_us
from features.recipe import load_recipe
from leadscore.command import main
from serving.exploration import Arrived, drawn, draws_of, record_draws
from serving.ledger import Ledger
from tests.made.worked import World, worked


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company whose sellers called some leads: each call_attempt is theirs, and some wins were lost."""
    folder = tmp_path_factory.mktemp("acme")
    made = World.of(folder, 1500, 7)
    recipe = folder / "recipe.toml"
    recipe.write_text(recipe.read_text() + "\n[exploration]\nshare = 0.1\n")
    lot = load_recipe(recipe)
    chosen = [
        drawn(lot, Arrived(str(one), None, int(at))) for one, at in zip(made.ids, made.created, strict=True)
    ]
    assert 0.05 < sum(chosen) / len(chosen) < 0.15
    seen, _ = worked(made, 7, share=0.1)
    called = set(seen.cluster[seen.worked]) | {
        one for one, lot_ in zip(made.ids, chosen, strict=True) if lot_
    }
    events = pd.read_parquet(folder / "events.parquet")
    calls = pd.DataFrame({"lead_id": made.ids, "at": pd.to_datetime(made.created, unit="us", utc=True)})
    calls = calls[calls["lead_id"].isin(called)]
    when = calls["at"] + pd.Timedelta(hours=5)
    calls = pd.DataFrame(
        {"event_id": [f"c{at}" for at in range(len(calls))], "lead_id": calls["lead_id"].to_numpy(),
         "kind": "call_attempt", "occurred_at": when.to_numpy(), "ingested_at": when.to_numpy()}
    )  # fmt: skip
    for column in ("occurred_at", "ingested_at"):
        calls[column] = pd.to_datetime(calls[column], utc=True).astype(events[column].dtype)
    both = pd.concat([events[events["kind"] != "call_attempt"], calls], ignore_index=True)
    both.to_parquet(folder / "events.parquet")
    outcomes = pd.read_parquet(folder / "outcomes.parquet")
    lost = (outcomes["stage"] == "won") & ~outcomes["lead_id"].isin(called)
    outcomes[~lost].to_parquet(folder / "outcomes.parquet")
    return folder


@pytest.fixture
def company(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(world, tmp_path / "acme")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LEADSCORE_LEDGER", str(tmp_path / "ledger.sqlite"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    return tmp_path / "acme" / "recipe.toml"


def called(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_the_effect_is_told_with_its_interval_against_both_orders(company: Path) -> None:
    result = called("effect", company, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert [gap["against"] for gap in found["effect"]["gaps"]] == ["first come first served", "the rules"]
    for gap in found["effect"]["gaps"]:
        assert gap["interval"][0] <= gap["gap"] <= gap["interval"][1]
    assert any("no ledger recorded the draws" in note for note in found["notes"])
    assert any("how far calling bends" in note for note in found["notes"])
    assert found["effect"]["unworked"] == 0


def test_without_exploration_the_effect_is_refused_with_what_to_write(company: Path) -> None:
    company.write_text(company.read_text().replace("[exploration]\nshare = 0.1\n", ""))
    result = called("effect", company)
    assert result.exit_code == 2
    assert "[exploration] share = 0.05" in result.stderr


@pytest.mark.slow
def test_the_plan_records_each_draw_before_it_is_worked_and_says_so(company: Path) -> None:
    assert called("ledger", "init").exit_code == 0
    assert called("ledger", "import", company).exit_code in (0, 3)
    result = called("plan", company, "--data", "ledger", "--as-of", "2025-12-31", "--json")
    assert result.exit_code == 0, result.output
    ledger = Ledger.opened()
    draws = draws_of(ledger)
    ledger.close()
    leads = {one["lead_id"]: one for one in json.loads(result.stdout)["leads"]}
    assert {one.lead_id for one in draws} == set(leads)
    lot = [one.lead_id for one in draws if one.chosen]
    assert 0.03 < len(lot) / len(draws) < 0.2
    told = {name for name, one in leads.items() if "drawn by lot" in one["why"]}
    assert told <= set(lot)
    effect = called("effect", company, "--data", "ledger")
    assert effect.exit_code == 0, effect.output
    assert "Nothing can be said yet" in effect.stderr


def test_a_lead_is_drawn_once_whatever_the_share_becomes(company: Path) -> None:
    recipe = load_recipe(company)
    leads = [Arrived(f"L{at}", None, 0) for at in range(400)]
    ledger = Ledger.made()
    first = record_draws(ledger, recipe, leads[:300], now_us())
    assert record_draws(ledger, recipe, leads[:300], now_us()) == first
    more = recipe.model_copy(update={"exploration": recipe.exploration.model_copy(update={"share": 0.5})})
    second = record_draws(ledger, more, leads, now_us())
    assert second & {one.lead_id for one in leads[:300]} == first
    shares = [one.share for one in draws_of(ledger)]
    ledger.close()
    assert shares == [0.1] * 300 + [0.5] * 100
    assert first == frozenset(one.lead_id for one in leads[:300] if drawn(recipe, one))


def test_a_changed_share_or_key_makes_no_other_model_and_weeks_and_accounts_are_drawn_whole(
    company: Path,
) -> None:
    text = company.read_text()
    plain = load_recipe(company)
    for unit in ("account", "week"):
        company.write_text(text.replace("share = 0.1", f'share = 0.3\nunit = "{unit}"\nkey = "2"'))
        recipe = load_recipe(company)
        assert recipe.hash == plain.hash
        week = 7 * 86_400_000_000
        same = {drawn(recipe, Arrived(f"L{at}", "A1", 4 * 86_400_000_000 + at)) for at in range(50)}
        assert len(same) == 1
        found = [drawn(recipe, Arrived("L", f"A{at}", at * week)) for at in range(300)]
        assert 0.2 < sum(found) / 300 < 0.4


@pytest.mark.slow
def test_a_share_changed_midway_and_leads_called_before_their_draw_are_said(company: Path) -> None:
    assert called("ledger", "init").exit_code == 0
    assert called("ledger", "import", company).exit_code in (0, 3)
    recipe = load_recipe(company)
    leads = pd.read_parquet(company.parent / "leads.parquet").drop_duplicates("lead_id")
    created = pd.to_datetime(leads["created_at"], utc=True).astype("datetime64[us, UTC]").astype("int64")
    arrived = [Arrived(str(one), None, int(at)) for one, at in zip(leads["lead_id"], created, strict=True)]
    arrived.sort(key=lambda one: one.created_us)
    half, late = len(arrived) // 2, arrived[-1].created_us
    more = recipe.model_copy(update={"exploration": recipe.exploration.model_copy(update={"share": 0.3})})
    ledger = Ledger.made()
    record_draws(ledger, recipe, arrived[100:half], arrived[0].created_us)
    record_draws(ledger, more, arrived[half:], arrived[half].created_us - 1)
    record_draws(ledger, more, arrived[:100], late)  # long after they were called
    ledger.close()
    result = called("effect", company, "--data", "ledger", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    notes = " ".join(found["notes"])
    assert "the share of exploration was changed from 10% to 30% on 2025-" in notes
    assert "leads of both times are weighted by their own share" in notes
    assert "leads were called before they were drawn and are left out" in notes
    assert found["effect"]["unworked"] > 0
    for gap in found["effect"]["gaps"]:
        assert gap["interval"][0] <= gap["gap"] <= gap["interval"][1]
