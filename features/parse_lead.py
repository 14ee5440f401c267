"""A request's lead → a `Lead`: every field and event checked, every problem named at once."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from features.clock import DayEdge
from features.errors import LeadscoreError
from features.lead import Lead, VisibleEvent, gather
from features.measures import CENT, LARGEST_VALUE
from features.parse import Canonical, field_parsers, is_missing, parse_boolean, parse_date, parse_number
from features.raw_formats import DateFormat
from features.recipe import Events, Recipe

EVENT_KEYS = ("occurred_at", "kind", "event_id", "ingested_at", "value", "lead_id")
_TRIM = " \t\n\r\v\f"  # what the engine trims


@dataclass(frozen=True)
class FieldProblem:
    """What is wrong with one field of a lead, and what to do; never the value."""

    field: str
    problem: str
    remedy: str


class LeadError(LeadscoreError):
    """A lead that cannot be scored as given: all its problems."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            "; ".join(f"{problem.field}: {problem.problem}" for problem in self.problems),
            " ".join(dict.fromkeys(problem.remedy for problem in self.problems)),
        )


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
    """The lead as it stands at `as_of_us`.

    `fields` are keyed by the recipe's field names, or by the columns that it names (also those of creation,
    account, opt-out, outcome). Events carry occurred_at, kind and optionally event_id, ingested_at, value,
    under these names or the recipe's columns. `events=None` means not given: event features are missing.
    Without a creation time the lead was created now.

    Raises:
        LeadError: unknown fields (with the nearest known name), cells that do not parse, events without a
            date or kind.
    """
    problems: list[FieldProblem] = []
    given = _known_fields(recipe, fields, problems)
    values = _values(recipe, given, problems)
    created = _first(created_at, given.get("created_at"))
    created_us = _moment("created_at", created, recipe, problems, "start", recipe.lead.created_format)
    notes: list[str] = []
    visible = None
    if recipe.events is not None and events is not None:
        visible = _visible(recipe, recipe.events, events, as_of_us, problems, notes)
    opted_out = _boolean("opted_out", given.get("opted_out"), problems)
    if problems:
        raise LeadError(problems)
    stage = stage or _text(given.get("outcome"))
    return Lead(
        lead_id=lead_id,
        as_of_us=as_of_us,
        created_us=as_of_us if created_us is None else created_us,
        values=values,
        by_kind=None if visible is None else gather(visible, as_of_us),
        stage=stage,
        outcome=closing(recipe, stage),
        opted_out=opted_out,
        account_id=_text(given.get("account_id")),
        notes=tuple(notes),
    )


def closing(recipe: Recipe, stage: str | None) -> str | None:
    """'won' or 'lost' when the recipe calls `stage` so (compared without case), else None."""
    if stage is None:
        return None
    plain = stage.strip(_TRIM).lower()
    if plain in {text.strip().lower() for text in recipe.outcomes.won}:
        return "won"
    return "lost" if plain in {text.strip().lower() for text in recipe.outcomes.lost} else None


def accepted_fields(recipe: Recipe) -> dict[str, str]:
    """Every accepted key of `fields` → 'field:NAME' for a declared field, else the role that it plays."""
    lead = recipe.lead
    roles = {"created_at": lead.created_at, "account_id": lead.account_id, "opted_out": lead.opted_out}
    roles |= {"outcome": recipe.outcomes.column, "id": lead.id, "cost": lead.cost, "order": lead.order}
    accepted = {column: role for role, column in roles.items() if column is not None}
    for name, field in lead.fields.items():
        if field.column is not None:
            accepted[field.column] = f"field:{name}"
    return accepted | {name: f"field:{name}" for name in lead.fields}


def _known_fields(
    recipe: Recipe, fields: Mapping[str, object], problems: list[FieldProblem]
) -> dict[str, object]:
    """The given cells by 'field:NAME' or role; what the recipe does not know becomes a problem."""
    accepted, given = accepted_fields(recipe), {}
    for key, cell in fields.items():
        if key in accepted:
            given[accepted[key]] = cell
        else:
            problems.append(FieldProblem(key, "is not a field of the recipe", _nearest(key, list(accepted))))
    return given


def _nearest(key: str, names: list[str]) -> str:
    near = difflib.get_close_matches(key, names, n=1)
    if near:
        return f"Did you mean '{near[0]}'?"
    return f"Use one of {', '.join(names[:30])}."


