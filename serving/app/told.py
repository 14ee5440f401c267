"""Words and marks that several pages share: a job in a line, maturities, when."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from features.language import LANGUAGES, Language
from serving.jobs import Job
from serving.page import Child, Markup, Visitor, join, table, tag
from serving.words.language import catalogue
from serving.words.translation import translated

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
_STATUS = {
    "scored": ("scored", "noté"), "uncalibrated": ("not calibrated", "non calibré"),
    "closed": ("closed", "clos"), "opted_out": ("does not want it", "s’y oppose"),
    "error": ("error", "erreur"),
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


def status_words(who: Visitor, status: str) -> str:
    """Why a lead has no probability, in the reader's language."""
    return who.say(*_STATUS.get(status, (status, status)))


def reason_words(who: Visitor, text: str) -> tuple[Child, str]:
    """A reason with the rate behind it apart, and the rate of all leads; '' where none is told."""
    found = next((one for language in LANGUAGES for form in ("said", "none")
                  if (one := _rated(language, form).fullmatch(text))), None)  # fmt: skip
    if found is None:
        return text, ""
    told = found.groupdict()
    share = told.get("rate") or who.say(f"0 of {told['leads']}", f"0 sur {told['leads']}")
    said = who.say(f"{share} of such leads converted", f"{share} de ces prospects convertis")
    return join([told["words"], " ", tag("small", said, class_="rate")]), told["all"]


@cache
def _rated(language: Language, form: str) -> re.Pattern[str]:
    """What a reason with its rate looks like."""
    words = re.escape(str(catalogue(language)["rate"][form]))
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", words), re.DOTALL)


def plain_cell(cell: object) -> str:
    """A cell as a person writes it: a whole number without its point, yes and no as in a form."""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    text = re.sub(r"^(-?\d+)\.0+$", r"\1", str(cell))
    return text.lower() if text in ("True", "False") else text


def found_words(who: Visitor, printed: Mapping[str, Any]) -> str:
    """What came of a scored file, in a few words."""
    found = printed.get("maturities", {})
    several = {name: who.say("", "s" if found.get(name, 0) > 1 else "") for name in MATURITIES}
    return ", ".join(
        f"{who.count(found[name])} {maturity_words(who, name)}{several[name]}"
        for name in MATURITIES
        if found.get(name)
    )


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


def _first_line(who: Visitor, job: Job) -> str:
    return translated(job.message.partition("\n")[0], who.language) if job.state == "failed" else ""


def job_rows(who: Visitor, jobs: Sequence[Job]) -> Markup:
    """Jobs as a table, the newest first."""
    head = (
        who.say("export", "export"),
        who.say("begun", "commencé"),
        who.say("state", "état"),
        who.say("found", "résultat"),
    )
    rows: list[list[Child]] = [
        [
            tag("a", title_of(job), href=f"/app/jobs/{job.id}"),
            moment_words(who, job.made_at),
            state_badge(who, job),
            found_words(who, job.printed() or {}) if job.state == "done" else _first_line(who, job),
        ]
        for job in jobs
    ]
    return table(head, rows)
