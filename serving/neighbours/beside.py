"""Leads that come together, in one request or one file, told to each other as a ledger would tell of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

from features.lead import Lead
from features.recipe import Recipe
from features.tables import Tables


class Deeds(NamedTuple):
    """What became known of a lead and when (µs): its creation, its events (None: not given), its end."""

    lead_id: str
    created_us: int | None
    events_us: tuple[int, ...] | None
    won_us: int | None = None
    lost_us: int | None = None


@dataclass
class Beside:
    """The leads that came together, by account. Of an id's rows the first counts."""

    by_account: dict[str, dict[str, Deeds]] = field(default_factory=lambda: defaultdict(dict))

    @classmethod
    def of(cls, leads: Iterable[Lead]) -> Self:
        """Those of one request, each as it stands at its own moment."""
        found = cls()
        for lead in leads:
            if lead.account_id is not None:
                ends = {f"{lead.outcome}_us": lead.closed_us} if lead.outcome in ("won", "lost") else {}
                events = None if lead.by_kind is None else lead.known_us
                deeds = Deeds(lead.lead_id, lead.created_us, events, **ends)
                found.by_account[lead.account_id].setdefault(lead.lead_id, deeds)
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
            self.by_account[str(account)].setdefault(str(lead), deeds)

    def ids(self, account: str) -> Iterable[str]:
        """The leads of an account."""
        return self.by_account.get(account, {}).keys()

    def others(self, recipe: Recipe, lead: Lead, known: Container[str]) -> dict[str, list[int] | None]:
        """When each thing of the others of `lead`'s account became known, but for leads `known` elsewhere,
        up to its moment; None for events that some of them were sent without."""
        own = [
            one
            for one in self.by_account.get(lead.account_id or "", {}).values()
            if one.lead_id != lead.lead_id and one.lead_id not in known
            and (one.created_us is None or one.created_us <= lead.as_of_us)
        ]  # fmt: skip
        found: dict[str, list[int] | None] = {
            "leads": [one.created_us for one in own if one.created_us is not None],
            "won": list(_ends((one.created_us, one.won_us) for one in own)),
            "lost": list(_ends((one.created_us, one.lost_us) for one in own)),
            "events": [max(at, one.created_us or at) for one in own for at in one.events_us or ()],
        }
        if recipe.events is not None and any(one.events_us is None for one in own):
            found["events"] = None
        return found


def _ends(pairs: Iterable[tuple[int | None, int | None]]) -> Iterator[int]:
    yield from (max(created, end) for created, end in pairs if created is not None and end is not None)


def _grouped(tables: Tables, query: str, table: str) -> dict[int, Any]:
    if getattr(tables, table) is None:
        return {}
    return dict(tables.con.raw_sql(query).fetchall())
