"""The agreement: what marketing and sales promised each other, counted case by case over the last month."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from features import load_recipe, parse_recipe, tables_from_frames
from features.clock import DAY_US, from_us, to_us
from features.errors import LeadscoreError
from serving.agreed.agreement import Agreement, parse_agreement
from serving.agreed.book import Playbook
from serving.agreed.hours import WorkCalendar
from serving.ledger import LeadSent, Ledger, LedgerTables, Writer
from serving.ledger.decisions import KeptDecision, decisions_at
from serving.planning.check import check_agreement, read_month
from serving.planning.told import decide, told_by
from serving.planning.work import Meanings

END = to_us(datetime(2026, 3, 6, 17, 0, tzinfo=UTC))  # a Friday, 18 h in Paris
RECIPE = parse_recipe("""
[recipe]
zone = "Europe/Paris"
[tables]
leads = "leads.csv"
events = "events.csv"
outcomes = "outcomes.csv"
[lead]
id = "lead_id"
created_at = "created_at"
[lead.fields]
email = { type = "email" }
[events.kinds]
demo_request = "intent"
meeting_held = "intent"
call = "contact"
[outcomes]
won = ["won"]
lost = ["lost"]
stages = { qualified = "mql", accepted = "sal" }
""")
PROMISES = """
[sales]
hot_minutes = 60
mql_hours = 8
attempts = 2
reasons = true
[marketing]
mql_per_month = 3
accepted_share = 0.5
complete_share = 1
[[refusal]]
reason = "No budget"
back_days = 3
[[refusal]]
reason = "competitor"
"""
EVENTS = [
    ("kept", "demo_request", "2026-03-02T09:00"), ("kept", "call", "2026-03-02T09:59"),
    ("late", "demo_request", "2026-03-03T17:30"), ("late", "call", "2026-03-04T09:31"),
    ("never", "demo_request", "2026-03-05T10:00"),
    ("waits", "demo_request", "2026-03-06T17:30"),
    ("talked", "demo_request", "2026-03-04T09:00"), ("talked", "meeting_held", "2026-03-04T09:30"),
    ("old", "demo_request", "2026-01-04T09:00"),
    ("lost2", "call", "2026-03-02T10:00"), ("lost2", "call", "2026-03-03T10:00"),
    ("lost1", "call", "2026-03-02T10:00"), ("lost1", "call", "2026-03-05T10:00"),
    ("quick", "call", "2026-03-04T15:00"),
]  # fmt: skip
OUTCOMES = [
    ("quick", "qualified", "2026-03-04T10:00"), ("quick", "accepted", "2026-03-05T10:00"),
    ("slow", "Qualified", "2026-03-02T10:00"),
    ("lost2", "lost", "2026-03-04T10:00"), ("lost1", "lost", "2026-03-04T10:00"),
    ("before", "qualified", "2026-01-02T10:00"), ("before", "lost", "2026-01-04T10:00"),
]  # fmt: skip


def month():
    names = dict.fromkeys([*(row[0] for row in EVENTS), *(row[0] for row in OUTCOMES)])
    leads = pd.DataFrame({"lead_id": list(names), "created_at": "2026-01-01"})
    leads["email"] = ["" if name == "slow" else "a@acme.io" for name in names]
    events = pd.DataFrame(EVENTS, columns=["lead_id", "kind", "occurred_at"])
    outcomes = pd.DataFrame(OUTCOMES, columns=["lead_id", "stage", "occurred_at"])
    tables = tables_from_frames(RECIPE, leads, events, outcomes, clock_us=END)
    return read_month(RECIPE, tables, Meanings(RECIPE, Playbook()), END)


def test_each_promise_is_counted_case_by_case_in_open_time() -> None:
    said = ("no budget", "ugly")
    refusals = [KeptDecision("x", "refusal", "b", reason, None, END, None) for reason in said]
    checks = check_agreement(parse_agreement(PROMISES), month(), WorkCalendar(zone="Europe/Paris"), refusals)
    hot, mql, attempts, reasons, number, accepted, complete = checks
    assert (hot.cases, hot.waiting, {one.lead_id: one.how for one in hot.breaches}) == (
        5, 1, {"late": "after 61 min", "never": "not yet, for 14 h"}
    )  # fmt: skip
    assert (mql.cases, [one.lead_id for one in mql.breaches]) == (2, ["slow"])
    assert (attempts.cases, [one.how for one in attempts.breaches]) == (
        2, ["lost after 1 attempts and no conversation"]
    )  # fmt: skip
    assert [one.how for one in reasons.breaches] == ["refused without a reason of the agreement"]
    assert (number.figure, number.held) == ("2 MQLs", False)
    assert (accepted.figure, accepted.held) == ("1 of 2, 50%", True)
    assert (complete.figure, complete.held) == ("1 of 2, 50%", False)
    assert [one.side for one in checks] == ["sales"] * 4 + ["marketing"] * 3
    assert not any(one.held for one in (hot, mql, attempts, reasons))


def test_what_nobody_promised_is_not_checked() -> None:
    assert check_agreement(Agreement(), month(), WorkCalendar()) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[sale]\nhot_minutes = 5", "agreement.toml, line 1: [sale] is not known; did you mean 'sales'?"),
        ("[sales]\nhot_minutes = 0", "line 2: [sales], key 'hot_minutes' should be greater than 0"),
        ("[sales]\nreasons = true", "line 2: [sales], key 'reasons': sales promise a reason"),
        ('[[refusal]]\nreason = "a"\n[[refusal]]\nreason = "A"', "line 4: [refusal] number 2, key 'reason'"),
    ],
)
def test_what_an_agreement_cannot_say_is_named_by_its_line(text: str, problem: str) -> None:
    with pytest.raises(LeadscoreError) as raised:
        parse_agreement(text)
    assert problem in str(raised.value)


def test_bands_and_stages_of_the_agreement_are_the_recipes(tmp_path) -> None:
    (tmp_path / "a.toml").write_text("[bands]\ncalls_per_week = 9\n[stages.mql]\npoints = 70\n")
    recipe = tmp_path / "recipe.toml"
    text = 'agreement = "a.toml"\n[tables]\nleads = "leads.csv"\n'
    recipe.write_text(text)
    found = load_recipe(recipe)
    assert (found.bands.calls_per_week, found.stages.mql.points) == (9, 70)
    recipe.write_text(text + "[bands]\nhot_share = 0.2\n")
    with pytest.raises(LeadscoreError, match=r"\[bands\] stands in a.toml too"):
        load_recipe(recipe)
    recipe.write_text(text.replace("a.toml", "b.toml"))
    with pytest.raises(LeadscoreError, match=r"'b.toml': no such text file"):
        load_recipe(recipe)


@pytest.fixture
def ledger(tmp_path, monkeypatch) -> Ledger:
    monkeypatch.setenv("LEADSCORE_LEDGER", str(tmp_path / "ledger.sqlite"))
    kept = Ledger.made()
    with Writer(kept) as writer:
        writer.submit([LeadSent("crm", "a", {"email": "a@acme.io"}, END)]).result()
    return kept


def test_decisions_hold_until_they_expire_or_are_taken_back(ledger: Ledger, tmp_path) -> None:
    agreed, calendar, place = parse_agreement(PROMISES), WorkCalendar(), LedgerTables(ledger, tmp_path)

    def told(days: float):
        return told_by(place, END + round(days * DAY_US), agreed, calendar, 90)

    decide(ledger, "a", "override", "anna", "knows them", END, maturity="hot", days=2)
    assert told(-1).decided == {}
    assert told(1).decided["a"].maturity == "hot"
    assert told(2).decided == {}
    decide(ledger, "a", "override", "anna", "was wrong", END + DAY_US // 2, maturity="cold", days=0)
    assert told(1).decided == {}
    decide(ledger, "a", "refusal", "bob", "no budget", END)
    assert told(1).refusals["a"][0].back == date(2026, 3, 9)
    decide(ledger, "a", "refusal", "bob", "Competitor", END + 1)
    assert told(1).refusals["a"][0].back is None
    decide(ledger, "a", "refusal", "bob", "something else", END + 2)
    assert told(1).refusals["a"][0].back == date(2026, 6, 4)
    decide(ledger, "a", "opt_out", "a", "asked so", END + 3)
    assert told(1).opted_out == {"a"}
    assert len(decisions_at(ledger, END + 5, "refusal", "opt_out")) == 2
    assert from_us(END).date() == date(2026, 3, 6)


def test_a_decision_that_says_nothing_or_of_nobody_is_refused(ledger: Ledger) -> None:
    with pytest.raises(LeadscoreError, match="cold, warm or hot"):
        decide(ledger, "a", "override", "anna", "x", END, days=1)
    with pytest.raises(LeadscoreError, match="knows no lead"):
        decide(ledger, "b", "refusal", "anna", "x", END)
