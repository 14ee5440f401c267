"""A plan that is kept reaches the CRM: what is sent of a lead is what the plan says of it."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from features import load_recipe
from features.clock import to_us
from leadscore import main
from serving.ledger import Ledger
from serving.ledger.schema import SCORES
from serving.push import due_of
from serving.vendors import PushMapping
from tests.made.company import RECIPE, small_company

MOMENT = "2025-06-30T09:00:00+00:00"
SAID = ["--data", "ledger", "--as-of", MOMENT]
ACTIONS = {"book": "call", "recycle": "wait", "drop": "none"}


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    small_company(tmp_path, leads=80)
    (tmp_path / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEADSCORE_LEDGER", raising=False)
    assert leadscore("ledger", "init").exit_code == 0
    assert leadscore("ledger", "import", "recipe.toml").exit_code == 0
    return tmp_path


def leadscore(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def test_what_is_sent_of_a_lead_is_what_the_plan_says(company: Path) -> None:
    shown = leadscore("plan", "recipe.toml", *SAID, "--json")
    plan = {lead["lead_id"]: lead for lead in json.loads(shown.stdout)["leads"]}
    kept = leadscore("plan", "recipe.toml", *SAID, "--keep")
    assert kept.exit_code == 0, kept.output
    assert f"{len(plan)} leads are kept" in kept.stderr
    mapping = PushMapping(vendor="webhook", url="https://crm.test", properties={"next_action": "next_action"})
    recipe = load_recipe(company / "recipe.toml")
    sent = due_of(Ledger.opened(), list(plan), mapping, recipe, to_us(datetime.fromisoformat(MOMENT)))
    assert len(sent) > 20
    for one in sent:
        lead = plan[one.lead_id]
        assert one.values["next_action"] == ACTIONS.get(lead["what"], lead["what"])
        assert (one.values["deadline"] is None) == (lead["due"] is None)


def test_the_same_plan_kept_twice_is_one_and_files_keep_none(company: Path) -> None:
    for _ in range(2):
        assert leadscore("plan", "recipe.toml", *SAID, "--keep").exit_code == 0
    plan = json.loads(leadscore("plan", "recipe.toml", *SAID, "--json").stdout)
    with Ledger.opened().reading() as connection:
        kept = connection.execute(select(SCORES.c.lead_id)).scalars().all()
    assert sorted(kept) == sorted(lead["lead_id"] for lead in plan["leads"])
    refused = leadscore("plan", "recipe.toml", "--as-of", MOMENT, "--keep")
    assert refused.exit_code == 2
    assert "--data ledger" in refused.stderr


def test_who_was_given_a_lead_by_load_keeps_it_when_somebody_with_none_comes(company: Path) -> None:
    owners = '\n[[owner]]\nname = "{}"\n' * 2 + '[routing]\nby = "load"\n'
    (company / "playbook.toml").write_text(owners.format("Anna", "Bob"), encoding="utf-8")
    assert leadscore("plan", "recipe.toml", *SAID, "--keep").exit_code == 0
    first = json.loads(leadscore("plan", "recipe.toml", *SAID, "--json").stdout)
    had = {lead["lead_id"]: lead["owner"] for lead in first["leads"] if lead["what"] != "drop"}
    loads = sorted(Counter(had.values()).values())
    assert loads[-1] - loads[0] <= 1
    third = owners.format("Anna", "Bob").replace("[routing]", '[[owner]]\nname = "Chloé"\n[routing]')
    (company / "playbook.toml").write_text(third, encoding="utf-8")
    later = json.loads(leadscore("plan", "recipe.toml", *SAID, "--json").stdout)
    assert {lead["lead_id"]: lead["owner"] for lead in later["leads"] if lead["what"] != "drop"} == had
    mapping = PushMapping(vendor="webhook", url="https://crm.test", properties={"next_action": "next_action"})
    now = to_us(datetime.fromisoformat(MOMENT))
    assert due_of(Ledger.opened(), list(had), mapping, load_recipe(company / "recipe.toml"), now)
