"""Who the lead is: declared fields, keywords in a title, the domain of an address, completeness."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

from features.catalogue.naming import NEVER, UNLESS_FILLED, kinds_label, slug
from features.catalogue.row import Row
from features.cells.emails import EMAIL_KINDS
from features.cells.parse import parse_text
from features.clock.instants import DAY_US
from features.clock.zones import flag
from features.lead.lead import Lead, Tally

NAN = math.nan
Group = Literal["fit", "origin"]


@dataclass(frozen=True)
class FieldValue:
    """A declared field as it is: a number or yes/no as number, anything else as category."""

    field: str
    dtype: Literal["number", "category"] = "number"
    group: Group = "fit"
    type: Literal["field_value"] = "field_value"
    missing: ClassVar[str] = UNLESS_FILLED

    @cached_property
    def name(self) -> str:
        return slug(self.field)

    @property
    def label(self) -> str:
        return kinds_label((self.field,), None)

    def describe(self) -> str:
        return f"The field {self.field}, a {self.dtype}; missing when the cell is."

    @property
    def tallies(self) -> tuple[Tally, ...]:
        return ()

    def expr(self, row: Row) -> Any:
        return row.field(self.field)

    def value(self, lead: Lead) -> Any:
        value = lead.values.get(self.field)
        return NAN if value is None and self.dtype == "number" else value


@dataclass(frozen=True)
class KeywordGroup:
    """1 when a text has one of the keywords as whole words ('engineer*': as the start of a word), else 0."""

    field: str
    called: str
    keywords: tuple[str, ...]
    type: Literal["keyword_group"] = "keyword_group"
    dtype: Literal["number"] = "number"
    group: Literal["fit"] = "fit"
    missing: ClassVar[str] = UNLESS_FILLED

    @cached_property
    def name(self) -> str:
        return slug(f"{self.field}_has_{self.called}")

    @property
    def label(self) -> str:
        return f"{kinds_label((self.field,), None)}: {kinds_label((self.called,), None).lower()}"

    def describe(self) -> str:
        words = ", ".join(self.keywords)
        return f"1 when {self.field} has one of the words {words}, else 0; missing without text."

    @property
    def tallies(self) -> tuple[Tally, ...]:
        return ()

    @cached_property
    def _needles(self) -> tuple[str, ...]:
        """Keywords as they stand in canonical text: a space before, and one after unless starred."""
        return tuple(
            parse_text(word).rstrip() if word.endswith("*") else parse_text(word) for word in self.keywords
        )

    def expr(self, row: Row) -> Any:
        import ibis

        text = row.field(self.field)
        found = text.contains(self._needles[0])
        for needle in self._needles[1:]:
            found = found | text.contains(needle)
        return ibis.cases((text.isnull(), None), (found, 1), else_=0).cast("float64")

    def value(self, lead: Lead) -> float:
        text = lead.values.get(self.field)
        if text is None:
            return NAN
        for needle in self._needles:  # a plain loop: many titles, many keywords, and microseconds count
            if needle in text:  # type: ignore[operator]  # a text field's canonical value is text
                return 1.0
        return 0.0


@dataclass(frozen=True)
class DomainKind:
    """business, free, disposable or invalid: the domain of an e-mail field."""

    field: str
    type: Literal["domain_kind"] = "domain_kind"
    dtype: Literal["category"] = "category"
    group: Literal["fit"] = "fit"
    missing: ClassVar[str] = UNLESS_FILLED

    @cached_property
    def name(self) -> str:
        return slug(f"{self.field}_domain_kind")

    @property
    def label(self) -> str:
        return "E-mail domain"

    def describe(self) -> str:
        return f"Kind of domain of {self.field}: {', '.join(EMAIL_KINDS)}; missing without an address."

    @property
    def tallies(self) -> tuple[Tally, ...]:
        return ()

    def expr(self, row: Row) -> Any:
        return row.field(self.field)

    def value(self, lead: Lead) -> Any:
        return lead.values.get(self.field)


@dataclass(frozen=True)
class SameCompany:
    """1 when the e-mail's business domain and the company's name (or domain) contain each other, else 0."""

    email: str
    company: str
    type: Literal["same_company"] = "same_company"
    dtype: Literal["number"] = "number"
    group: Literal["fit"] = "fit"
    missing: ClassVar[str] = "when one of the two is empty, or the domain is not a business one"

    @cached_property
    def name(self) -> str:
        return slug(f"{self.email}_of_{self.company}")

    @property
    def label(self) -> str:
        return "E-mail domain is the company's"

    def describe(self) -> str:
        return (
            f"1 when the registered domain of {self.email} is contained in {self.company} or contains it "
            "(letters and digits only), else 0; missing when either is, or the domain is not a business one."
        )

    @property
    def tallies(self) -> tuple[Tally, ...]:
        return ()

    def expr(self, row: Row) -> Any:
        import ibis

        label, company = row.field(f"{self.email}.label"), row.field(f"{self.company}.compact")
        same = company.contains(label) | label.contains(company)
        return ibis.cases((label.isnull() | company.isnull(), None), (same, 1), else_=0).cast("float64")

    def value(self, lead: Lead) -> float:
        label, company = lead.values.get(f"{self.email}.label"), lead.values.get(f"{self.company}.compact")
        if label is None or company is None:
            return NAN
        return float(str(label) in str(company) or str(company) in str(label))


@dataclass(frozen=True)
class Filled:
    """Share of the given fields that hold a value: 0 to 1; of one field, whether it does."""

    fields: tuple[str, ...]
    called: str
    type: Literal["filled"] = "filled"
    dtype: Literal["number"] = "number"
    group: Literal["record"] = "record"
    missing: ClassVar[str] = NEVER

    @cached_property
    def name(self) -> str:
        return slug(f"{self.called}_filled")

    @property
    def label(self) -> str:
        return f"{kinds_label((self.called,), None)} filled"

    def describe(self) -> str:
        return f"Share of {', '.join(self.fields)} that hold a value; never missing."

    @property
    def tallies(self) -> tuple[Tally, ...]:
        return ()

    def expr(self, row: Row) -> Any:
        filled = [flag(row.field(field).notnull()) for field in self.fields]
        return _total(filled) / float(len(self.fields))

    def value(self, lead: Lead) -> float:
        return sum(lead.values.get(field) is not None for field in self.fields) / len(self.fields)


def _total(parts: list[Any]) -> Any:
    """The sum of expressions as a shallow tree: as a chain, two thousand fields are too deep to compile."""
    while len(parts) > 1:
        parts = [sum(parts[i + 1 : i + 2], parts[i]) for i in range(0, len(parts), 2)]
    return parts[0]


@dataclass(frozen=True)
class DateAge:
    """Days from a date field to as_of (negative for a date to come)."""

    field: str
    type: Literal["date_age"] = "date_age"
    dtype: Literal["number"] = "number"
    group: Literal["fit"] = "fit"
    missing: ClassVar[str] = UNLESS_FILLED

    @cached_property
    def name(self) -> str:
        return slug(f"{self.field}_age")

    @property
    def label(self) -> str:
        return f"Days since {kinds_label((self.field,), None).lower()}"

    def describe(self) -> str:
        return f"Days from {self.field} to as_of; missing when the cell is."

    @property
    def tallies(self) -> tuple[Tally, ...]:
        return ()

    def expr(self, row: Row) -> Any:
        return (row.as_of_us - row.field(self.field)).cast("float64") / float(DAY_US)

    def value(self, lead: Lead) -> float:
        us = lead.values.get(self.field)
        return NAN if us is None else (lead.as_of_us - int(us)) / DAY_US