def _values(
    recipe: Recipe, given: Mapping[str, object], problems: list[FieldProblem]
) -> dict[str, Canonical]:
    values: dict[str, Canonical] = {}
    for parser in field_parsers(recipe):
        try:
            values[parser.name] = parser.parse(given.get(f"field:{parser.field}"))
        except ValueError as error:
            values[parser.name] = None
            if parser.reports:
                problems.append(_unreadable(parser.field, str(error)))
    return values


def _unreadable(field: str, expected: str) -> FieldProblem:
    return FieldProblem(
        field, f"cannot be read; expected {expected}", "Correct the value, or leave it empty."
    )


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
        problems.append(_unreadable(name, str(error)))
        return None


def _boolean(name: str, raw: object, problems: list[FieldProblem]) -> bool:
    try:
        return not is_missing(raw) and parse_boolean(raw) == 1.0
    except ValueError as error:
        problems.append(_unreadable(name, str(error)))
        return False


def _text(raw: object) -> str | None:
    return None if is_missing(raw) else str(raw).strip()


def _first(*cells: object) -> object:
    return next((cell for cell in cells if not is_missing(cell)), None)


def _visible(
    recipe: Recipe,
    declared: Events,
    events: Sequence[Mapping[str, object]],
    as_of_us: int,
    problems: list[FieldProblem],
    notes: list[str],
) -> list[VisibleEvent]:
    """Events available at as_of, of kinds that the recipe names, each event id once."""
    aliases = {getattr(declared, role): role for role in EVENT_KEYS if getattr(declared, role)}
    aliases |= {role: role for role in EVENT_KEYS}
    kinds = {kind.strip(_TRIM): kind for kind in declared.kinds}
    found: list[tuple[int, int, str, int, str | None]] = []
    unknown = later = 0
    for place, event in enumerate(events):
        cells = _event_cells(place, event, aliases, problems)
        kind = str(cells.get("kind") or "").strip(_TRIM)
        occurred, ingested = (
            _moment(
                f"events[{place}].{key}", cells.get(key), recipe, problems, "end", declared.occurred_format
            )
            for key in ("occurred_at", "ingested_at")
        )
        value = _value(place, cells.get("value"), problems)
        if not kind or is_missing(cells.get("occurred_at")):
            problems.append(FieldProblem(f"events[{place}]", "lacks kind or occurred_at", "Give both."))
        if occurred is None or kind not in kinds:
            unknown += bool(kind) and kind not in kinds
            continue
        available = max(occurred, ingested if ingested is not None else occurred)
        if available > as_of_us:
            later += 1
            continue
        event_id = _text(cells.get("event_id")) if declared.event_id is not None else None
        found.append((available, occurred, kinds[kind], value, event_id))
    if unknown:
        notes.append(f"{unknown} events of kinds that the recipe does not name were left out")
    if later:
        notes.append(f"{later} events after as_of were left out")
    return _each_once(found)


def _each_once(found: list[tuple[int, int, str, int, str | None]]) -> list[VisibleEvent]:
    """Of events with the same id the one that was available first, as the engine keeps it."""
    seen: set[str] = set()
    kept = []
    for _, occurred, kind, value, event_id in sorted(found, key=lambda event: event[:4]):
        if event_id is None or event_id not in seen:
            kept.append(VisibleEvent(occurred, kind, value))
        if event_id is not None:
            seen.add(event_id)
    return kept


def _event_cells(
    place: int, event: Mapping[str, object], aliases: Mapping[str, str], problems: list[FieldProblem]
) -> dict[str, object]:
    cells = {}
    for key, cell in event.items():
        if key in aliases:
            cells[aliases[key]] = cell
        else:
            problem = "is not a key of an event"
            problems.append(FieldProblem(f"events[{place}].{key}", problem, _nearest(key, list(aliases))))
    return cells


def _value(place: int, raw: object, problems: list[FieldProblem]) -> int:
    """A value in thousandths, as the engine rounds it; 0 where there is none."""
    try:
        number = None if is_missing(raw) else parse_number(raw)
    except ValueError as error:
        problems.append(_unreadable(f"events[{place}].value", str(error)))
        return 0
    if number is None:
        return 0
    return math.floor(min(max(number, -LARGEST_VALUE), LARGEST_VALUE) * CENT + 0.5)
