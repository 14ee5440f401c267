"""Accounts that were merged: whose leads the ledger once knew under another account."""

from __future__ import annotations

import json
from collections import defaultdict

from sqlalchemy import select

from features.cells import is_missing
from features.lead import accepted_fields
from features.recipe import Recipe
from serving.ledger import Ledger
from serving.ledger.schema import FIELD_HISTORY


def accounts_moved(ledger: Ledger, recipe: Recipe, as_of_us: int) -> dict[str, list[str]]:
    """Account → what is to be said of it: leads that came from another account, and whether that one is gone.

    By the source's own time up to `as_of_us`.

    Raises:
        LeadscoreError: the ledger cannot be reached.
    """
    roles, table = accepted_fields(recipe), FIELD_HISTORY
    told = defaultdict[str, list[tuple[int, str]]](list)
    query = select(table.c.lead_id, table.c.valid_from_us, table.c.cells)
    query = query.where(table.c.valid_from_us <= as_of_us)
    with ledger.reading() as connection:
        for lead, since, cells in connection.execute(query):
            for name, cell in json.loads(cells).items():
                if roles.get(name) == "account_id" and not is_missing(cell):
                    told[lead].append((since, str(cell).strip()))
    moves, present = defaultdict[tuple[str, str], int](int), set[str]()
    for history in told.values():
        names = [name for _, name in sorted(history)]
        present.add(names[-1])
        for earlier in set(names) - {names[-1]}:
            moves[names[-1], earlier] += 1
    found = defaultdict[str, list[str]](list)
    for (now, before), count in sorted(moves.items()):
        merged = "was merged into it" if before not in present else "has other leads still"
        found[now].append(f"{count} of its leads came from account {before}, which {merged}")
    return dict(found)
