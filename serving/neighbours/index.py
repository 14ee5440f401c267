"""Which leads ever named an account: kept in memory, brought up to date by what was recorded since."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from threading import Lock
from time import monotonic

from sqlalchemy import Connection, select

from features.cells import is_missing
from features.lead import accepted_fields
from features.recipe import Recipe
from serving.ledger.schema import FIELD_HISTORY

_AGAIN = 1_000
"""Newest rows that are read again: of several writers one may commit a lower number later."""
_DEEP, _DEEP_SECONDS = 200_000, 60.0
"""So many are read again so often: a writer may hold 20,000 numbers at once, and commit them late."""


class AccountIndex:
    """Account → ids of leads that named it at some time. What holds at a moment is for the reader to see.

    The first look reads the whole history, each later one what came since. In PostgreSQL, where several write
    at once, a large commit that others have overtaken is seen within a minute. `clock` gives seconds.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock, self._deep = clock, clock()
        self._names: tuple[str, ...] = ()
        self._leads: dict[str, set[str]] = defaultdict(set)
        self._newest = 0
        self._lock = Lock()

    def leads(self, connection: Connection, recipe: Recipe, account: str) -> frozenset[str]:
        """Those that ever named `account` in the column that the recipe reads it from."""
        names = tuple(name for name, role in accepted_fields(recipe).items() if role == "account_id")
        with self._lock:
            if names != self._names:
                self._names, self._newest = names, 0
                self._leads.clear()
            self._read(connection)
            return frozenset(self._leads.get(account, ()))

    def _read(self, connection: Connection) -> None:
        table = FIELD_HISTORY
        again, now = _AGAIN, self._clock()
        if connection.dialect.name != "sqlite" and now - self._deep >= _DEEP_SECONDS:
            again, self._deep = _DEEP, now
        query = select(table.c.seq, table.c.lead_id, table.c.cells).where(table.c.seq > self._newest - again)
        for seq, lead_id, cells in connection.execute(query.order_by(table.c.seq)):
            self._newest = max(self._newest, seq)
            told = json.loads(cells)
            for name in self._names:
                if not is_missing(told.get(name)):
                    self._leads[str(told[name]).strip()].add(lead_id)
