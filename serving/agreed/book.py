"""playbook.toml: how a company works its leads – hours, attempts, owners, sequences – checked as one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from features.errors import nearest
from features.recipe import Recipe
from serving.agreed.hours import Hours, known_country
from serving.agreed.law import LAWS
from serving.agreed.section import PlanSection
from serving.agreed.sequences import Sequence, sequence_faults
from serving.agreed.toml_file import checked, read_text, refused

_REMEDY = "Correct the file; 'leadscore plan RECIPE --show' prints one that fits the recipe."
Place = tuple[str | int, ...]


def _ascending(hours: tuple[float, ...]) -> tuple[float, ...]:
    if list(hours) != sorted(hours):
        raise ValueError("must not fall: each attempt waits at least as long as the one before")
    return hours


class Contact(PlanSection):
    """`[contact]`: how often and how soon somebody is tried.

    A hot lead is contacted within `hot_minutes` open minutes, a warm one that asked within `warm_minutes`.
    After an attempt without result the next one follows `again_hours` later, the last of them again and
    again; after `attempts` since it last asked or was met, a lead rests for `recycle_days`. After `no_shows`
    missed appointments in a row no other one is booked; a new one is offered `no_show_days` later.
    """

    hot_minutes: float = Field(default=5, gt=0, le=10_000)
    warm_minutes: float = Field(default=240, gt=0, le=10_000)
    attempts: int = Field(default=6, ge=1, le=100)
    again_hours: Annotated[tuple[Annotated[float, Field(gt=0, le=2000)], ...], AfterValidator(_ascending)] = (
        Field(default=(4, 24, 48, 72, 120), min_length=1)
    )
    no_shows: int = Field(default=2, ge=1, le=20)
    no_show_days: int = Field(default=1, ge=0, le=60)
    recycle_days: int = Field(default=90, ge=1, le=1000)
    attempt_events: tuple[str, ...] | None = None
    no_show_events: tuple[str, ...] | None = None


class Owner(PlanSection):
    """`[[owner]]`: somebody who contacts leads; gets none from the day `left` on, nor on days `away`.

    `accounts` are their own; `territories` values of the field that [routing] names. `share` is their part
    of the rest, `per_day` the most contacts of one day, `most_open` the open leads from which on they are
    given no other.
    """

    name: str = Field(min_length=1)
    accounts: tuple[str, ...] = ()
    territories: tuple[str, ...] = ()
    share: float = Field(default=1, ge=0, le=1000)
    per_day: int | None = Field(default=None, ge=1)
    most_open: int | None = Field(default=None, ge=1)
    left: date | None = None
    away: tuple[tuple[date, date], ...] = ()

    def here(self, day: date) -> bool:
        """Whether they work here on `day`."""
        return self.left is None or day < self.left

    def present(self, day: date) -> bool:
        """Whether they are here and not away."""
        return self.here(day) and not any(first <= day <= last for first, last in self.away)


class Routing(PlanSection):
    """`[routing]`: fields of the leads: the `owner` that the CRM knows, and the `territory`.

    Who has none goes `by` share (the same one every day) or by load: to whom has the fewest open leads for
    their share.
    """

    by: Literal["share", "load"] = "share"
    owner: str | None = None
    territory: str | None = None


class Consent(PlanSection):
    """`[consent]`: boolean fields of the leads that hold a person's consent to be contacted so."""

    phone: str | None = None
    email: str | None = None
    market: str | None = None
    consumers: tuple[str, ...] = ("b2c", "private", "consumer", "particulier")


class Playbook(PlanSection):
    """A whole playbook.toml; `law` names a file of your own or is `none`, `country` is the recipe's else."""

    version: Literal[1] = 1
    country: str | None = Field(default=None, pattern="^[A-Z]{2}$")
    law: str | None = None
    hours: Hours = Field(default_factory=Hours)
    contact: Contact = Field(default_factory=Contact)
    routing: Routing = Field(default_factory=Routing)
    consent: Consent = Field(default_factory=Consent)
    owner: tuple[Owner, ...] = ()
    sequence: tuple[Sequence, ...] = ()

    def country_of(self, recipe: Recipe) -> str | None:
        """The country whose holidays and law are minded."""
        return self.country or recipe.recipe.country


