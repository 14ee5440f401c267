"""One person: everything that is kept of a lead, handed out or deleted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, delete, select

from serving.ledger.schema import METADATA
from serving.ledger.store import Ledger

OF_A_LEAD: tuple[Table, ...] = tuple(table for table in METADATA.tables.values() if "lead_id" in table.c)
"""Every table that says whose a row is."""


def everything_of(ledger: Ledger, lead_id: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of `lead_id` by table, as it is kept; tables without any are left out.

    Raises:
        LeadscoreError: the ledger cannot be reached.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    with ledger.reading() as connection:
        for table in OF_A_LEAD:
            query = select(table).where(table.c.lead_id == lead_id).order_by(*table.primary_key.columns)
            rows = [dict(row) for row in connection.execute(query).mappings()]
            found |= {table.name: rows} if rows else {}
    return found


def forget(ledger: Ledger, lead_id: str) -> dict[str, int]:
    """Delete every row of `lead_id`; how many went, by table. Needs no `Writer`: a transaction of its own.

    SQLite overwrites what is deleted, and its write-ahead log is emptied as far as no reader needs it.

    Raises:
        LeadscoreError: the ledger cannot be written; nothing was deleted.
    """
    with ledger.transaction() as connection:
        gone = {
            table.name: connection.execute(delete(table).where(table.c.lead_id == lead_id)).rowcount
            for table in OF_A_LEAD
        }
    if ledger.path is not None:
        file = ledger.engine.raw_connection()
        try:
            file.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            file.close()
    return {name: count for name, count in gone.items() if count}
