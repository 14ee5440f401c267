"""The parsers of the fields that a recipe declares, made of how one cell is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from features.cells.emails import email_kind, email_label
from features.cells.parse import (
    MISSING_TEXTS,
    Canonical,
    StoredType,
    YearError,
    compact,
    is_missing,
    parse_amount,
    parse_boolean,
    parse_category,
    parse_date,
    parse_phone,
    parse_text,
    text_of,
)
from features.recipe import DateFormat, Recipe
from features.recipe.crm import LeadField


@dataclass(frozen=True)
class CellParser:
    """How one canonical column `name` comes from the cells of the declared field `field`."""

    name: str
    field: str
    stored: StoredType
    parse: Callable[[object], Canonical]
    reports: bool = True


def field_parsers(recipe: Recipe) -> tuple[CellParser, ...]:
    """The canonical columns of a recipe: each field, and what is derived from it for comparisons."""
    parsers: list[CellParser] = []
    for name, field in recipe.lead.fields.items():
        parsers.append(CellParser(name, name, stored_type(field), cell_parser(field, recipe.recipe.zone)))
        if field.type == "email":
            parse = _unless_missing(lambda raw: email_label(text_of(raw)), field)
            parsers.append(CellParser(f"{name}.label", name, "string", parse, reports=False))
        if field.means in ("company", "domain"):
            parse = _unless_missing(compact, field)
            parsers.append(CellParser(f"{name}.compact", name, "string", parse, reports=False))
    return tuple(parsers)


def stored_type(field: LeadField) -> StoredType:
    """The engine's type of a field's canonical column."""
    if field.type == "date":
        return "int64"
    return "float64" if field.type in ("number", "boolean", "phone") else "string"


def cell_parser(field: LeadField, zone: str) -> Callable[[object], Canonical]:
    """The parser of one declared field; wall clocks without an offset are those of `zone`."""
    decimal = "," if field.format == "decimal_comma" else "."
    form = None if field.format == "decimal_point" or field.format == "decimal_comma" else field.format
    by_type: dict[str, Callable[[object], Canonical]] = {
        "number": lambda raw: parse_amount(raw, decimal, field.rates),
        "category": parse_category,
        "text": parse_text,
        "boolean": parse_boolean,
        "date": lambda raw: _likely_date(raw, zone, form),
        "email": lambda raw: email_kind(text_of(raw)),
        "phone": parse_phone,
    }
    parse = _unless_missing(by_type[field.type], field)
    if field.type == "number":
        return _unless_stand_in(parse, field, by_type["number"])
    if field.type == "date":
        return _unless_stand_in(parse, field, by_type["date"], lambda raw: parse_date(raw, zone))
    return parse


def _unless_stand_in(
    parse: Callable[[object], Canonical], field: LeadField, *readers: Callable[[object], Canonical]
) -> Callable[[object], Canonical]:
    """Numbers and dates in `missing` are missing however a cell writes them: -1, -1.0 and "-1,00" alike."""
    stood = {value for text in field.missing for read in readers if (value := _read(read, text)) is not None}
    if not stood:
        return parse

    def parsed(raw: object) -> Canonical:
        value = parse(raw)
        return None if value in stood else value

    return parsed


def _likely_date(raw: object, zone: str, form: DateFormat | None) -> int | None:
    """The start of the date that a field holds; a year that cannot be meant counts as missing."""
    try:
        return parse_date(raw, zone, "start", form)
    except YearError:
        return None


def _read(read: Callable[[object], Canonical], text: str) -> Canonical:
    """The value of a text in `missing`, None where it is a word."""
    try:
        return read(text)
    except ValueError:
        return None


def _unless_missing(parse: Callable[[object], Canonical], field: LeadField) -> Callable[[object], Canonical]:
    missing = MISSING_TEXTS | {text.strip().lower() for text in field.missing}
    return lambda raw: None if is_missing(raw, missing) else parse(raw)
