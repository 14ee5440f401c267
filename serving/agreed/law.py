"""What a country's law asks before somebody is contacted, as data that a company can correct.

Never legal advice: each rule carries its source, and secondary sources say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import Field

from serving.agreed.section import PlanSection
from serving.agreed.toml_file import checked, read_text

LAWS = ("FR",)
"""Countries of whose law leadscore has a file."""
_REMEDY = "Correct the file; serving/agreed/countries/fr.toml of leadscore shows what it may say."
LawChannel = Literal["phone", "email"]


class LawRule(PlanSection):
    """`[[rule]]`: what contacting people of a `market` by a `channel` needs, from a day on.

    `request_days`: somebody who asked to be contacted not longer ago than that may be.
    """

    name: str
    channel: LawChannel
    market: Literal["b2b", "b2c", "both"] = "both"
    needs: Literal["consent", "no_objection"]
    since: date | None = Field(default=None, alias="from")
    request_days: int = Field(default=0, ge=0, le=1000)
    source: str = Field(min_length=1)


class Retention(PlanSection):
    """`[retention]`: after so many days without a sign of the lead, its data are to go."""

    days: int = Field(ge=1)
    source: str = Field(min_length=1)


class Law(PlanSection):
    """A whole file of a country; `read` is the month in which its sources were read."""

    country: str | None = None
    read: str = ""
    rule: tuple[LawRule, ...] = ()
    retention: Retention | None = None


@dataclass(frozen=True)
class Person:
    """What a gate looks at: a consumer or not (None: not known), and what they said of being contacted.

    `consents` are the channels for which consent was given. `asked_days` is the age of their
    newest request for contact, None without one; `seen_days` that of their last sign of life.
    """

    consumer: bool | None
    consents: frozenset[LawChannel] = frozenset()
    asked_days: float | None = None
    seen_days: float | None = None
    unsubscribed: bool = False


def law_of(country: str | None, file: str | None, folder: Path) -> Law:
    """The law of `country`, or that of the company's own `file` (`none`: no rules).

    Raises:
        LeadscoreError: the file cannot be read, or says something that is not known.
    """
    if file == "none" or (file is None and country not in LAWS):
        return Law()
    if file is not None:
        path = folder / file
        return checked(Law, read_text(path, "file of the law"), path.name, _REMEDY)
    name = f"{str(country).lower()}.toml"
    text = files("serving.agreed").joinpath("countries", name).read_text("utf-8")
    return checked(Law, text, name, _REMEDY)


def forbidden(law: Law, channel: LawChannel, person: Person, today: date) -> str:
    """Why `person` may not be contacted by `channel` today; '' where nothing is known against it.

    Who is not known to be a professional is treated as a consumer.
    """
    if channel == "email" and person.unsubscribed:
        return "unsubscribed"
    for rule in law.rule:
        if rule.channel != channel or rule.needs != "consent" or not _applies(rule, person, today):
            continue
        asked = person.asked_days is not None and person.asked_days <= rule.request_days
        if channel not in person.consents and not asked:
            who = "" if person.consumer else " (not known to be a professional)"
            return f"no consent to {_CALLED[channel]}{who}"
    return ""


def kept_too_long(law: Law, person: Person) -> bool:
    """Whether the lead has given no sign for longer than its data may be kept."""
    days = None if law.retention is None else law.retention.days
    return days is not None and person.seen_days is not None and person.seen_days > days


_CALLED = {"phone": "calls", "email": "e-mail"}


def _applies(rule: LawRule, person: Person, today: date) -> bool:
    if rule.since is not None and today < rule.since:
        return False
    if rule.market == "both":
        return True
    return (rule.market == "b2b") == (person.consumer is False)
