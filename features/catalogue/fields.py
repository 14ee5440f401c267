"""Who the lead is: declared fields, completeness, touches; and what of a checklist is answered."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from features.catalogue.members import Dtype, OfLead
from features.catalogue.naming import NEVER, kinds_label, slug
from features.catalogue.row import NAN, Row
from features.cells.parse import parse_category, parse_text
from features.clock import DAY_US
from features.clock.zones import flag
from features.lead import Lead
from features.recipe import Recipe


@dataclass(frozen=True)
class FieldValue(OfLead):
    """A declared field as it is: a number or yes/no as number, anything else as category."""

    field: str
    dtype: Dtype = "number"  # type: ignore[misc]  # a field, not the kind, says what it is
    group: Literal["fit", "origin"] = "fit"  # type: ignore[misc]
    type: Literal["field_value"] = "field_value"

    @cached_property
    def name(self) -> str:
        return slug(self.field)

    @property
    def label(self) -> str:
        if self.field.endswith(".label"):  # the canonical column beside an e-mail field
            return "Owner of the e-mail domain"
        return kinds_label((self.field,), None)

    def describe(self) -> str:
        return f"The field {self.field}, a {self.dtype}; missing when the cell is."

    def expr(self, row: Row) -> Any:
        return row.field(self.field)

    def value(self, lead: Lead) -> Any:
        value = lead.values.get(self.field)
        return NAN if value is None and self.dtype == "number" else value


@dataclass(frozen=True)
class Filled(OfLead):
    """Share of the given fields that hold a value: 0 to 1; of one field, whether it does."""

    fields: tuple[str, ...]
    called: str
    type: Literal["filled"] = "filled"
    group = "record"
    missing = NEVER

    @cached_property
    def name(self) -> str:
        return slug(f"{self.called}_filled")

    @property
    def label(self) -> str:
        return f"{kinds_label((self.called,), None)} filled"

    def describe(self) -> str:
        return f"Share of {', '.join(self.fields)} that hold a value; never missing."

    def expr(self, row: Row) -> Any:
        filled = [flag(row.field(field).notnull()) for field in self.fields]
        return _total(filled) / float(len(self.fields))

    def value(self, lead: Lead) -> float:
        cells = list(map(lead.values.get, self.fields))
        return (len(cells) - cells.count(None)) / len(cells)


def _total(parts: list[Any]) -> Any:
    """The sum of expressions as a shallow tree: as a chain, two thousand fields are too deep to compile."""
    while len(parts) > 1:
        parts = [sum(parts[i + 1 : i + 2], parts[i]) for i in range(0, len(parts), 2)]
    return parts[0]


@dataclass(frozen=True)
class DateAge(OfLead):
    """Days from a date field to as_of (negative for a date to come)."""

    field: str
    type: Literal["date_age"] = "date_age"

    @cached_property
    def name(self) -> str:
        return slug(f"{self.field}_age")

    @property
    def label(self) -> str:
        return f"Days since {kinds_label((self.field,), None).lower()}"

    def describe(self) -> str:
        return f"Days from {self.field} to as_of; missing when the cell is."

    def expr(self, row: Row) -> Any:
        return (row.as_of_us - row.field(self.field)).cast("float64") / float(DAY_US)

    def value(self, lead: Lead) -> float:
        us = lead.values.get(self.field)
        return NAN if us is None else (lead.as_of_us - int(us)) / DAY_US


@dataclass(frozen=True)
class DateGap(OfLead):
    """Days from one date field to another (negative where the other comes first)."""

    first: str
    last: str
    type: Literal["date_gap"] = "date_gap"
    missing = "when one of the two is empty"

    @cached_property
    def name(self) -> str:
        return slug(f"{self.first}_to_{self.last}")

    @property
    def label(self) -> str:
        first, last = (kinds_label((name,), None) for name in (self.first, self.last))
        return f"Days from {first.lower()} to {last.lower()}"

    def describe(self) -> str:
        return f"Days from {self.first} to {self.last}; missing when one of them is."

    def expr(self, row: Row) -> Any:
        return (row.field(self.last) - row.field(self.first)).cast("float64") / float(DAY_US)

    def value(self, lead: Lead) -> float:
        first, last = lead.values.get(self.first), lead.values.get(self.last)
        return NAN if first is None or last is None else (int(last) - int(first)) / DAY_US


@dataclass(frozen=True)
class SameTouch(OfLead):
    """1 when two category fields hold the same value (the first and the last touch), else 0."""

    first: str
    last: str
    type: Literal["same_touch"] = "same_touch"
    group = "origin"
    missing = "when one of the two is empty"

    @cached_property
    def name(self) -> str:
        return slug(f"{self.last}_is_{self.first}")

    @property
    def label(self) -> str:
        return f"{kinds_label((self.last,), None)} equals {kinds_label((self.first,), None).lower()}"

    def describe(self) -> str:
        return f"1 when {self.last} holds what {self.first} holds, else 0; missing when one of them is."

    def expr(self, row: Row) -> Any:
        import ibis

        first, last = row.field(self.first), row.field(self.last)
        return ibis.cases((first.isnull() | last.isnull(), None), else_=flag(first == last))

    def value(self, lead: Lead) -> float:
        first, last = lead.values.get(self.first), lead.values.get(self.last)
        return math.nan if first is None or last is None else float(first == last)


Answer = Literal["answered", "negative", "unknown"]


@dataclass(frozen=True)
class Answers(OfLead):
    """How many items of a checklist are `answered`, or `negative`: each the content of one field.

    `texts` are fields that hold words, `numbers` those that hold numbers or yes and no, `dates` dates. An
    empty cell, or one of the words `unknown`, is neither; a number of 0 or less, or one of the words
    `negative`, is negative; anything else is answered.
    """

    called: str
    what: Literal["answered", "negative"]
    texts: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    type: Literal["answers"] = "answers"
    missing = NEVER

    @cached_property
    def name(self) -> str:
        return slug(f"{self.called}_{self.what}")

    @property
    def label(self) -> str:
        return f"{self.called.upper()} items {self.what}"

    def describe(self) -> str:
        fields = ", ".join((*self.texts, *self.numbers, *self.dates))
        return f"How many of {fields} are {self.what} of the checklist {self.called}; never missing."

    @cached_property
    def _words(self) -> tuple[frozenset[str], frozenset[str]]:
        """The words for unknown and for negative, as canonical categories and texts hold them."""
        unknown, negative = (
            frozenset(read(word) for word in words for read in (parse_category, parse_text))
            for words in (self.unknown, self.negative)
        )
        return unknown, negative

    def expr(self, row: Row) -> Any:
        unknown, negative = (sorted(words) for words in self._words)
        parts = []
        for field in self.texts:
            cell = row.field(field)
            against = cell.isin(negative)
            parts.append(against if self.what == "negative" else ~against & ~cell.isin(unknown))
        if self.what == "negative":
            parts += [row.field(field) <= 0 for field in self.numbers]
        else:
            parts += [row.field(field) > 0 for field in self.numbers]
            parts += [row.field(field).notnull() for field in self.dates]
        # a comparison with an empty cell is neither true nor false
        return _total([flag(part.fill_null(False)) for part in parts]) if parts else row.as_of_us * 0.0

    def value(self, lead: Lead) -> float:
        return float(sum(self.answer(lead, field) == self.what for field in self.fields))

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields behind the items."""
        return (*self.texts, *self.numbers, *self.dates)

    def answer(self, lead: Lead, field: str) -> Answer:
        """What the cell of one item says."""
        value = lead.values.get(field)
        if value is None:
            return "unknown"
        if field in self.dates:
            return "answered"
        if field in self.numbers:
            return "answered" if float(value) > 0 else "negative"
        unknown, negative = self._words
        return "unknown" if value in unknown else "negative" if value in negative else "answered"


def answers_of(recipe: Recipe) -> tuple[Answers, Answers] | None:
    """The answered and the negative items of the recipe's checklist, None where it has none."""
    declared = recipe.qualification
    if declared is None:
        return None
    types = {name: recipe.lead.fields[name].type for name in declared.fields.values()}
    texts, numbers, dates = (
        tuple(name for name, type in types.items() if type in group)
        for group in (("category", "text"), ("number", "boolean"), ("date",))
    )
    words = declared.unknown, declared.negative
    return (
        Answers(declared.method, "answered", texts, numbers, dates, *words),
        Answers(declared.method, "negative", texts, numbers, dates, *words),
    )
