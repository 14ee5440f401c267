"""What is sent to the ledger over HTTP: events, outcomes, leads, read by the recipe or told what is wrong."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from features.cells import parse_date
from features.clock import DAY_US, from_us
from features.errors import FieldProblem, LeadError, nearest_name, unreadable
from features.lead import LeadReader, accepted_fields, closing
from features.recipe import Recipe
from features.refused import wrong
from serving.ledger import EventSent, LeadSent, OutcomeSent
from serving.ledger.sent import MOST_ID, Cell, DecisionSent, Sent
from serving.score import Maturity, StageName
from serving.wire.sent_json import UnfitItem, as_text

Id = Annotated[str, BeforeValidator(as_text), Field(min_length=1, max_length=MOST_ID)]
Value = Annotated[str, BeforeValidator(lambda raw: str(raw) if isinstance(raw, int | float) else raw)]
_SOURCE = "api"
_WORDS = {"source": "Whose ids these are: an event id is one of its source."}


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    lead_id: Id
    source: Id = Field(default=_SOURCE, description=_WORDS["source"])


class EventGiven(_Given):
    """Something that a lead did; `event_id` makes it the same when it is sent again."""

    kind: Id
    occurred_at: str
    event_id: Id | None = None
    ingested_at: str | None = None
    value: Value | None = None


class OutcomeGiven(_Given):
    """A stage that a lead reached; won and lost are those that the recipe names so."""

    stage: Id
    occurred_at: str | None = None
    amount: Value | None = None


class LeadGiven(_Given):
    """Fields of a lead that hold from `changed_at` (default: now) on; those not named stay as they are."""

    fields: dict[str, Any] = Field(default_factory=dict)
    created_at: str | None = None
    changed_at: str | None = None


class DecisionGiven(_Given):
    """What a person decided of a lead, or asked for it; the newest of a kind holds.

    `opt_out`: they object to profiling. `contest`: they contest their score. `review`: what a person's review
    came to (`outcome`). `override`: the `maturity` for some `days`. `refusal`: sales refuse it. With `days`
    it expires; 0 takes back what was decided.
    """

    kind: Literal["opt_out", "contest", "review", "override", "refusal"]
    by: Annotated[str, Field(min_length=1, max_length=MOST_ID)]
    reason: Annotated[str, Field(min_length=1, max_length=2_000)]
    decided_at: str | None = None
    days: Annotated[float, Field(ge=0, le=40_000)] | None = None
    maturity: Maturity | None = None
    outcome: Literal["upheld", "changed"] | None = None


@dataclass(frozen=True)
class Read:
    """One item as it goes to the ledger, or what is wrong with it; `note` is said in the answer."""

    lead_id: str | None
    sent: Sent | None = None
    problems: tuple[FieldProblem, ...] = ()
    note: str = ""
    unchanged: bool = False


_G = TypeVar("_G", bound=_Given)


def read_event(reader: LeadReader, item: Any, now_us: int) -> Read:
    """An event, whose kind may be one that the recipe does not name: a wider one may."""
    found = _parsed(EventGiven, item)
    if isinstance(found, Read):
        return found
    recipe, problems = reader.recipe, list[FieldProblem]()
    form = recipe.events.occurred_format if recipe.events else None
    occurred = _moment("occurred_at", found.occurred_at, recipe, form, problems)
    ingested = _moment("ingested_at", found.ingested_at, recipe, form, problems)
    event = {"kind": found.kind, "occurred_at": from_us(now_us), "value": found.value}
    problems += _readable(reader, found.lead_id, {}, now_us, [event])
    if problems or occurred is None:
        return Read(found.lead_id, problems=tuple(problems))
    sent = EventSent(found.source, found.lead_id, found.kind, occurred, found.event_id, ingested, found.value)
    kinds = list(recipe.events.kinds) if recipe.events else []
    known = found.kind in kinds or not kinds
    note = "" if known else f"its kind is not one that the recipe names. {nearest_name(found.kind, kinds)}"
    return Read(found.lead_id, sent, note=note)


def read_outcome(recipe: Recipe, item: Any) -> Read:
    """An outcome, dated or not."""
    found = _parsed(OutcomeGiven, item)
    if isinstance(found, Read):
        return found
    problems = list[FieldProblem]()
    occurred = _moment("occurred_at", found.occurred_at, recipe, recipe.outcomes.occurred_format, problems)
    if problems:
        return Read(found.lead_id, problems=tuple(problems))
    sent = OutcomeSent(found.source, found.lead_id, found.stage, occurred, found.amount)
    return Read(found.lead_id, sent, note=_stage_noted(recipe, found.stage))


def _stage_noted(recipe: Recipe, stage: str) -> str:
    """What is said of a stage that means nothing by the recipe: a wider one may name it."""
    ended, plain = recipe.outcomes, stage.strip().casefold()
    named = [*ended.stages, *get_args(StageName)]
    if closing(ended, stage) is not None or plain in ("", *(name.strip().casefold() for name in named)):
        return ""
    nearest = nearest_name(stage, [*ended.won, *ended.lost, *named])
    return f"its stage is not one that the recipe names. {nearest}"


def read_change(reader: LeadReader, item: Any, now_us: int, held: Mapping[str, Mapping[str, Cell]]) -> Read:
    """A lead's fields. Without `changed_at` only what differs from what is `held` of it (by role) is new."""
    found = _parsed(LeadGiven, item)
    if isinstance(found, Read):
        return found
    recipe, problems = reader.recipe, list[FieldProblem]()
    since = _moment("changed_at", found.changed_at, recipe, None, problems)
    cells = dict(found.fields)
    if found.created_at is not None:
        cells[recipe.lead.created_at or "created_at"] = found.created_at
    problems += _plain(cells) or _readable(reader, found.lead_id, cells, max(now_us, since or 0))
    if problems:
        return Read(found.lead_id, problems=tuple(problems))
    if since is not None:
        return Read(found.lead_id, LeadSent(found.source, found.lead_id, cells, since))
    roles, known = accepted_fields(recipe), held.get(found.lead_id)
    new = {name: cell for name, cell in cells.items() if (roles[name], cell) not in (known or {}).items()}
    sent = LeadSent(found.source, found.lead_id, new, now_us if new or known is None else 0)
    return Read(found.lead_id, sent, unchanged=known is not None and not new)


