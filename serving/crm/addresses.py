"""Which lead an e-mail address or a phone number belongs to, for senders who know no id of the CRM."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections import defaultdict
from collections.abc import Iterable
from typing import Literal

from sqlalchemy import select

from features.errors import LeadError
from features.lead import fields_read
from features.recipe import Recipe
from serving.ledger.gone import same_lead
from serving.ledger.schema import FIELD_HISTORY, LEADS
from serving.ledger.store import Ledger

Kind = Literal["email", "phone"]
_DIGITS = 9
"""A number without country and trunk prefix: '+33 6 12 34 56 78' and '06 12 34 56 78' end alike."""
_EVER = 2**62
"""After every moment."""
_OVERLAP = 1_000
"""Rows that are looked at once more: where several replicas write, a lower number may come after a higher."""


def address_key(kind: Kind, text: str) -> bytes | None:
    """What two ways of writing one address have in common, None where it is no address."""
    if kind == "email":
        bare = text.strip().casefold()
        bare = bare if re.fullmatch(r"[^@\s]+@[^@\s]+", bare) else ""
    else:
        digits = re.sub(r"\D", "", text)
        bare = digits[-_DIGITS:] if len(digits) >= _DIGITS else ""
    return (
        hashlib.blake2b(f"{kind}:{bare}".encode("utf-8", "replace"), digest_size=16).digest()
        if bare
        else None
    )


def made_id(kind: Kind, text: str) -> str | None:
    """The id of a lead of whom an address alone is known: it tells nothing of the address."""
    key = address_key(kind, text)
    return f"{kind}:{key.hex()}" if key else None


class Addresses:
    """The addresses of every lead in a ledger: read once, then what was added since. Safe among threads.

    Without a ledger nobody is known.

    Holds digests alone, 100 bytes a lead or so.
    """

    def __init__(self, ledger: Ledger | None, recipe: Recipe) -> None:
        self._ledger, self._lock, self._seen = ledger, threading.Lock(), 0
        self._kinds = _columns(recipe)
        self._leads: defaultdict[bytes, dict[str, None]] = defaultdict(dict)

    def serve(self, recipe: Recipe) -> bool:
        """Whether they are those of `recipe` too: its columns of addresses are the same."""
        return self._kinds == _columns(recipe)

    def leads_of(self, kind: Kind, text: str) -> list[str]:
        """The leads that have or had this address as of the last `refresh`, the newest to the ledger first.

        Of leads that were merged the one that is left, of deleted ones none.
        """
        if (key := address_key(kind, text)) is None:
            return []
        with self._lock:
            found = list(reversed(self._leads.get(key, {})))
        return self._present(self._ledger, found) if found and self._ledger is not None else []

    def refresh(self) -> None:
        """RowsRead what was added since the last time."""
        with self._lock:
            if self._ledger is not None:
                self._read(self._ledger)

    def _read(self, ledger: Ledger) -> None:
        table, alone = FIELD_HISTORY, ledger.path is not None
        query = select(table.c.seq, table.c.lead_id, table.c.cells).where(
            table.c.seq > self._seen - (0 if alone else _OVERLAP), table.c.origin != "history"
        )
        with ledger.reading() as connection:
            for seq, lead_id, cells in connection.execute(query.order_by(table.c.seq)):
                self._seen = max(self._seen, seq)
                for key in self._keys(json.loads(cells).items()):
                    self._leads[key].setdefault(lead_id)

    def _keys(self, cells: Iterable[tuple[str, object]]) -> Iterable[bytes]:
        for name, cell in cells:
            if (
                name in self._kinds
                and isinstance(cell, str)
                and (key := address_key(self._kinds[name], cell))
            ):
                yield key

    def _present(self, ledger: Ledger, lead_ids: list[str]) -> list[str]:
        """Those that are still leads, each as the one that it was merged into."""
        found: dict[str, None] = {}
        with ledger.reading() as connection:
            for lead_id in lead_ids:
                try:
                    root = same_lead(connection, lead_id, _EVER)[0]
                except LeadError:  # deleted or erased
                    continue
                if connection.execute(select(LEADS.c.seq).where(LEADS.c.lead_id == root)).first():
                    found.setdefault(root)
        return list(found)


def _columns(recipe: Recipe) -> dict[str, Kind]:
    """The names under which cells of addresses are kept, and what each is."""
    found: dict[str, Kind] = {}
    for key, names in fields_read(recipe).items():
        for field in (recipe.lead.fields[name] for name in names):
            if field.type == "email" or field.type == "phone":
                found[key] = field.type
    return found
