"""A request's lead → a `Lead`: every field and event checked, every problem named at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from features.cells import Canonical, CellParser, field_parsers, is_missing, parse_date
from features.cells.parse import parse_boolean
from features.clock import DayEdge
from features.errors import FieldProblem, LeadError, after_as_of, nearest_name, unreadable
from features.lead.closing import closing_of_lead
from features.lead.events import EventForm, EventReader
from features.lead.lead import UNDATED, Lead, gather
from features.recipe import DateFormat, Recipe


class LeadStanding(NamedTuple):
    """What a lead's own roles say of it beside its fields; see `Lead`."""

    stage: str | None = None
    outcome: str | None = None
    opted_out: bool = False
    account_id: str | None = None
    closed_us: int | None = None


@dataclass(frozen=True)
class LeadReader:
    """Reads leads by `recipe`; what it takes to read one is made once for all."""

    recipe: Recipe

    def read(
        self,
        *,
        lead_id: str,
        fields: Mapping[str, object],
        events: Sequence[Mapping[str, object]] | None,
        as_of_us: int,
        created_at: object = None,
        stage: str | None = None,
    ) -> Lead:
        """The lead as it stands at `as_of_us`.

        `fields` are keyed by the recipe's field names, or by the columns that it names (also those of
        creation, account, opt-out, outcome). Events carry occurred_at, kind and optionally event_id,
        ingested_at, value, under these names or the recipe's columns. `events=None` means not given: event
        features are missing. Without a creation time what depends on it is missing, and a note says so: the
        lead is not new because its age is not given, and its first event may be years after it came.

        Raises:
            LeadError: unknown fields (with the nearest known name), cells that do not parse, a creation after
                `as_of_us`, events without a date or kind or of another lead.
        """
        recipe = self.recipe
        problems: list[FieldProblem] = []
        given = self._known(fields, problems)
        values = self._values(given, problems)
        created_us = self._created(created_at, given, as_of_us, problems)
        notes = [UNDATED] if recipe.dated and created_us is None else []
        visible, known_us = None, tuple[int, ...]()
        if self.event_form is not None and events is not None:
            reader = EventReader(self.event_form, as_of_us, problems, lead_id)
            visible = reader.read(events)
            notes += reader.notes()
            known_us = tuple(reader.known_us)
        standing = self.standing(given, stage, as_of_us, problems)
        if problems:
            raise LeadError(problems)
        return Lead(
            lead_id=lead_id,
            as_of_us=as_of_us,
            created_us=created_us,
            values=values,
            by_kind=None if visible is None else gather(visible, as_of_us),
            stage=standing.stage,
            outcome=standing.outcome,
            opted_out=standing.opted_out,
            account_id=standing.account_id,
            notes=tuple(notes),
            known_us=known_us,
            closed_us=standing.closed_us,
        )

    def standing(
        self, given: Mapping[str, object], stage: str | None, as_of_us: int, problems: list[FieldProblem]
    ) -> LeadStanding:
        """What the cells of roles in `given`, by role, and a `stage` that is told beside them say."""
        opted_out = _boolean("opted_out", given.get("opted_out"), problems)
        closed_us = self._since(given, [] if stage else problems)  # a stage that is told needs no date
        stage = stage or self._outcome(given, as_of_us, closed_us)
        outcome = closing_of_lead(self.recipe, stage, as_of_us)
        return LeadStanding(stage, outcome, opted_out, _text(given.get("account_id")), closed_us)

    def _created(
        self,
        created_at: object,
        given: Mapping[str, object],
        as_of_us: int,
        problems: list[FieldProblem],
    ) -> int | None:
        """The moment of creation by the envelope's `created_at`, else by the recipe's own column."""
        name, cell = "created_at", created_at
        if is_missing(created_at) and "created_at" in given:
            name, cell = str(self.recipe.lead.created_at), given["created_at"]
        found = _moment(name, cell, self.recipe, problems, "start", self.recipe.lead.created_format)
        if found is not None and found > as_of_us:
            problems.append(after_as_of(name))
        return found

    def _since(self, given: Mapping[str, object], problems: list[FieldProblem]) -> int | None:
        """The moment of the outcome that the fields hold."""
        name, form = self.recipe.outcomes.occurred_at or "", self.recipe.outcomes.occurred_format
        return _moment(name, given.get("outcome_at"), self.recipe, problems, "end", form)

    def _outcome(self, given: Mapping[str, object], as_of_us: int, since: int | None) -> str | None:
        """The outcome that the fields hold, None where it is dated after `as_of_us`: not yet so."""
        outcomes = self.recipe.outcomes
        said = "outcome_at" if outcomes.column == outcomes.occurred_at else "outcome"
        return _text(given.get(said)) if since is None or since <= as_of_us else None

    def _known(self, fields: Mapping[str, object], problems: list[FieldProblem]) -> dict[str, object]:
        """The given cells by 'field:NAME' or role; what the recipe does not know becomes a problem."""
        accepted, given = self.accepted, {}
        for key, cell in fields.items():
            if key in accepted:
                given[accepted[key]] = cell
            else:
                nearest = nearest_name(key, list(accepted))
                problems.append(FieldProblem(key, "is not a field of the recipe", nearest))
        return given

    def _values(self, given: Mapping[str, object], problems: list[FieldProblem]) -> dict[str, Canonical]:
        values: dict[str, Canonical] = {}
        for parser in self.parsers:
            try:
                values[parser.name] = parser.parse(given.get(self.accepted[parser.field]))
            except ValueError as error:
                values[parser.name] = None
                if parser.reports:
                    problems.append(unreadable(parser.field, str(error)))
        return values

    @cached_property
    def parsers(self) -> tuple[CellParser, ...]:
        """The canonical columns of the recipe."""
        return field_parsers(self.recipe)

    @cached_property
    def event_form(self) -> EventForm | None:
        """How events are written, None where the recipe has none."""
        return None if self.recipe.events is None else EventForm(self.recipe, self.recipe.events)

    @cached_property
    def accepted(self) -> dict[str, str]:
        """See `accepted_fields`."""
        return accepted_fields(self.recipe)


