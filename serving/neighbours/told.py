"""A lead with what its account's other leads did by its moment, from the ledger: as the tables tell it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from sqlalchemy import Connection, func, select

from features.errors import LeadscoreError
from features.lead import Lead
from features.recipe import Recipe
from serving.ledger import Ledger
from serving.ledger.schema import DECISIONS, EVENTS, FIELD_HISTORY, LEADS, OUTCOMES
from serving.neighbours.account import Account, Both
from serving.neighbours.beside import Beside
from serving.neighbours.index import AccountIndex
from serving.neighbours.moment import AT_ONCE, ToldAccount, by_lead

_MOST = 2_000
"""Leads of an account beyond which nothing is told of it: reading them takes longer than an answer may."""
_READ = (LEADS, FIELD_HISTORY, EVENTS, OUTCOMES, DECISIONS)
_NEWEST = select(*(select(func.max(table.c.seq)).scalar_subquery() for table in _READ))


@dataclass
class Neighbours:
    """Tells leads of their account's others, as a ledger knows them."""

    ledger: Ledger
    _index: AccountIndex = field(default_factory=AccountIndex, repr=False)

    def together(self, recipe: Recipe, leads: Sequence[Lead], beside: Beside | None = None) -> list[Lead]:
        """`leads`, each with the `others` of its account as of its moment: those of the ledger, and those of
        `beside` (default: `leads` themselves) that the ledger does not know.

        An account is read and sorted once for all its leads of one moment. Unchanged as `of` says.
        """
        if not recipe.features.accounts:
            return list(leads)
        beside = Beside.of(leads) if beside is None else beside
        try:
            with self.ledger.reading() as connection:
                moved = by_lead(connection, DECISIONS, sorted({lead.lead_id for lead in leads}))
                shared = _Shared(connection, recipe, self._index, beside, moved.keys())
                return [shared.told(lead) for lead in leads]
        except LeadscoreError:
            return list(leads)

    def facts(self) -> list[str]:
        """The newest row of each table that accounts are read from: whether the ledger is still the same."""
        try:
            with self.ledger.reading() as connection:
                return [str(connection.execute(_NEWEST).one())]
        except LeadscoreError:
            return ["no ledger"]

    def of(self, recipe: Recipe, lead: Lead) -> Lead:
        """`lead` with `others` as of its moment, where the recipe asks for account features and it has one.

        Unchanged where the ledger cannot be reached. Where the ledger and what came beside name more than
        2,000 leads of the account, nobody is told of its others.
        """
        return self.together(recipe, [lead], Beside())[0]


@lru_cache(maxsize=8)
def neighbours_of(ledger: Ledger) -> Neighbours:
    """The one of a ledger, which keeps who named an account from one question to the next."""
    return Neighbours(ledger)


@dataclass(frozen=True)
class _Shared:
    """What the leads of one question share: each account read and sorted once."""

    connection: Connection
    recipe: Recipe
    index: AccountIndex
    beside: Beside
    moved: Collection[str]
    _ids: dict[str, frozenset[str]] = field(default_factory=dict)
    _fresh: dict[str, Account] = field(default_factory=dict)
    _read: dict[tuple[str, int], tuple[ToldAccount, Account]] = field(default_factory=dict)

    def told(self, lead: Lead) -> Lead:
        """`lead` with what its account's others did, None where they are too many."""
        account = lead.account_id
        if account is None or lead.opted_out:
            return lead
        if (ids := self._ids.get(account)) is None:
            ids = self._ids[account] = self.index.leads(self.connection, self.recipe, account)
        if len(ids.union(self.beside.ids(account))) > _MOST:
            return lead if lead.others is None else replace(lead, others=None)
        told, known = self._account(account, lead.as_of_us, ids)
        own, new = {lead.lead_id, *told.own(lead.lead_id, self.moved)}, self._new(account)
        return replace(lead, others=self._others(known, new, own, lead.as_of_us))

    def _account(self, account: str, as_of_us: int, ids: frozenset[str]) -> tuple[ToldAccount, Account]:
        key = account, as_of_us
        if key not in self._read:
            told = ToldAccount(self.connection, self.recipe, account, as_of_us)
            self._read[key] = told, Account(told.deeds(ids))
        return self._read[key]

    def _new(self, account: str) -> Account:
        """Those beside that the ledger does not know."""
        if account not in self._fresh:
            found = self.beside.account(account)
            self._fresh[account] = found.but(_known(self.connection, sorted(found.ids)))
        return self._fresh[account]

    def _others(
        self, known: Account, new: Account, own: Collection[str], as_of_us: int
    ) -> dict[str, Sequence[int] | None]:
        recipe = self.recipe
        lacks = recipe.events is not None and new.lacks_events(own, as_of_us)
        given = {"leads": True, "events": recipe.tables.events is not None and not lacks}
        given["won"] = given["lost"] = (recipe.tables.outcomes or recipe.outcomes.column) is not None
        first, more = known.others(own, as_of_us), new.others(own, as_of_us)
        return {
            kind: (Both(one, more[kind]) if more[kind] else one) if given[kind] else None
            for kind, one in first.items()
        }


def _known(connection: Connection, names: Sequence[str]) -> set[str]:
    """Those of `names` whom the ledger knows."""
    found = set[str]()
    for start in range(0, len(names), AT_ONCE):
        which = LEADS.c.lead_id.in_(names[start : start + AT_ONCE])
        found.update(connection.execute(select(LEADS.c.lead_id).where(which)).scalars())
    return found
