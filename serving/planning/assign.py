"""Owners for all planned leads, the most urgent first; what is beyond a day's work moves to the next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from features.language import Language
from serving.agreed.book import Playbook
from serving.planning.recommend import CONTACTS, Advisor, Recommendation
from serving.planning.routing import Claim, Router
from serving.score import Score
from serving.words.translation import translated


@dataclass(frozen=True)
class PlannedLead:
    """A lead of the list: its score, what to do with it, and whose it is (None: nobody's)."""

    lead_id: str
    owner: str | None
    score: Score
    step: Recommendation
    note: str = ""
    question: str | None = None
    """What to ask next, by the checklist."""
    given: bool = False
    """It had no owner before this plan."""
    called: str = ""
    """What people call it: names of a person and a company."""

    def told_in(self, language: Language) -> PlannedLead:
        """The same with its sentences in `language`."""
        told = partial(translated, language=language)
        step = None if self.step.step is None else told(self.step.step)
        return replace(
            self, note=told(self.note), step=replace(self.step, why=told(self.step.why), step=step)
        )


def assigned(
    rows: list[tuple[Claim, PlannedLead]], book: Playbook, advisor: Advisor, *, by_value: bool = False
) -> list[PlannedLead]:
    """Owners for all, the most urgent first; what is beyond an owner's day moves to the next open one.

    Of equally urgent ones the likelier is first, or `by_value` the one that is expected to bring more.
    """
    router = Router.begun(book, advisor.today, (claim for claim, _ in rows))
    found = []
    tomorrow = advisor.calendar.start_of(advisor.today + timedelta(days=1))
    for claim, lead in sorted(rows, key=lambda row: _urgency(row[1], by_value)):
        due = lead.step.due
        now = lead.step.what in CONTACTS and due is not None and due < tomorrow
        routed = router.route(claim, contact=now)
        over = now and routed.owner is not None and _beyond(router, routed.owner)
        step = lead.step
        if over and due is not None:
            step = replace(step, due=max(due, tomorrow), why=f"{step.why}; beyond today's contacts")
        found.append(replace(lead, owner=routed.owner, note=routed.note, step=step, given=routed.given))
    return sorted(found, key=lambda one: (one.owner is None, one.owner or "", *_urgency(one, by_value)))


def _beyond(router: Router, owner: str) -> bool:
    """Whether the contact just given to an owner is more than they make in a day."""
    per_day = next((one.per_day for one in router.book.owner if one.name == owner), None)
    return per_day is not None and router.taken[owner] > per_day


_ORDER = {"call": 0, "book": 1, "write": 2, "nurture": 3, "complete": 4, "recycle": 5, "wait": 6, "drop": 7}


def _urgency(lead: PlannedLead, by_value: bool) -> tuple[Any, ...]:
    """Deadlines before days, then the sooner, then the likelier or the dearer."""
    step, worth = lead.step, lead.score.worth
    due = step.due or datetime.max.replace(tzinfo=UTC)
    contact = step.what in CONTACTS
    return (
        not contact,
        not step.urgent,
        due,
        _ORDER[step.what],
        -((worth.value if worth else 0) if by_value else (lead.score.probability or 0)),
        lead.lead_id,
    )
