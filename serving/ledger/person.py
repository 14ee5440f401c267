"""One person: all that is kept of a lead, handed out or deleted; and how long rows are kept, by table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from sqlalchemy import Column, Connection, Delete, Table, delete, select

from features.clock import DAY_US
from features.errors import LeadscoreError, nearest_name
from serving.ledger.gone import ids_of_person
from serving.ledger.schema import (
    DECISIONS,
    EVENTS,
    EXPLORATION_DRAWS,
    FIELD_HISTORY,
    IDEMPOTENCY_KEYS,
    JOBS,
    LEADS,
    METADATA,
    OUTCOMES,
    SCORES,
)
from serving.ledger.store import Ledger
from serving.ledger.writer import WriterLock

OF_A_LEAD: tuple[Table, ...] = tuple(table for table in METADATA.tables.values() if "lead_id" in table.c)
"""Every table that says whose a row is."""


_SECRET = frozenset({"keys", "idempotency_keys"})


def rows_of(ledger: Ledger) -> Iterator[tuple[str, list[str], Iterator[tuple[Any, ...]]]]:
    """Every table but those of keys: its name, its columns, its rows in their order.

    Rows are read as they are taken; take those of one table before the next.

    Raises:
        LeadscoreError: the ledger cannot be reached.
    """
    with ledger.reading() as connection:
        for name, table in sorted(METADATA.tables.items()):
            if name not in _SECRET:
                query = select(table).order_by(*table.primary_key.columns)
                rows = connection.execution_options(yield_per=5_000).execute(query)
                yield name, list(table.c.keys()), (tuple(row) for row in rows)


def everything_of(ledger: Ledger, lead_id: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of `lead_id`, and of the records that are one lead with it, by table, as it is kept.

    Tables without any are left out.

    Raises:
        LeadscoreError: the ledger cannot be reached.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    with ledger.reading() as connection:
        ids = ids_of_person(connection, lead_id)
        for table in OF_A_LEAD:
            query = select(table).where(table.c.lead_id.in_(ids)).order_by(*table.primary_key.columns)
            rows = [dict(row) for row in connection.execute(query).mappings()]
            found |= {table.name: rows} if rows else {}
    return found


Recorder: TypeAlias = Callable[[Connection, list[str], dict[str, int]], None]
"""What else a deletion does in its transaction: it is told the ids, and the rows that went, by table."""


def forget(ledger: Ledger, lead_id: str, record: Recorder | None = None) -> dict[str, int]:
    """Delete every row of `lead_id` and of the records that are one lead with it; how many went, by table.

    Needs no `Writer`: a transaction of its own, in which `record` is called too. That a CRM had a lead erased
    for good stays, so that it does not come back.

    SQLite overwrites what is deleted, and its write-ahead log is emptied as far as no reader needs it.

    Raises:
        LeadscoreError: the ledger cannot be written; nothing was deleted.
    """
    with ledger.transaction() as connection:
        ids = ids_of_person(connection, lead_id)
        gone = {table.name: connection.execute(_rows_to_go(table, ids)).rowcount for table in OF_A_LEAD}
        gone = {name: count for name, count in gone.items() if count}
        if record is not None:
            record(connection, ids, gone)
    if ledger.path is not None:
        file = ledger.engine.raw_connection()
        try:
            file.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            file.close()
    return gone


def _rows_to_go(table: Table, ids: list[str]) -> Delete:
    statement = delete(table).where(table.c.lead_id.in_(ids))
    return statement.where(table.c.kind != "erasure") if table is DECISIONS else statement


AGES: dict[str, Column[int]] = {
    "events": EVENTS.c.occurred_us,
    "outcomes": OUTCOMES.c.occurred_us,
    "scores": SCORES.c.as_of_us,
    "decisions": DECISIONS.c.decided_us,
    "exploration_draws": EXPLORATION_DRAWS.c.drawn_us,
    "idempotency_keys": IDEMPOTENCY_KEYS.c.recorded_us,
    "jobs": JOBS.c.finished_us,
}
"""Table → the moment that its rows are as old as; one without it, such as unfinished work, is kept."""
PEOPLE = "leads"
"""Of whom nothing was heard for so long: all that is kept of them goes."""
_TRACES: tuple[tuple[Table, Column[int]], ...] = (
    (FIELD_HISTORY, FIELD_HISTORY.c.recorded_us),
    (EVENTS, EVENTS.c.occurred_us),
    (OUTCOMES, OUTCOMES.c.recorded_us),
    (DECISIONS, DECISIONS.c.decided_us),
)


def compact(ledger: Ledger, keep_days: Mapping[str, float], now_us: int) -> dict[str, int]:
    """Delete the rows of each table that are older than its days; how many went, by table.

    `leads` is how long a person is kept of whom nothing is heard (no field, event, outcome, decision); scores
    keep nobody. What a cut of events takes away also leaves the features and the next training set.

    Raises:
        LeadscoreError: a table that has no age, a time below a day, or the ledger cannot be written.
    """
    known = [*AGES, PEOPLE]
    for name, days in keep_days.items():
        if name not in known:
            raise LeadscoreError(f"rows of '{name}' have no age.", nearest_name(name, known))
        if not 1 <= days <= 100_000:
            raise LeadscoreError(f"{name}: {days:g} days cannot be meant.", "Say 1 to 100000.")
    gone: dict[str, int] = {}
    with ledger.transaction() as connection:
        for name, days in keep_days.items():
            before = now_us - int(days * DAY_US)
            if name == PEOPLE:
                for table, count in _quiet_people(connection, before).items():
                    gone[table] = gone.get(table, 0) + count
                continue
            column = AGES[name]
            old = delete(column.table).where(column < before)
            if column.table is DECISIONS:  # who was erased for good must not come back with a later export
                old = old.where(DECISIONS.c.kind != "erasure")
            if column.table is JOBS:  # receipts of deletions, runs of retention and the last watch stay
                old = old.where(JOBS.c.job_id.is_not(None))
            deleted = connection.execute(old).rowcount
            gone[name] = gone.get(name, 0) + deleted
    return gone


def shrink(ledger: Ledger) -> bool:
    """Give room back to the disk; whether that could be done: a SQLite file that a service writes is left.

    Raises:
        LeadscoreError: the disk has no room for the copy that SQLite makes.
    """
    if ledger.path is None:
        return False  # PostgreSQL does so by itself
    try:
        lock = WriterLock(ledger.path)
    except LeadscoreError:
        return False
    try:
        file = ledger.engine.raw_connection()
        try:
            file.cursor().execute("VACUUM")
            file.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            file.close()
    finally:
        lock.release()
    return True


def _quiet_people(connection: Connection, before_us: int) -> dict[str, int]:
    """Delete every lead whose newest trace is older than `before_us`."""
    heard = [select(table.c.lead_id).where(moment >= before_us) for table, moment in _TRACES]
    quiet = select(LEADS.c.lead_id).where(LEADS.c.recorded_us < before_us)
    for one in heard:
        quiet = quiet.where(LEADS.c.lead_id.not_in(one))
    ids = list(connection.execute(quiet).scalars())
    gone: dict[str, int] = {}
    for start in range(0, len(ids), 500):  # SQLite takes so many parameters
        for table in OF_A_LEAD:
            mine = _rows_to_go(table, ids[start : start + 500])
            gone[table.name] = gone.get(table.name, 0) + connection.execute(mine).rowcount
    return {name: count for name, count in gone.items() if count}