def read_decision(recipe: Recipe, item: Any, now_us: int) -> Read:
    """A decision, also of a lead that is not known yet: an objection may come before the lead does."""
    found = _parsed(DecisionGiven, item)
    if isinstance(found, Read):
        return found
    problems = list[FieldProblem]()
    decided = _moment("decided_at", found.decided_at, recipe, None, problems)
    needs = {"override": ("maturity", "days"), "review": ("outcome",)}.get(found.kind, ())
    for name in ("maturity", "outcome"):
        if name not in needs and getattr(found, name) is not None:
            problems.append(FieldProblem(name, f"says nothing of a decision '{found.kind}'", "Leave it out."))
    for name in needs:
        if getattr(found, name) is None:
            problems.append(FieldProblem(name, f"is missing in a decision '{found.kind}'", "Give it."))
    if problems:
        return Read(found.lead_id, problems=tuple(problems))
    at_us = now_us if decided is None else decided
    expires = None if found.days is None else at_us + round(found.days * DAY_US)
    content = json.dumps({"maturity": found.maturity}) if found.maturity else found.outcome
    sent = DecisionSent(
        found.source, found.lead_id, found.kind, at_us, found.by, found.reason, content, expires
    )
    return Read(found.lead_id, sent)


def ids_of(items: list[Any]) -> list[str]:
    """The usable ids of leads in `items`."""
    raw = (as_text(item.get("lead_id")) for item in items if isinstance(item, dict))
    return [one for one in raw if isinstance(one, str) and one.isprintable() and len(one) <= MOST_ID]


def _parsed(kind: type[_G], item: Any) -> _G | Read:
    if isinstance(item, UnfitItem):
        shown = as_text(item.lead_id)
        return Read(shown if isinstance(shown, str) and shown else None, problems=(item.problem,))
    raw = as_text(item.get("lead_id")) if isinstance(item, dict) else None
    name = raw if isinstance(raw, str) and raw else None
    accepted = ", ".join(kind.model_fields)
    if not isinstance(item, dict):
        problem = FieldProblem("item", "is not a JSON object", f"Send an object with {accepted}.")
        return Read(name, problems=(problem,))
    try:
        return kind.model_validate(item)
    except ValidationError as error:
        problems = [
            FieldProblem(".".join(map(str, one["loc"])), wrong(dict(one)), f"Accepted: {accepted}.")
            for one in error.errors(include_input=False)
        ]
        return Read(name, problems=tuple(problems))


def _moment(
    name: str, raw: str | None, recipe: Recipe, form: Any, problems: list[FieldProblem]
) -> int | None:
    """A moment in ISO 8601, or as the recipe's files write it; a day alone is its end."""
    if raw is None:
        return None
    try:
        return parse_date(raw, recipe.recipe.zone, "end")
    except ValueError as error:
        try:
            return parse_date(raw, recipe.recipe.zone, "end", form)
        except ValueError:
            problems.append(unreadable(name, str(error)))
            return None


def _plain(cells: Mapping[str, Any]) -> list[FieldProblem]:
    """Lists and objects are no cells; a CRM sends several choices as one text."""
    return [
        FieldProblem(name, "is a list or an object", "Send one text, number or boolean, or null.")
        for name, cell in cells.items()
        if not (cell is None or isinstance(cell, str | int | float | bool))
    ]


def _readable(
    reader: LeadReader,
    lead_id: str,
    cells: Mapping[str, Any],
    at_us: int,
    events: list[dict[str, Any]] | None = None,
) -> list[FieldProblem]:
    """What the recipe cannot read: it would be stored and fail at every score."""
    try:
        reader.read(lead_id=lead_id, fields=cells, events=events, as_of_us=at_us)
    except LeadError as error:
        return [replace(one, field=one.field.removeprefix("events[0].")) for one in error.problems]
    return []
