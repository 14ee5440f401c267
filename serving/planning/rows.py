"""The plan as rows of a table, for a terminal and for CSV."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import datetime
from typing import TextIO

from serving.planning.assign import PlannedLead
from serving.planning.plan import Plan
from serving.planning.recommend import CONTACTS
from serving.returned.columns import PLAIN, Added
from serving.words.translation import translated
from serving.words.values import date_words

PLAN_COLUMNS = ("due", "lead", "do", "maturity", "probability", "why", "first reason")
"""Columns of `shown_rows`."""
CSV_COLUMNS = (
    "owner", "due", "lead_id", "action", "urgent", "sequence", "step", "why", "maturity", "stage", "grade",
    "probability", "score", "reason", "question", "note",
)  # fmt: skip


def owners(plan: Plan, leads: Sequence[PlannedLead]) -> dict[str, list[PlannedLead]]:
    """The leads of each owner, in the order of the plan; '–' for nobody's."""
    found: dict[str, list[PlannedLead]] = {}
    for lead in leads:
        found.setdefault(lead.owner or "–", []).append(lead)
    return found


def shown_rows(plan: Plan, leads: Sequence[PlannedLead]) -> list[tuple[object, ...]]:
    """Cells of `PLAN_COLUMNS`; moments by the company's wall clock."""
    return [
        (
            due_words(plan, lead),
            lead.lead_id,
            " ".join(
                [translated(lead.step.what, plan.language), *([lead.step.step] if lead.step.step else [])]
            ),
            translated(lead.score.maturity or "", plan.language),
            lead.score.probability,
            "; ".join(part for part in (lead.step.why, lead.note, lead.question) if part),
            lead.score.reasons_for[0].text if lead.score.reasons_for else None,
        )
        for lead in leads
    ]


def due_words(plan: Plan, lead: PlannedLead) -> str | None:
    """'by 09:12' for a deadline of today, '14:00' for a time of today, else the day; None without one."""
    due = lead.step.due
    if due is None:
        return None
    return translated(_due_words(plan, plan.calendar.local(due), lead), plan.language)


def _due_words(plan: Plan, local: datetime, lead: PlannedLead) -> str:
    today = plan.calendar.local(plan.now).date()
    if local.date() != today:
        day = date_words(local.date(), plan.language)
        return day if local.date() > today else f"late: {day}"
    if lead.step.urgent:
        return f"by {local:%H:%M}"
    return f"{local:%H:%M}" if lead.step.what in CONTACTS else "today"


def write_csv(plan: Plan, out: TextIO) -> int:
    """Every open lead of the plan as CSV with `CSV_COLUMNS`, and its curve and value where there are any; how
    many rows."""
    writer = csv.writer(out)
    asked = Added.asked_by([lead.score for lead in plan.leads])
    more = [name for name in asked.columns if name not in PLAIN.columns]
    writer.writerow([*CSV_COLUMNS, *(name.removeprefix("ls_") for name in more)])
    for lead in plan.leads:
        score, step = lead.score, lead.step
        stage = score.stage.name if score.stage else None
        reason = score.reasons_for[0].text if score.reasons_for else None
        beyond = dict(zip(asked.columns, asked.row(score), strict=True))
        writer.writerow(
            [
                lead.owner, _moment(plan, step.due), lead.lead_id, step.what, "yes" if step.urgent else "",
                step.sequence, step.step, step.why, score.maturity, stage, score.grade, score.probability,
                score.score, reason, lead.question, lead.note, *(beyond[name] for name in more),
            ]
        )  # fmt: skip
    return len(plan.leads)


def _moment(plan: Plan, due: datetime | None) -> str | None:
    return None if due is None else plan.calendar.local(due).isoformat(timespec="minutes")
