"""What people have decided, as a plan uses it: bands that they set, refusals by sales, who objects."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import get_args

from features.clock import DAY_US, from_us
from features.errors import LeadscoreError
from features.tables import Place
from serving.agreed.agreement import Agreement
from serving.agreed.hours import WorkCalendar
from serving.asked import Decided
from serving.ledger import Ledger, LedgerTables, Writer
from serving.ledger.decisions import OVERRIDE, OWNER, KeptDecision, decided_of, decisions_at, knows, standing
from serving.ledger.sent import DecisionSent
from serving.planning.recommend import Refusal
from serving.score import Maturity

REFUSAL = "refusal"
KINDS = (OVERRIDE, REFUSAL, OWNER)
_SOURCE = "leadscore decide"


@dataclass(frozen=True)
class PlanTold:
    """By lead: bands that hold, refusals with their day of return and when they were made (µs), opt-outs;
    `owners` that earlier plans gave."""

    decided: dict[str, Decided] = field(default_factory=dict)
    refusals: dict[str, tuple[Refusal, int]] = field(default_factory=dict)
    opted_out: frozenset[str] = frozenset()
    owners: dict[str, str] = field(default_factory=dict)


def told_by(
    place: Place, as_of_us: int, agreement: Agreement, calendar: WorkCalendar, recycle_days: int
) -> PlanTold:
    """What the ledger knows of people's decisions at `as_of_us`; nothing of a folder of files.

    A refusal whose reason the agreement does not name comes back after `recycle_days`.
    """
    if not isinstance(place, LedgerTables):
        return PlanTold()
    told = PlanTold(opted_out=standing(place.ledger, as_of_us).opted_out)
    for (lead, kind), one in decisions_at(place.ledger, as_of_us, *KINDS).items():
        if kind == OVERRIDE:
            told.decided[lead] = decided_of(one)
        elif kind == OWNER:
            told.owners[lead] = one.content or ""
        else:
            told.refusals[lead] = _refusal(one, agreement, calendar, recycle_days), one.decided_us
    return told


def refusals_within(place: Place, start_us: int, end_us: int) -> list[KeptDecision] | None:
    """The refusals of a month, None where no ledger keeps them."""
    if not isinstance(place, LedgerTables):
        return None
    found = decisions_at(place.ledger, end_us, REFUSAL).values()
    return [one for one in found if one.decided_us > start_us]


def decide(
    ledger: Ledger, lead_id: str, kind: str, by: str, reason: str, now_us: int, *,
    maturity: str | None = None, review: str | None = None, days: float | None = None,
) -> None:  # fmt: skip
    """Keep what somebody decided of a lead; `days` until it expires (0: it takes back what was decided).

    An override says the `maturity`, a review what it came to.

    Raises:
        LeadscoreError: it says nothing that can be kept, or the ledger cannot keep it.
    """
    if kind == OVERRIDE and maturity not in get_args(Maturity):
        raise LeadscoreError("a decision on maturity says cold, warm or hot.", "Say which.")
    if not knows(ledger, lead_id):
        raise LeadscoreError(
            f"{ledger.name} knows no lead of this id.", "Check the id; it is compared exactly."
        )
    content = json.dumps({"maturity": maturity}) if kind == OVERRIDE else review
    expires = None if days is None else now_us + round(days * DAY_US)
    sent = DecisionSent(_SOURCE, lead_id, kind, now_us, by, reason, content, expires)
    with Writer(ledger) as writer:
        receipt = writer.submit([sent]).result()
    for problem in receipt.problems:
        if problem is not None:
            raise LeadscoreError(f"{problem.field} {problem.problem}.", problem.remedy)


def _refusal(one: KeptDecision, agreement: Agreement, calendar: WorkCalendar, recycle_days: int) -> Refusal:
    rule = agreement.rule_of(one.reason)
    back_days = recycle_days if rule is None else rule.back_days
    if back_days is None:
        return Refusal(one.reason, None)
    day = calendar.local(from_us(one.decided_us)).date() + timedelta(days=back_days)
    return Refusal(one.reason, calendar.open_day(day))
