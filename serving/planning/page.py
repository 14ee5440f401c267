"""The plan as a page: today's list of each owner, and what happens to all other open leads."""

from __future__ import annotations

from serving.page import Markup, bullets, contents, page, paragraph, percent, section, table
from serving.planning.assign import PlannedLead
from serving.planning.plan import Plan
from serving.planning.rows import due_words, owners

_HEAD = ("when", "lead", "do", "maturity", "probability", "why", "first reason")
_CALLED = {
    "call": "to call", "write": "to write to", "book": "to offer an appointment", "nurture": "in a sequence",
    "complete": "to complete: they cannot be reached", "recycle": "at rest until a date",
    "wait": "with nothing to do", "drop": "to drop",
}  # fmt: skip


def plan_page(plan: Plan, name: str) -> str:
    """A whole HTML document: one section an owner, no script, fit for paper."""
    when = plan.calendar.local(plan.now)
    by_owner = owners(plan, plan.due_today())
    keys = {owner: f"owner-{number}" for number, owner in enumerate(by_owner, 1)}
    counts = plan.counts()
    facts = [f"{counts[what]:,} {words}" for what, words in _CALLED.items() if counts[what]]
    title = f"Plan of {name}, {when:%A %d %B %Y}"
    sections = [
        section(
            "today", title, paragraph(f"{len(plan.leads):,} open leads at {when:%H:%M}."), bullets(facts)
        ),
        contents([(keys[owner], f"{owner}: {len(leads)}") for owner, leads in by_owner.items()]),
        *(section(keys[owner], owner, _table(plan, leads)) for owner, leads in by_owner.items()),
        section("notes", "What to know", bullets(plan.notes)) if plan.notes else paragraph(""),
    ]
    return page(title, sections)


def _table(plan: Plan, leads: list[PlannedLead]) -> Markup:
    return table(_HEAD, [_row(plan, lead) for lead in leads])


def _row(plan: Plan, lead: PlannedLead) -> list[str]:
    score, step = lead.score, lead.step
    return [
        due_words(plan, lead) or "",
        lead.lead_id,
        step.what if step.step is None else f"{step.what} {step.step}",
        score.maturity or "",
        "–" if score.probability is None else percent(score.probability),
        "; ".join(part for part in (step.why, lead.note, lead.question) if part),
        score.reasons_for[0].text if score.reasons_for else "",
    ]
