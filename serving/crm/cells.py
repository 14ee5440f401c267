"""A vendor's fields as cells of the recipe's columns: which column each is, and its value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from features.cells import Canonical, field_parsers, parse_date
from features.clock import from_us, in_range
from features.errors import FieldProblem, unreadable
from features.lead import accepted_fields, fields_read
from features.profiles import plain as plain_name
from features.profiles import presets
from features.recipe import FieldType, Recipe
from serving.crm.mapping import Mapping as VendorMapping
from serving.crm.paths import plain
from serving.ledger.sent import Cell

_ROLES = ("created_at", "account_id", "opted_out", "cost", "outcome", "outcome_at")
_BY_TYPE = ("email", "phone")
Unit = Literal["iso", "s", "ms"]
_TO_US = {"s": 1_000_000, "ms": 1_000}
_MS_DIGITS = 12
"""A number of so many digits is of milliseconds: as seconds it would be after the year 5000."""


@dataclass(frozen=True)
class CellReader:
    """Reads fields that `mapping` names, for `recipe`; made once, used for every item."""

    recipe: Recipe
    mapping: VendorMapping

    def read(self, given: Mapping[str, Any], problems: list[FieldProblem]) -> dict[str, Cell]:
        """Cells by the recipe's column of `given` by the vendor's names; what no recipe names is left out.

        A value that its column cannot hold becomes empty, which is then what is known of it, and a problem.
        Of two names of one column the first that holds something stays.
        """
        found: dict[str, Cell] = {}
        for name, value in given.items():
            column = self.column(name)
            if column is None or found.get(column) is not None:
                continue
            cell, problem = self._cell(column, value)
            found[column] = cell
            if problem is not None:
                problems.append(problem)
        return found

    def column(self, name: str) -> str | None:
        """The recipe's column or field that the vendor calls `name`, None where it has none."""
        if name not in self._columns:
            self._columns[name] = self._found(name)
        return self._columns[name]

    def means(self, column: str) -> Literal["email", "phone"] | None:
        """Which kind of address `column` holds, None where it is none."""
        for kind in self._types(column):
            if kind == "email" or kind == "phone":
                return kind
        return None

    def _types(self, column: str) -> list[FieldType]:
        """Those of the declared fields that read `column`."""
        return [self.recipe.lead.fields[name].type for name in self._read.get(column, ())]

    @cached_property
    def _read(self) -> dict[str, tuple[str, ...]]:
        return fields_read(self.recipe)

    @cached_property
    def _columns(self) -> dict[str, str | None]:
        return {}

    @cached_property
    def _roles(self) -> dict[str, str]:
        return accepted_fields(self.recipe)

    @cached_property
    def _parsers(self) -> dict[str, Callable[[object], Canonical]]:
        return {one.field: one.parse for one in field_parsers(self.recipe) if one.reports}

    @cached_property
    def _aliases(self) -> dict[str, tuple[str, ...]]:
        """Other names of a column by each of its names, from the CRM's preset."""
        if self.mapping.preset is None:
            return {}
        columns = presets()[self.mapping.preset].columns
        meant = {(key, *one.names): one.role for key, one in columns.items()}
        return {
            plain_name(name): names + ((role,) if role else ())
            for names, role in meant.items()
            for name in names
        }

    def _found(self, name: str) -> str | None:
        if name.startswith(self.mapping.own):
            return None
        said = self.mapping.fields.get(name, name)
        for word in () if not said else (said, *self._aliases.get(plain_name(said), ())):
            role = self._roles.get(word) or self._role_of(word)
            if role is not None:
                return (
                    None if role == "id" else next(name for name, one in self._roles.items() if one == role)
                )
        return None

    def _role_of(self, word: str) -> str | None:
        """A role that the recipe has, the first field of a type, or the first that means `word`."""
        if word in _ROLES:
            return word if word in self._roles.values() else None
        for name, field in self.recipe.lead.fields.items():
            if word == field.means or (word in _BY_TYPE and word == field.type):
                return self._roles[name]
        return None

    def _cell(self, column: str, value: Any) -> tuple[Cell, FieldProblem | None]:
        text = plain(value)
        if text is None and isinstance(value, list):  # several choices, as CRMs write them in one cell
            text = ";".join(part for one in value if (part := plain(one)))
        if not text:
            wrong = value not in (None, "", [])
            return None, unreadable(column, "a text, a number, or yes or no") if wrong else None
        types, role = set(self._types(column)), self._roles[column]
        if role in ("created_at", "outcome_at") or "date" in types:
            us = moment_us(text)
            return (text, unreadable(column, "a date")) if us is None else (from_us(us).isoformat(), None)
        counted = types == {"number"} and role != "account_id"  # an account is called 1007, not 1007.0
        cell: Cell = _number(text) if counted else text
        try:
            for name in self._read[column]:
                self._parsers[name](cell)
        except ValueError as error:
            return None, unreadable(column, str(error))
        return cell, None


def _number(text: str) -> Cell:
    """A number as a machine writes it, whatever form the company's exports have; else the text."""
    try:
        return float(text)
    except ValueError:
        return text


def moment_us(text: str, unit: Unit = "iso") -> int | None:
    """Microseconds since 1970 UTC, None where it is no moment; clocks without an offset are UTC.

    A number is read as such whatever `unit` says: Pipedrive's own page writes its timestamps both ways.

    >>> moment_us("1970-01-01T00:00:01Z"), moment_us("1000", "ms"), moment_us("1700000000000")
    (1000000, 1000000, 1700000000000000)
    """
    text = text.removeprefix("/Date(").removesuffix(")/")  # as Dataverse writes milliseconds
    try:
        number = float(text)
    except ValueError:
        number = None
    try:
        if number is None:
            return parse_date(text, "UTC", "end")
        if unit == "iso":
            unit = "ms" if len(text.partition(".")[0].lstrip("-")) >= _MS_DIGITS else "s"
        us = round(number * _TO_US[unit])
    except (ValueError, OverflowError):
        return None
    return us if in_range(us) else None
