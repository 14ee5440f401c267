"""The added columns as the import of a CRM wants them, and the properties to create there: read from data."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from features.language import LANGUAGES, Language

_PERCENT_DIGITS = 4
"""Decimals of a percentage: six of a probability."""
_NUMBERS = {"whole": "int64", "percent": "float64", "number": "float64"}
"""Kinds that are no text, and their types in Arrow."""


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Property(_Data):
    """A column as people call it: label and description in English and in French."""

    of: str
    name: str
    kind: Literal["whole", "percent", "number", "choice", "short", "long", "moment"]
    en: tuple[str, str]
    fr: tuple[str, str]
    options: dict[str, tuple[str, str]] = {}

    def label(self, language: Language) -> str:
        """What people call it."""
        return (self.en if language == "en" else self.fr)[0]

    def option(self, value: str, language: Language) -> str:
        """What people call one of its values."""
        return self.options[value][LANGUAGES.index(language)] if value in self.options else value

    def among(self, columns: Collection[str]) -> list[Property]:
        """Itself for each of `columns` that it is a property for; `{days}` stands for a horizon."""
        pattern = re.compile(re.escape(self.of).replace(re.escape("{days}"), "(?P<days>[0-9.]+)"))
        found = [match for match in map(pattern.fullmatch, columns) if match]
        return [self._of_days(match.group(), match.groupdict().get("days", "")) for match in found]

    def _of_days(self, column: str, days: str) -> Property:
        en, fr = ((label.format(days=days), said.format(days=days)) for label, said in (self.en, self.fr))
        name = self.name.format(days=days.replace(".", "_"))
        return self.model_copy(update={"of": column, "name": name, "en": en, "fr": fr})


class Crm(_Data):
    """What one CRM wants: whether a header is the label or the name, its types, how a moment is written."""

    title: str
    header: Literal["label", "name"]
    name: str
    options: Literal["label", "value"]
    moment: str
    longest: int
    where: tuple[str, str]
    types: dict[str, str]

    def named(self, found: Property) -> str:
        """The name of a property in the CRM's own programming interface."""
        words = found.name.split("_")
        title = "_".join(word.capitalize() for word in words)
        camel = "".join(word.capitalize() for word in words)
        return self.name.format(snake=found.name, Title=title, Camel=camel)

    def headed(self, found: Property, language: Language) -> str:
        """The header under which the import finds a property."""
        return found.label(language) if self.header == "label" else self.named(found)


class _Templates(_Data):
    property: tuple[Property, ...]
    asked: tuple[Property, ...]
    crm: dict[str, Crm]

    def properties(self, columns: Collection[str]) -> list[Property]:
        """Those of every recipe, and those of the columns that one asks for."""
        return [*self.property, *(one for asked in self.asked for one in asked.among(columns))]


@cache
def templates() -> _Templates:
    """All that is known of CRMs."""
    text = files("serving.returned").joinpath("crms.toml").read_text(encoding="utf-8")
    return _Templates.model_validate(tomllib.loads(text))


def crm_columns(crm: str, language: Language = "en", added: Collection[str] = ()) -> dict[str, str]:
    """Column of a scored export → its header in the import of `crm`, in order.

    `added` names the columns that the export has: those of a curve or a value are there where it has them.
    """
    found = templates()
    return {one.of: found.crm[crm].headed(one, language) for one in found.properties(added)}


def maturity_words(crm: str | None, maturity: str, language: Language) -> str:
    """How a maturity is written for `crm`."""
    found = templates()
    if crm is None or found.crm[crm].options == "value":
        return maturity
    return next(one.option(maturity, language) for one in found.property if one.of == "ls_maturity")


def crm_table(table: Any, crm: str, language: Language = "en") -> Any:
    """The added columns (Arrow) under the headers and in the formats of `crm`."""
    import pyarrow as pa

    found = templates()
    target = found.crm[crm]
    columns = {}
    for one in found.properties(table.column_names):
        write = _writer(one, target, language)
        cells = [None if cell is None else write(cell) for cell in table.column(one.of).to_pylist()]
        kind = _NUMBERS.get(one.kind, "string")
        columns[target.headed(one, language)] = pa.array(cells, pa.type_for_alias(kind))
    return pa.table(columns)


def property_rows(crm: str, added: Collection[str] = ()) -> list[dict[str, str]]:
    """The properties to create in `crm` for an export with the columns `added`, a row each, in English and in
    French."""
    found = templates()
    target = found.crm[crm]
    return [
        {
            "label_en": one.en[0],
            "label_fr": one.fr[0],
            "name": target.named(one),
            "type": target.types[one.kind],
            "options_en": _options(one, target, "en"),
            "options_fr": _options(one, target, "fr"),
            "description_en": one.en[1],
            "description_fr": one.fr[1],
            "where_en": target.where[0],
            "where_fr": target.where[1],
        }
        for one in found.properties(added)
    ]


def _options(one: Property, target: Crm, language: Language) -> str:
    return "; ".join(
        f"{value}: {one.option(value, language)}"
        if target.options == "value"
        else one.option(value, language)
        for value in one.options
    )


def _writer(one: Property, target: Crm, language: Language) -> Callable[[Any], Any]:
    """How a cell of a property is written."""
    if one.kind == "percent":
        return lambda cell: round(100 * cell, _PERCENT_DIGITS)
    if one.kind == "choice" and target.options == "label":
        return lambda cell: one.option(cell, language)
    if one.kind == "moment":
        return lambda cell: datetime.fromisoformat(cell).astimezone(UTC).strftime(target.moment)
    if one.kind == "long":
        return lambda cell: cell if len(cell) <= target.longest else cell[: target.longest - 1] + "…"
    return lambda cell: cell