def parse_lead(
    recipe: Recipe,
    *,
    lead_id: str,
    fields: Mapping[str, object],
    events: Sequence[Mapping[str, object]] | None,
    as_of_us: int,
    created_at: object = None,
    stage: str | None = None,
) -> Lead:
    """One lead as `LeadReader.read` reads it, which is quicker for many.

    Raises:
        LeadError: as there.
    """
    return LeadReader(recipe).read(
        lead_id=lead_id,
        fields=fields,
        events=events,
        as_of_us=as_of_us,
        created_at=created_at,
        stage=stage,
    )


def accepted_fields(recipe: Recipe) -> dict[str, str]:
    """Every accepted key of `fields` → the role that it plays, else 'field:NAME' for a declared field.

    Of what reads one column there is one cell: a field of a role's column is kept under the role, and a
    second field of a column under the first.
    """
    lead = recipe.lead
    roles = {"created_at": lead.created_at, "account_id": lead.account_id, "opted_out": lead.opted_out}
    roles |= {"id": lead.id, "cost": lead.cost, "order": lead.order}
    if recipe.outcomes.column is not None:
        at = None if recipe.outcomes.at_once else recipe.outcomes.occurred_at
        roles |= {"outcome": recipe.outcomes.column, "outcome_at": at}
    accepted = {column: role for role, column in roles.items() if column is not None}
    for name, field in lead.fields.items():
        accepted.setdefault(field.column or name, f"field:{name}")
    return accepted | {name: accepted[field.column or name] for name, field in lead.fields.items()}


def fields_read(recipe: Recipe) -> dict[str, tuple[str, ...]]:
    """Every accepted key of `fields` → the declared fields that are read from its cell."""
    accepted = accepted_fields(recipe)
    read = dict[str, tuple[str, ...]]()
    for name in recipe.lead.fields:
        read[accepted[name]] = (*read.get(accepted[name], ()), name)
    return {key: read.get(role, ()) for key, role in accepted.items()}


def _moment(
    name: str,
    raw: object,
    recipe: Recipe,
    problems: list[FieldProblem],
    edge: DayEdge,
    form: DateFormat | None,
) -> int | None:
    if is_missing(raw):
        return None
    try:
        return parse_date(raw, recipe.recipe.zone, edge, form)
    except ValueError as error:
        problems.append(unreadable(name, str(error)))
        return None


def _boolean(name: str, raw: object, problems: list[FieldProblem]) -> bool:
    try:
        return not is_missing(raw) and parse_boolean(raw) == 1.0
    except ValueError as error:
        problems.append(unreadable(name, str(error)))
        return False


def _text(raw: object) -> str | None:
    return None if is_missing(raw) else str(raw).strip()
