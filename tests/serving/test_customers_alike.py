"""Customers who were like a lead: those of its file, and those that the ledger knew by then."""

from __future__ import annotations

from pathlib import Path

import pytest

from features import parse_recipe
from features.clock import DAY_US, now_us
from serving.browse.won_before import won_leads
from serving.ledger import LeadSent, Ledger, OutcomeSent, Writer
from serving.ledger.sent import DecisionSent
from tests.made.company import RECIPE

NOW = now_us()
THEN = NOW - 30 * DAY_US


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Four customers: long ago, yesterday, one who objects, one who was then lost."""
    found = Ledger.made(tmp_path / "ledger.sqlite")
    writer = Writer(found)
    sent: list[object] = []
    for name, won_us in (
        ("old", THEN - DAY_US),
        ("new", NOW - DAY_US),
        ("out", THEN - DAY_US),
        ("lost", THEN),
    ):
        sent.append(LeadSent("crm", name, {"size": 12, "industry": "steel"}, NOW - 90 * DAY_US))
        sent.append(OutcomeSent("crm", name, "won", won_us))
    sent.append(LeadSent("crm", "open", {"size": 12}, NOW - 90 * DAY_US))
    sent.append(OutcomeSent("crm", "lost", "lost", THEN + DAY_US))
    sent.append(DecisionSent("crm", "out", "opt_out", THEN, by="a person"))
    writer.submit(sent).result()  # type: ignore[arg-type]
    writer.close()
    return found


def test_those_won_by_the_moment_count_and_nobody_who_objects(ledger: Ledger) -> None:
    recipe = parse_recipe(RECIPE + LOST)
    now = {one.lead_id: one.cells for one in won_leads(ledger, recipe, NOW)}
    assert set(now) == {"old", "new"}
    assert now["old"]["industry"] == "steel"
    assert [one.lead_id for one in won_leads(ledger, recipe, THEN - 1)] == ["old"]
    assert not list(won_leads(ledger, recipe, NOW - 200 * DAY_US))


LOST = '\n[outcomes]\nlost = ["lost"]\n'
