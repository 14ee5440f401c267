"""Accounts: the probability that any lead converts, the dependence behind it, roles, and what was merged."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtr, ndtri

from features.clock import DAY_US, now_us
from features.clock.instants import parse_moment
from leadscore import main
from serving.accounts import accounts_moved, any_of, measure
from serving.ledger import LeadSent, Ledger, OutcomeSent, Writer
from serving.push.pace import RealClock
from tests.made.company import RECIPE, small_company
from tests.vendors.hubspot import HubSpotServer

AS_OF = "2024-12-01T00:00:00+00:00"
AS_OF_US = parse_moment(AS_OF, "UTC")
OWN = RECIPE.replace(
    'created_at = "created_at"', 'created_at = "created_at"\naccount_id = "account"'
).replace("[lead.fields]", '[lead.fields]\ntitle = { type = "text", means = "title" }')
CHANCES = st.lists(st.floats(0.001, 0.6), min_size=1, max_size=6).map(np.array)


def drawn(rho: float, accounts: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Leads of a world whose dependence is known."""
    rng = np.random.default_rng(seed)
    account = np.repeat(np.arange(accounts), rng.integers(1, 5, accounts))
    p = rng.uniform(0.05, 0.4, len(account))
    factor = rng.standard_normal(accounts)[account]
    latent = np.sqrt(rho) * factor + np.sqrt(1 - rho) * rng.standard_normal(len(account))
    return p, latent < ndtri(p), account


@given(p=CHANCES, rho=st.floats(0, 0.99), more=st.floats(0, 0.99))
@settings(deadline=None, max_examples=60)
def test_any_lies_between_the_best_lead_and_independent_leads_and_falls_with_dependence(
    p: np.ndarray, rho: float, more: float
) -> None:
    low, high = any_of(p, 1.0), any_of(p, 0.0)
    found = any_of(p, rho)
    slack = 0.02  # of the quadrature, where rho comes near 1
    assert p.max() == low
    assert low - slack <= found <= high + 1e-6
    assert any_of(p, max(rho, more)) <= any_of(p, min(rho, more)) + slack


@given(p=st.floats(0.01, 0.6), rho=st.floats(0, 0.9))
@settings(deadline=None, max_examples=30)
def test_of_one_lead_it_is_its_own(p: float, rho: float) -> None:
    assert any_of(np.array([p]), rho) == pytest.approx(p, abs=2e-3)


def test_any_agrees_with_a_simulation_of_the_copula() -> None:
    p, rho = np.array([0.1, 0.2, 0.05]), 0.4
    rng = np.random.default_rng(1)
    factor, own = rng.standard_normal((400_000, 1)), rng.standard_normal((400_000, 3))
    converted = np.sqrt(rho) * factor + np.sqrt(1 - rho) * own < ndtri(p)
    assert any_of(p, rho) == pytest.approx(converted.any(axis=1).mean(), abs=0.003)
    assert ndtr(ndtri(0.3)) == pytest.approx(0.3)


@pytest.mark.parametrize("rho", [0.0, 0.2, 0.5])
def test_the_dependence_is_found_again_and_any_is_calibrated(rho: float) -> None:
    p, converted, account = drawn(rho, 3_000, seed=3)
    found = measure(p, converted, account.tolist())
    assert found.rho == pytest.approx(rho, abs=0.08)
    assert found.low is not None
    assert found.high is not None
    assert found.low - 0.03 <= rho <= found.high + 0.03
    p, converted, account = drawn(rho, 3_000, seed=4)
    frame = pd.DataFrame({"p": p, "converted": converted, "account": account})
    groups = [group for _, group in frame.groupby("account") if len(group) > 1]
    expected = sum(any_of(group["p"].to_numpy(), found.rho or 0.0) for group in groups)
    came = sum(bool(group["converted"].any()) for group in groups)
    assert expected == pytest.approx(came, rel=0.06)


