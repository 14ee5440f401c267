"""What the other leads of the account did and became: in the set-based reading only.

One lead in memory knows nothing of its neighbours, so these features are off by default and a model that has
them cannot be served.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from features.catalogue.members import OfLead
from features.catalogue.naming import window_label, window_name
from features.catalogue.row import Row
from features.errors import LeadscoreError
from features.lead import Lead

Counted = Literal["leads", "won", "lost", "events"]

_LABELS: dict[Counted, str] = {
    "leads": "Other leads of the account",
    "won": "Other leads of the account won",
    "lost": "Other leads of the account lost",
    "events": "Events of the account's other leads",
}
_WORDS: dict[Counted, str] = {
    "leads": "other leads of the account created",
    "won": "other leads of the account won for the first time",
    "lost": "other leads of the account lost for the first time",
    "events": "events of the account's other leads that became known",
}


@dataclass(frozen=True)
class AccountCount(OfLead):
    """Number of other leads of the account, of those won or lost, or of their events.

    Counted in `(as_of − window, as_of]` by the moment at which each became known; never the lead itself.
    """

    what: Counted
    window_days: float | None = None
    type: Literal["account_count"] = "account_count"
    missing = "when the lead has no account, or the table is not given; 0 when there is none"

    @cached_property
    def name(self) -> str:
        return f"account_{self.what}_{window_name(self.window_days)}"

    @property
    def label(self) -> str:
        return f"{_LABELS[self.what]}, {window_label(self.window_days)}"

    def describe(self) -> str:
        return (
            f"Number of {_WORDS[self.what]}, {window_label(self.window_days)}; 0 when there is none, missing "
            "without an account. From tables only: not for a model that is served."
        )

    def expr(self, row: Row) -> Any:
        return row.account(self.name)

    def value(self, lead: Lead) -> float:
        raise LeadscoreError(
            f"feature '{self.name}' counts the account's other leads, which a lead by itself does not know.",
            "Train with [features] accounts = false to score leads one by one.",
        )


def from_tables_only(features: Iterable[object]) -> tuple[str, ...]:
    """Names of the features that one lead in memory cannot tell."""
    return tuple(feature.name for feature in features if isinstance(feature, AccountCount))
