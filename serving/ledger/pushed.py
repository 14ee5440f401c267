"""What a target was last sent of each lead; who may send to it now."""

from __future__ import annotations

import fcntl
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, bindparam, delete, select, text, update

from features.errors import LeadscoreError
from serving.ledger.gone import DELETION, digest_of_id, erased_of
from serving.ledger.intake import insert_new
from serving.ledger.schema import JOBS, LEADS, PUSH_STATE, SCORES
from serving.ledger.store import Ledger

UNCONFIRMED = "it may have arrived, and was not confirmed"
"""The problem of a lead between the request and its answer; of one that a run left so it is not known what
the target holds."""
UNCLEARED = "it takes nothing any more: "
"""The problem of a record that is closed, or only to be cleared or written again in another unit, begins so
where the target locked it or has it no more: it is not asked for again."""
STILL_THERE = "opted out, and not cleared: "
"""So begins that of a lead whose person opted out."""


@dataclass(frozen=True)
class Pushed:
    """What the target was last seen to accept of a lead, and what is wrong since.

    `sent` is JSON, '' where nothing was ever accepted. `problem` is None where all is well.
    """

    lead_id: str
    sent: str = field(repr=False)
    as_of_us: int
    sent_us: int | None
    tries: int
    problem: str | None


@dataclass(frozen=True)
class Taken:
    """A score that the target accepted: what it now holds, and the moment that it is about."""

    lead_id: str
    sent: str = field(repr=False)
    as_of_us: int


def pushed(connection: Connection, target: str, lead_ids: Sequence[str] | None = None) -> dict[str, Pushed]:
    """The state of `lead_ids` (None: of all) at `target`, by lead; those never tried are absent."""
    columns = [PUSH_STATE.c[name] for name in Pushed.__dataclass_fields__]
    query = PUSH_STATE.select().with_only_columns(*columns).where(PUSH_STATE.c.target == target)
    if lead_ids is not None:
        query = query.where(PUSH_STATE.c.lead_id.in_(lead_ids))
    return {row.lead_id: Pushed(*row) for row in connection.execute(query)}


@dataclass(frozen=True)
class PushState:
    """Writes what becomes of leads at `target`; each call is a transaction of its own.

    It needs no `Writer`: it may write while a service does. Hold a `turn_of` the target meanwhile.
    """

    ledger: Ledger
    target: str

    def begin(self, lead_ids: Iterable[str]) -> None:
        """Note before a request that it is sent: after a crash it is not known what the target holds."""
        names = list(lead_ids)
        with self.ledger.transaction() as connection:
            fresh = {"target": self.target, "sent": "", "as_of_us": 0, "sent_us": None, "tries": 0}
            new = [fresh | {"lead_id": name, "problem": UNCONFIRMED} for name in names]
            connection.execute(insert_new(connection, PUSH_STATE), new)
            self._set(connection, names, {"problem": UNCONFIRMED})

    def record(self, taken: Iterable[Taken], refused: Mapping[str, str], now_us: int) -> None:
        """Note what was accepted, and by lead what was refused and why.

        Of a lead that was refused the last accepted values stay. A score that is older than the last
        accepted one changes nothing.
        """
        table, rows = (
            PUSH_STATE,
            [{"lead": one.lead_id, "text": one.sent, "about": one.as_of_us} for one in taken],
        )
        mine = (table.c.target == self.target) & (table.c.lead_id == bindparam("lead"))
        accepted = (
            update(table)
            .where(mine & (table.c.as_of_us <= bindparam("about")))
            .values(sent=bindparam("text"), as_of_us=bindparam("about"))
            .values(sent_us=now_us, tries=0, problem=None)
        )
        with self.ledger.transaction() as connection:
            if rows:
                connection.execute(accepted, rows)
            for name, problem in refused.items():
                self._set(connection, [name], {"problem": problem, "tries": PUSH_STATE.c.tries + 1})

    def sweep(self) -> int:
        """Delete what is noted of leads that were erased or deleted meanwhile; how many.

        An erasure takes these rows away too; a run that was under way then may have noted the lead again. A
        lead whose scores went by age alone stays: who opts out later is to be cleared.
        """
        table = PUSH_STATE
        unknown = (
            (table.c.target == self.target)
            & table.c.lead_id.not_in(select(LEADS.c.lead_id))
            & table.c.lead_id.not_in(select(SCORES.c.lead_id))
        )
        with self.ledger.reading() as connection:
            names = list(connection.execute(select(table.c.lead_id).where(unknown)).scalars())
            gone = sorted(_erased(connection, names)) if names else []
        if gone:
            row = (table.c.target == self.target) & (table.c.lead_id == bindparam("lead"))
            with self.ledger.transaction() as connection:
                connection.execute(delete(table).where(row), [{"lead": name} for name in gone])
        return len(gone)

    def _set(self, connection: Connection, names: Sequence[str], values: dict[str, object]) -> None:
        where = (PUSH_STATE.c.target == self.target) & PUSH_STATE.c.lead_id.in_(names)
        connection.execute(update(PUSH_STATE).where(where).values(values))


def _erased(connection: Connection, names: Sequence[str]) -> set[str]:
    """Those of `names` whom an erasure names, or the receipt of a deletion."""
    kept = connection.execute(select(JOBS.c.content).where(JOBS.c.kind == DELETION)).scalars()
    digests = {digest for text in kept for digest in json.loads(text)["leads"]}
    deleted = {name for name in names if digest_of_id(name) in digests} if digests else set()
    return deleted | erased_of(connection, names)


@contextmanager
def turn_of(ledger: Ledger, target: str) -> Iterator[None]:
    """The turn to send to `target`: two at once could let an older score overwrite a newer one.

    The operating system, or PostgreSQL, gives it back when its process ends in whatever way.

    Raises:
        LeadscoreError: another process has it.
    """
    holds = _file_turn if ledger.path is not None else _postgres_turn
    with holds(ledger, target):
        yield


@contextmanager
def _file_turn(ledger: Ledger, target: str) -> Iterator[None]:
    assert ledger.path is not None
    place = ledger.path.with_name(f"{ledger.path.name}.push-{target}.lock")
    file = os.open(place, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise _taken(target) from None
        yield
    finally:
        os.close(file)


@contextmanager
def _postgres_turn(ledger: Ledger, target: str) -> Iterator[None]:
    """An advisory lock of a session: it must stay open, and is not in a transaction that could end."""
    number = zlib.crc32(f"leadscore push {target}".encode())
    with ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.execute(text("SELECT pg_try_advisory_lock(:n)"), {"n": number}).scalar_one():
            raise _taken(target)
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": number})


def _taken(target: str) -> LeadscoreError:
    return LeadscoreError(
        f"another process is sending scores to '{target}'.",
        "Wait until it has finished, or stop it; two at once could mix up older and newer scores.",
    )
