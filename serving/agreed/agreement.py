"""agreement.toml: one language for marketing and sales – what each promises, and what a refusal leads to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from serving.agreed.section import PlanSection
from serving.agreed.toml_file import checked, read_text, refused

_REMEDY = "Correct the agreement; docs/playbook.md shows what it may say."


class SalesPromise(PlanSection):
    """`[sales]`: what sales promise, in open minutes and hours; what is left out is not promised.

    Somebody tries within `hot_minutes` of a request to be contacted, and within `mql_hours` of an MQL; nobody
    is given up before `attempts` attempts or a conversation; each refusal names one of the `[[refusal]]`.
    """

    hot_minutes: float | None = Field(default=None, gt=0)
    mql_hours: float | None = Field(default=None, gt=0)
    attempts: int | None = Field(default=None, ge=1)
    reasons: bool = False


class MarketingPromise(PlanSection):
    """`[marketing]`: at least so many MQLs a month, and of them these shares accepted and complete.

    Accepted: sales made an SAL, an SQL or an opportunity of it. Complete: it can be reached.
    """

    mql_per_month: int | None = Field(default=None, ge=1)
    accepted_share: float | None = Field(default=None, gt=0, le=1)
    complete_share: float | None = Field(default=None, gt=0, le=1)


class RefusalRule(PlanSection):
    """`[[refusal]]`: a reason why sales refuse a lead: it comes back after `back_days`, or never."""

    reason: str = Field(min_length=1)
    back_days: int | None = Field(default=None, ge=1, le=2000)


class Agreement(PlanSection):
    """A whole agreement.toml. `[bands]` and `[stages]` are the recipe's, which names the file."""

    version: Literal[1] = 1
    lead: str = ""
    bands: dict[str, Any] = Field(default_factory=dict)
    stages: dict[str, Any] = Field(default_factory=dict)
    sales: SalesPromise = Field(default_factory=SalesPromise)
    marketing: MarketingPromise = Field(default_factory=MarketingPromise)
    refusal: tuple[RefusalRule, ...] = ()

    def rule_of(self, reason: str) -> RefusalRule | None:
        """The rule for a reason, compared without case; None where the agreement has none."""
        said = reason.strip().casefold()
        return next((rule for rule in self.refusal if rule.reason.casefold() == said), None)


def load_agreement(path: Path) -> Agreement:
    """The agreement in the file `path`.

    Raises:
        LeadscoreError: the file cannot be read, or what it says is not accepted; by line.
    """
    return parse_agreement(read_text(path, "agreement"), path.name)


def parse_agreement(text: str, name: str = "agreement.toml") -> Agreement:
    """The agreement in the TOML `text`.

    Raises:
        LeadscoreError: as `load_agreement`.
    """
    found = checked(Agreement, text, name, _REMEDY)
    refused(text, name, [*_faults(found)], _REMEDY)
    return found


def _faults(found: Agreement) -> Iterator[tuple[tuple[str | int, ...], str]]:
    seen: set[str] = set()
    for index, rule in enumerate(found.refusal):
        if rule.reason.casefold() in seen:
            yield ("refusal", index, "reason"), f"'{rule.reason}' is named twice"
        seen.add(rule.reason.casefold())
    if found.sales.reasons and not found.refusal:
        yield ("sales", "reasons"), "sales promise a reason, and no [[refusal]] names one"
