"""Leads that come together, in one request or one file, told to each other as a ledger would tell of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass, field
from typing import Any, Self

from features.lead import Lead
from features.tables import Tables
from serving.neighbours.account import Account, Deeds

_NOBODY = Account()


@dataclass
class Beside:
    """The leads that came together, by account. Of an id's rows the first counts."""

    by_account: dict[str, Account] = field(default_factory=lambda: defaultdict(Account))

    @classmethod
    def of(cls, leads: Iterable[Lead]) -> Self:
        """Those of one request, each as it stands at its own moment."""
        found = cls()
        for lead in leads:
            if lead.account_id is not None:
                ends = {f"{lead.outcome}_us": lead.closed_us} if lead.outcome in ("won", "lost") else {}
                events = None if lead.by_kind is None else lead.known_us
                deeds = Deeds(lead.lead_id, lead.created_us, events, **ends)
                found.by_account[lead.account_id].add(deeds)
        return found

    def add(self, tables: Tables, rows: Container[int]) -> None:
        """Those in `rows` of the canonical `tables`, which may be a block of a file."""
        events = _grouped(tables, "SELECT row, list(available_us) FROM events GROUP BY row", "events")
        query = "SELECT row, min(occurred_us) FROM outcomes WHERE closing = '{}' GROUP BY row"
        won, lost = (_grouped(tables, query.format(end), "outcomes") for end in ("won", "lost"))
        named = "SELECT row, lead_id, account_id, created_us FROM leads WHERE account_id IS NOT NULL"
        for row, lead, account, created in tables.con.raw_sql(f"{named} ORDER BY row").fetchall():
            if row not in rows:
                continue
            known = None if tables.events is None else tuple(events.get(row, ()))
            deeds = Deeds(str(lead), created, known, won.get(row), lost.get(row))
            self.by_account[str(account)].add(deeds)

    def account(self, account: str) -> Account:
        """Its leads."""
        return self.by_account.get(account, _NOBODY)

    def ids(self, account: str) -> Collection[str]:
        """The leads of an account."""
        return self.account(account).ids


def _grouped(tables: Tables, query: str, table: str) -> dict[int, Any]:
    if getattr(tables, table) is None:
        return {}
    return dict(tables.con.raw_sql(query).fetchall())
