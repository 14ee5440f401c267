"""Words and marks that several pages share: a job in a line, maturities, when."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from serving.jobs import Job
from serving.page import Child, Markup, Visitor, table, tag

_DRAFT = re.compile(r"([0-9a-f]{24})-")
MATURITIES = ("hot", "warm", "cold")
_MATURITY = {"hot": "chaud", "warm": "tiède", "cold": "froid"}
_STATE = {
    "waiting": "en attente", "running": "en cours", "done": "terminé",
    "failed": "échoué", "cancelled": "annulé",
}  # fmt: skip
_ACTION = {
    "call": ("call", "appeler"), "write": ("write", "écrire"), "nurture": ("nurture", "entretenir"),
    "complete": ("complete the record", "compléter la fiche"), "wait": ("wait", "attendre"),
    "none": ("nothing", "rien"), "do_not_contact": ("do not contact", "ne pas contacter"),
}  # fmt: skip
_STEP = {
    "loading the model": "chargement du modèle", "scoring leads": "notation des prospects",
    "looking at the export": "lecture de l’export", "": "préparation",
}  # fmt: skip


def maturity_words(who: Visitor, maturity: str) -> str:
    """A maturity in the reader's language."""
    return who.say(maturity, _MATURITY.get(maturity, maturity))


def badge(who: Visitor, maturity: str) -> Markup | None:
    """A maturity as a mark; nothing where there is none."""
    return tag("span", maturity_words(who, maturity), class_=f"badge {maturity}") if maturity else None


def action_words(who: Visitor, action: str) -> str:
    """A next action in the reader's language."""
    return who.say(*_ACTION.get(action, (action, action)))


def state_badge(who: Visitor, job: Job) -> Markup:
    """How far a job is, as a mark."""
    return tag("span", who.say(job.state, _STATE[job.state]), class_=f"badge {job.state}")


def step_words(who: Visitor, job: Job) -> str:
    """What a job does now."""
    return who.say(job.step or "getting ready", _STEP.get(job.step, job.step))


def moment_words(who: Visitor, moment: datetime, zone: str = "UTC") -> str:
    """A moment on the clock of `zone`, to the minute."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%d/%m/%Y %H:%M}" if who.language == "fr" else f"{local:%Y-%m-%d %H:%M}"


def title_of(job: Job) -> str:
    """What a job is called: its export."""
    return job.options.get("title") or job.files.get("leads", job.id)


def other_way(who: Visitor, job: Job) -> Markup:
    """A link to the columns of the file that a job was made of, else to where one begins."""
    draft = _DRAFT.match(job.options.get("asked", ""))
    if draft is None:
        return tag("a", who.say("Begin anew", "Recommencer"), href="/app/start", class_="button")
    words = who.say("Correct the columns or the day", "Corriger les colonnes ou la date")
    return tag("a", words, href=f"/app/uploads/{draft[1]}", class_="button")


def job_rows(who: Visitor, jobs: Sequence[Job]) -> Markup:
    """Jobs as a table, the newest first."""
    head = (
        who.say("export", "export"),
        who.say("begun", "commencé"),
        who.say("state", "état"),
        who.say("to know", "à savoir"),
    )
    rows: list[list[Child]] = [
        [
            tag("a", title_of(job), href=f"/app/jobs/{job.id}"),
            moment_words(who, job.made_at),
            state_badge(who, job),
            job.message.partition("\n")[0] if job.state == "failed" else "",
        ]
        for job in jobs
    ]
    return table(head, rows)
