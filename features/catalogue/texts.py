"""What a lead's texts say: words of a title, the kind of an e-mail's domain, its company."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

from features.catalogue.members import OfLead
from features.catalogue.naming import kinds_label, slug
from features.catalogue.row import NAN, Row
from features.cells import Canonical
from features.cells.emails import EMAIL_KINDS
from features.cells.parse import parse_text
from features.lead import Lead


@dataclass(frozen=True)
class KeywordGroup(OfLead):
    """1 when a text has one of the keywords as whole words ('engineer*': as the start of a word), else 0."""

    field: str
    called: str
    keywords: tuple[str, ...]
    type: Literal["keyword_group"] = "keyword_group"

    @cached_property
    def name(self) -> str:
        return slug(f"{self.field}_has_{self.called}")

    @property
    def label(self) -> str:
        return f"{kinds_label((self.field,), None)}: {kinds_label((self.called,), None).lower()}"

    def describe(self) -> str:
        words = ", ".join(self.keywords)
        return f"1 when {self.field} has one of the words {words}, else 0; missing without text."

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
        return self.of_text(lead.values.get(self.field))

    def of_text(self, text: Canonical) -> float:
        """The value by the field's canonical value."""
        if text is None:
            return NAN
        # without a loop of ours: many titles, many keywords, and microseconds count
        return 1.0 if any(map(str(text).__contains__, self._needles)) else 0.0


@dataclass(frozen=True)
class DomainKind(OfLead):
    """business, free, disposable or invalid: the domain of an e-mail field."""

    field: str
    type: Literal["domain_kind"] = "domain_kind"
    dtype = "category"
    levels: ClassVar[tuple[str, ...]] = EMAIL_KINDS

    @cached_property
    def name(self) -> str:
        return slug(f"{self.field}_domain_kind")

    @property
    def label(self) -> str:
        return "E-mail domain"

    def describe(self) -> str:
        return f"Kind of domain of {self.field}: {', '.join(EMAIL_KINDS)}; missing without an address."

    def expr(self, row: Row) -> Any:
        return row.field(self.field)

    def value(self, lead: Lead) -> Any:
        return lead.values.get(self.field)


@dataclass(frozen=True)
class SameCompany(OfLead):
    """1 when the e-mail's business domain and the company's name (or domain) contain each other, else 0."""

    email: str
    company: str
    type: Literal["same_company"] = "same_company"
    missing = "when one of the two is empty, or the domain is not a business one"

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
