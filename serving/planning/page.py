"""The plan as a page: today's list of each owner, and what happens to all other open leads."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from serving.page import (
    Child,
    Markup,
    bullets,
    contents,
    join,
    own,
    page,
    paragraph,
    percent,
    section,
    stacked,
    tag,
)
from serving.planning.assign import PlannedLead
from serving.planning.plan import Plan
from serving.planning.rows import due_words, owners
from serving.words.translation import translated
from serving.words.values import typeset, weekday_words

_HEAD = ("when", "lead", "do", "maturity", "probability", "why", "first reason")
_CALLED = {
    "call": "to call", "write": "to write to", "book": "to offer an appointment", "nurture": "in a sequence",
    "complete": "to complete: they cannot be reached", "recycle": "at rest until a date",
    "wait": "with nothing to do", "drop": "to drop",
}  # fmt: skip


def plan_page(plan: Plan, name: str) -> str:
    """A whole HTML document in the plan's language: one section an owner, no script, fit for paper."""
    say = partial(translated, language=plan.language)
    when = plan.calendar.local(plan.now)
    by_owner = owners(plan, plan.due_today())
    keys = {owner: f"owner-{number}" for number, owner in enumerate(by_owner, 1)}
    counts = plan.counts()
    facts = [say(f"{counts[what]:,} {words}") for what, words in _CALLED.items() if counts[what]]
    title = say(f"Plan of {name}, {weekday_words(when.date(), plan.language)}")
    opened = say(f"{len(plan.leads):,} open leads at {when:%H:%M}.")
    sections = [
        tag("h1", title),
        tag("section", paragraph(opened), bullets(facts), id="today"),
        contents(
            [(keys[owner], f"{_called(owner, say)}: {len(leads)}") for owner, leads in by_owner.items()]
        ),
        *(
            section(keys[owner], _called(owner, say), _table(plan, leads))
            for owner, leads in by_owner.items()
        ),
        section("notes", say("What to know"), bullets(plan.notes)) if plan.notes else paragraph(""),
    ]
    return page(title, sections, plan.language)


def _called(owner: str, say: Callable[[str], str]) -> str:
    """The owner, or that there is none."""
    return say("without an owner") if owner == "–" else owner


def _table(plan: Plan, leads: list[PlannedLead]) -> Markup:
    head = [translated(name, plan.language) for name in _HEAD]
    return stacked(head, [_row(plan, lead) for lead in leads])


def _row(plan: Plan, lead: PlannedLead) -> list[Child]:
    score, step = lead.score, lead.step
    what = translated(step.what, plan.language)
    return [
        due_words(plan, lead) or "",
        _named(lead),
        what if step.step is None else f"{what} {step.step}",
        translated(score.maturity or "", plan.language),
        "–" if score.probability is None else typeset(percent(score.probability), plan.language),
        "; ".join(part for part in (step.why, lead.note, lead.question) if part),
        own(score.reasons_for[0].text) if score.reasons_for else "",
    ]


def _named(lead: PlannedLead) -> Markup:
    """What people call it, its id below."""
    number = tag("small", lead.lead_id, class_="hint", translate="no")
    return own(lead.lead_id) if not lead.called else join([own(lead.called), tag("br"), number])
