"""What the other leads of the account did and became.

One lead in memory knows nothing of its neighbours unless it was told (`Lead.others`), as a ledger can. So
these features are off by default, and a rung that reads them is asked only where it was.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from features.catalogue.members import OfLead
from features.catalogue.naming import window_label, window_name
from features.catalogue.row import NAN, Row
from features.clock import days_us
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
            "without an account. Where a lead is scored, a ledger must know the account."
        )

    def expr(self, row: Row) -> Any:
        return row.account(self.name)

    def value(self, lead: Lead) -> float:
        if lead.account_id is None or lead.others is None or (known := lead.others[self.what]) is None:
            return NAN
        until = bisect_right(known, lead.as_of_us)
        if self.window_days is None:
            return float(until)
        return float(until - bisect_right(known, lead.as_of_us - days_us(self.window_days)))


def of_accounts(features: Iterable[object]) -> tuple[str, ...]:
    """Names of the features that count the other leads of an account."""
    return tuple(feature.name for feature in features if isinstance(feature, AccountCount))