def load_playbook(path: Path, recipe: Recipe) -> Playbook:
    """The playbook in the file `path`, for `recipe`.

    Raises:
        LeadscoreError: as `parse_playbook`, or the file cannot be read.
    """
    return parse_playbook(read_text(path, "playbook"), recipe, path.name)


def parse_playbook(text: str, recipe: Recipe, name: str = "playbook.toml") -> Playbook:
    """The playbook in the TOML `text`.

    Raises:
        LeadscoreError: something in it is not accepted, or does not go with the recipe; by line.
    """
    book = checked(Playbook, text, name, _REMEDY)
    refused(text, name, [*_faults(book, recipe)], _REMEDY)
    return book


def _faults(book: Playbook, recipe: Recipe) -> Iterator[tuple[Place, str]]:
    yield from _of_country(book, recipe)
    yield from _of_fields(book, recipe)
    yield from _of_owners(book)
    kinds = recipe.events.kinds if recipe.events else {}
    for key in ("attempt_events", "no_show_events"):
        for kind in getattr(book.contact, key) or ():
            if kind not in kinds:
                yield ("contact", key), f"the recipe declares no event kind '{kind}'{nearest(kind, kinds)}"
    yield from sequence_faults(book.sequence, kinds)


def _of_country(book: Playbook, recipe: Recipe) -> Iterator[tuple[Place, str]]:
    country = book.country_of(recipe)
    if country is None:
        if book.hours.region is not None:
            yield ("hours", "region"), "is a region of no country; name the country"
        return
    if book.hours.holidays and (problem := known_country(country, book.hours.region)):
        yield ("hours", "region") if book.hours.region else ("country",), problem
    if book.law is None and country not in LAWS:
        known = ", ".join(LAWS)
        yield (
            ("country",),
            f"leadscore has no file of the law of {country} (it has {known}); name your own, law = "
            '"law.toml", or say law = "none"',
        )


def _of_fields(book: Playbook, recipe: Recipe) -> Iterator[tuple[Place, str]]:
    fields = recipe.lead.fields
    accepted = {
        ("routing", "owner"): ("category", "text"),
        ("routing", "territory"): ("category",),
        ("consent", "phone"): ("boolean",),
        ("consent", "email"): ("boolean",),
        ("consent", "market"): ("category",),
    }
    for (section, key), types in accepted.items():
        name = getattr(getattr(book, section), key)
        if name is None:
            continue
        if name not in fields:
            yield (section, key), f"the recipe declares no field '{name}'{nearest(name, fields, 'it has')}"
        elif fields[name].type not in types:
            said = f"field '{name}' is of type {fields[name].type}; it must be {' or '.join(types)}"
            yield (section, key), said


def _of_owners(book: Playbook) -> Iterator[tuple[Place, str]]:
    names: set[str] = set()
    accounts: dict[str, str] = {}
    for index, owner in enumerate(book.owner):
        if owner.name.casefold() in names:
            yield ("owner", index, "name"), f"'{owner.name}' is named twice"
        names.add(owner.name.casefold())
        for account in owner.accounts:
            other = accounts.setdefault(account.casefold(), owner.name)
            if other != owner.name:
                yield ("owner", index, "accounts"), f"account '{account}' is {other}'s already"
        for first, last in owner.away:
            if last < first:
                yield ("owner", index, "away"), f"{first} to {last} ends before it begins"
        if owner.territories and book.routing.territory is None:
            yield ("owner", index, "territories"), "[routing] names no field of the territory"
    if book.owner and not any(owner.left is None for owner in book.owner):
        yield ("owner", 0, "left"), "everybody leaves: nobody would be left to contact a lead"
