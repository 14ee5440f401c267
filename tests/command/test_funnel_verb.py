"""`leadscore funnel` from files to table, page and what if; its inputs are never written over."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from click.testing import CliRunner

import data
from leadscore.command import main


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    folder = tmp_path_factory.mktemp("acme")
    data.simulate(folder, leads=1_200, seed=3)
    return folder


def called(*words):
    return CliRunner().invoke(main, ["funnel", *map(str, words)])


def test_the_funnel_is_a_table_a_page_and_every_figure_as_csv(company, tmp_path):
    page, table = tmp_path / "funnel.html", tmp_path / "funnel.csv"
    result = called(
        company / "recipe.toml", "--html", page, "--csv", table, "--move", "paid", "referral", "10"
    )
    assert result.exit_code == 0, result.output
    html = page.read_text(encoding="utf-8")
    for words in (
        "What to change",
        "From stage to stage",
        "Money",
        "How leads are worked",
        "moved from paid",
    ):
        assert words in html
    frame = pd.read_csv(table)
    assert frame["leads"].iloc[:-1].sum() == frame["leads"].iloc[-1] == 1_200
    assert set(frame["origin"]) >= {"inbound", "paid", "referral", "all"}
    assert "cost_per_customer_low" in frame.columns
    assert "What if" in result.stderr


def test_json_is_the_whole_funnel(company):
    result = called(company / "recipe.toml", "--json", "--by", "market")
    found = json.loads(result.stdout)
    assert found["by"] == "market"
    assert found["all"]["leads"] == 1_200
    assert {group["name"] for group in found["groups"]} == {"b2b", "b2c"}


def test_costs_of_an_export_replace_those_of_the_leads(company, tmp_path):
    leads = pd.read_parquet(company / "leads.parquet")
    campaign = leads["campaign"].dropna().mode()[0]
    created = pd.to_datetime(leads.loc[leads["campaign"] == campaign, "created_at"], utc=True)
    first, last = created.min().date(), created.max().date()
    (tmp_path / "google.csv").write_text(
        f"Campaign report\nAll time\nCampaign,Day,Currency code,Cost\n{campaign},{first},EUR,500\n"
        f"{campaign},{last},EUR,700\nTotal: Account,,EUR,1200\n",
        encoding="utf-8",
    )
    result = called(company / "recipe.toml", "--by", "campaign", "--costs", tmp_path / "google.csv", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["all"]["cost"] == pytest.approx(1200)
    assert found["currency"] == "EUR"


@pytest.mark.parametrize("percent", ["0", "101", "ten"])
def test_a_share_that_is_none_is_refused(company, percent):
    result = called(company / "recipe.toml", "--move", "paid", "referral", percent)
    assert result.exit_code == 2
    assert "PERCENT" in result.output


def test_an_input_is_never_written_over(company):
    result = called(company / "recipe.toml", "--csv", company / "recipe.toml", "--force")
    assert result.exit_code == 2
    assert "[recipe]" in (company / "recipe.toml").read_text(encoding="utf-8")
