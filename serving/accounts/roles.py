"""Which roles of a buying group an account's leads have, by the words of their titles, and which it lacks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.catalogue import FUNCTION, SENIORITY, KeywordGroup
from features.lead import Lead
from features.recipe import Recipe
from features.tables import Tables, fetch_frame

_DECIDES = ("founder", "c_level", "director")
_USUAL, _LEAST_WON = 0.3, 30


@dataclass(frozen=True)
class RoleReader:
    """Roles by row of the leads; `usual` are those that three of ten won accounts had, None: not known."""

    by_row: dict[int, frozenset[str]] | None
    usual: frozenset[str] | None
    won_accounts: int = 0

    @classmethod
    def of(cls, recipe: Recipe, tables: Tables) -> RoleReader:
        """Read from the field that means 'title', where the recipe has one."""
        named = [name for name, field in recipe.lead.fields.items() if field.means == "title"]
        leads = fetch_frame(tables.con, "leads")
        if not named or f"f_{named[0]}" not in leads:
            return cls(None, None)
        groups = _groups(f"{named[0]}")
        cache: dict[object, frozenset[str]] = {}
        by_row = {}
        for row, title in zip(leads["row"], leads[f"f_{named[0]}"], strict=True):
            if title not in cache:
                cache[title] = frozenset(_roles(groups, named[0], title))
            by_row[int(row)] = cache[title]
        usual, won = _usual(tables, leads, by_row)
        return cls(by_row, usual, won)

    @property
    def words(self) -> str:
        """How missing roles are found."""
        if self.by_row is None:
            return "roles are not known: the recipe has no field that means 'title'"
        if self.usual is None:
            return (
                f"missing roles are not said: {self.won_accounts} accounts were won, {_LEAST_WON} are needed"
            )
        usual = ", ".join(sorted(self.usual)) or "none"
        return f"usual roles, in three of ten of {self.won_accounts:,} won accounts: {usual}"

    def roles(self, rows: Iterable[int]) -> list[str]:
        """The roles of these leads together."""
        if self.by_row is None:
            return []
        return sorted(frozenset[str]().union(*(self.by_row[row] for row in rows)))

    def missing(self, roles: Iterable[str]) -> list[str] | None:
        """The usual roles that are not among `roles`."""
        return None if self.usual is None else sorted(self.usual.difference(roles))


def _groups(field: str) -> dict[str, KeywordGroup]:
    found = {name: KeywordGroup(field, name, words) for name, words in FUNCTION.items()}
    decides = tuple(word for level in _DECIDES for word in SENIORITY[level])
    return found | {"decision": KeywordGroup(field, "decision", decides)}


def _roles(groups: dict[str, KeywordGroup], field: str, title: object) -> Iterable[str]:
    if title is None or title != title:
        return
    lead = Lead("", 0, None, {field: str(title)}, None)
    yield from (name for name, group in groups.items() if group.value(lead) == 1.0)


def _usual(
    tables: Tables, leads: pd.DataFrame, by_row: dict[int, frozenset[str]]
) -> tuple[frozenset[str] | None, int]:
    """Roles that at least three of ten accounts had of whom a lead was won."""
    if tables.outcomes is None:
        return None, 0
    query = "SELECT DISTINCT row FROM outcomes WHERE closing = 'won'"
    won = {int(row) for (row,) in tables.con.raw_sql(query).fetchall()}
    known = leads[leads["account_id"].notna()]
    of_won = known[known["account_id"].isin(known.loc[known["row"].isin(won), "account_id"])]
    accounts = of_won.groupby("account_id")["row"].apply(
        lambda rows: frozenset[str]().union(*(by_row[int(row)] for row in rows))
    )
    if len(accounts) < _LEAST_WON:
        return None, len(accounts)
    names = sorted(frozenset[str]().union(*accounts))
    shares = {name: float(np.mean([name in roles for roles in accounts])) for name in names}
    return frozenset(name for name, share in shares.items() if share >= _USUAL), len(accounts)