def test_a_probability_too_low_for_all_is_no_dependence() -> None:
    p, converted, account = drawn(0.0, 3_000, seed=5)
    found = measure(p * 0.4, converted, account.tolist())
    assert found.rho is not None
    assert found.rho < 0.1


def test_with_few_pairs_bounds_alone_are_said() -> None:
    p, converted, account = drawn(0.3, 12, seed=6)
    found = measure(p, converted, account.tolist())
    assert (found.rho, found.low, found.high) == (None, None, None)
    assert "bounds alone" in found.words


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two or three leads an account, with titles; a fifth of the leads names none."""
    small_company(tmp_path, leads=600)
    rng = np.random.default_rng(7)
    leads = pd.read_csv(tmp_path / "leads.csv")
    leads["account"] = [f"A{at % 230}" if at % 5 else None for at in range(len(leads))]
    leads["title"] = rng.choice(["Chief financial officer", "IT manager", "Buyer", ""], len(leads))
    leads.to_csv(tmp_path / "leads.csv", index=False)
    (tmp_path / "recipe.toml").write_text(OWN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEADSCORE_LEDGER", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    return tmp_path


def leadscore(*words: str, code: int = 0) -> Result:
    done = CliRunner().invoke(main, list(words))
    assert done.exit_code == code, done.stderr
    return done


def test_accounts_of_files_and_of_the_ledger_are_the_same(company: Path) -> None:
    told = json.loads(
        leadscore("accounts", "recipe.toml", "--as-of", AS_OF, "--csv", "a.csv", "--json").stdout
    )
    leadscore("ledger", "init")
    leadscore("ledger", "import", "recipe.toml")
    kept = json.loads(
        leadscore("accounts", "recipe.toml", "--data", "ledger", "--as-of", AS_OF, "--json").stdout
    )
    assert kept == told
    rows = {row["account"]: row for row in told["rows"]}
    leads = pd.read_csv("leads.csv")
    leads = leads[pd.to_datetime(leads["created_at"]) <= pd.Timestamp("2024-12-01")]
    won = pd.read_csv("outcomes.csv")
    won = won[pd.to_datetime(won["occurred_at"]) <= pd.Timestamp("2024-12-01")]
    is_open = leads[~leads["lead_id"].isin(won["lead_id"])]
    assert {name: row["leads"] for name, row in rows.items()} == is_open["account"].value_counts().to_dict()
    assert told["without"] == int(is_open["account"].isna().sum())
    before = leads[leads["lead_id"].isin(won["lead_id"])]["account"].value_counts().to_dict()
    for name, row in rows.items():
        assert row["won_before"] == before.get(name, 0)
        assert row["any_low"] <= row["any_high"] <= min(1.0, row["expected"] + 1e-9)
        assert row["best_probability"] == row["any_low"]
        titles = set(is_open.loc[is_open["account"] == name, "title"].dropna())
        assert ("finance" in row["roles"]) == ("Chief financial officer" in titles)
        assert ("decision" in row["roles"]) == ("Chief financial officer" in titles)
        assert not set(row["roles_missing"]) & set(row["roles"])
    with open("a.csv", encoding="utf-8", newline="") as file:
        assert [row["account"] for row in csv.DictReader(file)] == list(rows)


def test_who_objects_tells_nothing_of_the_account(company: Path) -> None:
    leadscore("ledger", "init")
    leadscore("ledger", "import", "recipe.toml")
    how = ("accounts", "recipe.toml", "--as-of", AS_OF, "--json")
    before = {row["account"]: row for row in json.loads(leadscore(*how).stdout)["rows"]}
    (name, lead) = next((row["account"], row["best_lead"]) for row in before.values() if row["leads"] > 1)
    leadscore("decide", lead, "--opt-out", "--by", "they", "--reason", "asked so")
    after = {row["account"]: row for row in json.loads(leadscore(*how).stdout)["rows"]}
    assert (after[name]["opted_out"], after[name]["scored"]) == (1, before[name]["scored"] - 1)
    assert after[name]["best_lead"] != lead
    assert after[name]["expected"] < before[name]["expected"]


def test_an_account_that_was_merged_into_another_is_said(company: Path) -> None:
    leadscore("ledger", "init")
    leadscore("ledger", "import", "recipe.toml")
    leads = pd.read_csv("leads.csv")
    of_one = leads.loc[leads["account"] == "A7", "lead_id"].tolist()
    with Writer(Ledger.opened()) as writer:
        moves = [LeadSent("crm", lead, {"account": "A8"}, AS_OF_US - DAY_US) for lead in of_one]
        writer.submit(moves).result()
    found = leadscore("accounts", "recipe.toml", "--data", "ledger", "--as-of", AS_OF, "--json")
    row = next(row for row in json.loads(found.stdout)["rows"] if row["account"] == "A8")
    said = f"{len(of_one)} of its leads came from account A7, which was merged into it"
    assert row["notes"] == [said]
    from features.recipe import load_recipe

    own = load_recipe(Path("recipe.toml"))
    assert accounts_moved(Ledger.opened(), own, AS_OF_US - 2 * DAY_US) == {}


def test_accounts_are_pushed_from_the_ledger(company: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leadscore("ledger", "init")
    leadscore("ledger", "import", "recipe.toml")
    leads = pd.read_csv("leads.csv")
    with HubSpotServer(set(leads["account"].dropna()), RealClock()) as server:
        server.kind = "companies"
        monkeypatch.setenv("LEADSCORE_HUBSPOT_TOKEN", server.token)
        how = ("hubspot", "--accounts")
        leadscore("connect", *how, "--url", server.url, "--create", "--recipe", "recipe.toml")
        dry = json.loads(leadscore("push", *how, "--dry-run", "--json").stdout)
        assert server.writes == []
        sent = json.loads(leadscore("push", *how, "--json").stdout)
        assert sent["sent"] == len(dry["due"]) == len(server.writes) > 100
        told = {row["account"]: row["after"]["leads"] for row in dry["due"]}
        assert told == {name: server.held[name]["leadscore_leads"] for name in told}
        of_one = next(name for name, count in told.items() if count > 1)
        lead = leads.loc[leads["account"] == of_one, "lead_id"]
        for name in lead:
            leadscore("decide", str(name), "--opt-out", "--by", "they", "--reason", "asked so")
        again = json.loads(leadscore("push", *how, "--json").stdout)
        assert again["sent"] == 1
        assert server.held[of_one] | {"leadscore_as_of": ""} == dict.fromkeys(server.held[of_one], "") | {
            "leadscore_leads": 0
        }
        assert (
            "is for accounts"
            in leadscore("push", "hubspot", "--mapping", "push-hubspot-accounts.toml", code=2).stderr
        )
        assert "every night" in leadscore("push", *how, "--watch", code=2).stderr
        with Writer(Ledger.opened()) as writer:
            ends = [OutcomeSent("crm", str(one), "lost", now_us() - DAY_US) for one in leads["lead_id"]]
            writer.submit(ends).result()
        over = json.loads(leadscore("push", *how, "--json").stdout)
        assert over["sent"] == len(told) - 1
        assert {server.held[name]["leadscore_leads"] for name in told} == {0}
    assert (
        "accounts are not sent to it"
        in leadscore("connect", "webhook", "--accounts", "--url", "https://x.org", code=2).stderr
    )


def test_a_crm_that_takes_no_accounts_is_told(company: Path) -> None:
    said = "Pipedrive: accounts are not sent to it."
    assert said in leadscore("push", "pipedrive", "--accounts", code=2).stderr
    assert said in leadscore("connect", "pipedrive", "--accounts", code=2).stderr


def test_without_an_account_in_the_recipe_it_says_what_to_name(company: Path) -> None:
    Path("recipe.toml").write_text(RECIPE, encoding="utf-8")
    assert "account_id" in leadscore("accounts", "recipe.toml", code=2).stderr
