"""A plan of a whole company: decisions, refusals and questions reach the list."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pandas as pd
import pytest

from features import parse_recipe, tables_from_frames
from features.clock import DAY_US, from_us, to_us
from features.errors import LeadscoreError
from serving.agreed.book import Playbook, parse_playbook
from serving.agreed.law import Law
from serving.answer import Ladder
from serving.asked import Decided
from serving.planning.plan import Plan, make_plan
from serving.planning.recommend import Refusal
from serving.planning.told import PlanTold
from serving.planning.work import Meanings, worked

NOW = to_us(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
RECIPE = parse_recipe("""
[recipe]
zone = "Europe/Paris"
language = "fr"
[tables]
leads = "leads.csv"
events = "events.csv"
outcomes = "outcomes.csv"
[lead]
id = "lead_id"
created_at = "created_at"
account_id = "account"
[lead.fields]
email = { type = "email" }
seller = { type = "category" }
need = { type = "text" }
budget = { type = "number" }
[qualification]
method = "bant"
fields = { need = "need", budget = "budget" }
[events.kinds]
page_view = "interest"
demo_request = "intent"
call = "contact"
[outcomes]
won = ["won"]
lost = ["lost"]
stages = { discussed = "opportunity" }
""")
BOOK = parse_playbook(
    '[[owner]]\nname = "Anna"\n[[owner]]\nname = "Bob"\nleft = 2026-01-01\n[routing]\nowner = "seller"\n',
    RECIPE,
)


def plan(told: PlanTold | None = None, book: Playbook = BOOK, now: int = NOW, account: str = "x") -> Plan:
    leads = pd.DataFrame(
        [
            ("asked", "a@acme.io", "Bob", "slow", "12"), ("cold", "b@acme.io", "", "", ""),
            ("talks", "c@acme.io", "anna", "", "3"), ("won", "d@acme.io", "", "", ""),
            ("nowhere", "", "", "", ""),
        ],
        columns=["lead_id", "email", "seller", "need", "budget"],
    ).assign(created_at="2026-02-01", account=account)  # fmt: skip
    events = pd.DataFrame(
        [("asked", "demo_request", from_us(NOW - DAY_US // 48))], columns=["lead_id", "kind", "occurred_at"]
    )
    outcomes = pd.DataFrame([("won", "won", "2026-02-20"), ("talks", "discussed", "2026-02-20")],
                            columns=["lead_id", "stage", "occurred_at"])  # fmt: skip
    tables = tables_from_frames(RECIPE, leads, events, outcomes, clock_us=NOW)
    return make_plan(RECIPE, Ladder.by_rules(RECIPE), tables, book, Law(), now, told=told)


def by_lead(found: Plan) -> dict[str, object]:
    return {one.lead_id: one for one in found.leads}


def test_open_leads_alone_are_planned_each_with_owner_question_and_what_to_do() -> None:
    found = by_lead(plan())
    assert set(found) == {"asked", "cold", "talks", "nowhere"}
    asked = found["asked"]
    assert (asked.step.what, asked.step.urgent, asked.owner) == ("call", True, "Anna")
    assert asked.note == "était à Bob, qui est parti"
    assert asked.question is None
    assert found["talks"].question.startswith("Quel problème")
    assert found["cold"].question.startswith("Quel problème")
    assert found["talks"].score.stage.name == "opportunity"
    assert found["talks"].step.why == "chez les commerciaux : poursuivre l'échange"
    assert found["nowhere"].step.what == "complete"


def test_what_people_decided_goes_before_what_is_computed() -> None:
    decided = {"cold": Decided("hot", "anna", "met", NOW - 1, NOW + DAY_US)}
    refusals = {
        "talks": (Refusal("no budget", date(2026, 4, 1)), NOW - 1),
        "asked": (Refusal("no budget", None), NOW - DAY_US),
    }
    found = by_lead(plan(PlanTold(decided, refusals, frozenset({"nowhere"}))))
    assert (found["cold"].step.what, found["cold"].score.override.by) == ("call", "anna")
    assert found["talks"].step.what == "recycle"
    assert found["asked"].step.what == "call", "it has asked since"
    assert found["nowhere"].step.why == "ne souhaite pas être contacté"
    later = PlanTold({"cold": replace(decided["cold"], until_us=NOW)}, {}, frozenset())
    assert by_lead(plan(later))["cold"].score.override is None


def test_where_nobody_is_open_there_is_nothing_to_plan() -> None:
    with pytest.raises(LeadscoreError, match="no lead is open"):
        plan(now=NOW - 100 * DAY_US)


def test_owners_that_earlier_plans_gave_are_kept_and_loads_told() -> None:
    book = parse_playbook(
        '[[owner]]\nname = "Anna"\n[[owner]]\nname = "Chloé"\n[routing]\nowner = "seller"\nby = "load"\n',
        RECIPE,
    )
    found = plan(PlanTold(owners={"cold": "Chloé", "talks": "Chloé"}), book)
    assert (by_lead(found)["cold"].owner, by_lead(found)["talks"].owner) == ("Chloé", "Anna")
    assert any("Anna" in note and "Chloé" in note for note in found.notes)
    full = parse_playbook(
        '[[owner]]\nname = "Anna"\nmost_open = 1\n[routing]\nowner = "seller"\nby = "load"\n', RECIPE
    )
    alone = plan(book=full, account="")
    assert by_lead(alone)["talks"].owner == "Anna"
    assert any("personne" in note for note in alone.notes)


@pytest.mark.parametrize(("kind", "attempts"), [("page_view", 2), ("demo_request", 0)])
def test_attempts_are_counted_until_the_lead_asks_again_not_until_it_looks_at_a_page(kind, attempts) -> None:
    leads = pd.DataFrame(
        {"lead_id": ["a"], "email": ["a@acme.io"], "created_at": ["2026-02-01"], "account": ["x"]}
    )
    told = [("demo_request", 96), ("call", 72), ("call", 48), (kind, 24)]
    events = pd.DataFrame(
        [("a", what, from_us(NOW - hours * DAY_US // 24)) for what, hours in told],
        columns=["lead_id", "kind", "occurred_at"],
    )
    tables = tables_from_frames(
        RECIPE, leads.assign(seller="", need="", budget=""), events, None, clock_us=NOW
    )
    assert worked(tables, [0], NOW, Meanings(RECIPE, BOOK))[0].attempts == attempts
