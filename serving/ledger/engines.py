"""SQLite and PostgreSQL as a ledger uses them: synced, bounded in every wait, their refusals in our words.

PostgreSQL's own limits end what it works on; a server that does nothing any more (stopped, cut off) can end
nothing, so that the waiting itself is bounded too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as BusyError

from features.errors import LeadscoreError

VARIABLE = "LEADSCORE_LEDGER"
DEFAULT = "ledger.sqlite"
_CONNECT_SECONDS = 10
_LOCK_SECONDS = 10
"""How long another's transaction is waited for before it is an error."""
_IDLE_SECONDS = 60
"""A transaction in which nothing is asked for so long is undone: its process has been stopped."""
_POOL_SECONDS = 10
"""How long a connection is waited for while all of them are in use."""
_ALIVE = {"keepalives_idle": 10, "keepalives_interval": 5, "keepalives_count": 3, "tcp_user_timeout": 20_000}
"""A host that has vanished is found out within half a minute."""
_GRACE_SECONDS = 5.0
"""So much longer than the server's own limit is waited, so that its words are heard where it has any."""
_within = ContextVar[float | None]("leadscore_within", default=None)


def url_of(address: str | Path | None) -> str:
    """The SQLAlchemy URL of a ledger at `address`: a file, or a URL (as `Ledger.opened`).

    Raises:
        LeadscoreError: it is neither a file nor a URL of PostgreSQL.
    """
    given = str(address or os.environ.get(VARIABLE) or DEFAULT)
    if "://" not in given:
        return f"sqlite:///{Path(given).absolute()}"
    try:
        url = make_url(given)
        if url.drivername in ("postgresql", "postgres"):
            url = url.set(drivername="postgresql+psycopg")
        if url.get_backend_name() not in ("sqlite", "postgresql"):
            raise ArgumentError()
        if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
            raise ArgumentError()
        url.get_dialect()
    except (ArgumentError, NoSuchModuleError):
        remedy = f"Set {VARIABLE} to a file, or to postgresql://USER:PASSWORD@HOST/DATABASE."
        raise LeadscoreError("the ledger's address is neither a file nor a PostgreSQL URL.", remedy) from None
    return url.render_as_string(hide_password=False)


@contextmanager
def waiting_at_most(seconds: float | None) -> Iterator[None]:
    """Within the block no statement, lock or new connection is waited for longer; None changes nothing."""
    if seconds is None:
        yield
        return
    token = _within.set(seconds)
    try:
        yield
    finally:
        _within.reset(token)


def postgres_engine(url: str, statement_seconds: float | None) -> Engine:
    """An engine on PostgreSQL whose statements may take so long (None: as long as they take).

    Where `url` has `options` of its own they count, and not ours for the server.

    Raises:
        ImportError: psycopg is not installed.
    """
    engine = create_engine(
        url, pool_pre_ping=True, hide_parameters=True, pool_timeout=_POOL_SECONDS,
        connect_args={"connect_timeout": _CONNECT_SECONDS, **_ALIVE},
    )  # fmt: skip
    if "options" not in make_url(url).query:
        event.listen(engine, "connect", _limiting(statement_seconds))
    made = _patient(None if statement_seconds is None else statement_seconds + _GRACE_SECONDS)

    def connected(_dialect: Any, _record: Any, words: list[Any], named: dict[str, Any]) -> Any:
        within = _within.get()
        if within is not None:  # libpq counts in whole seconds, and takes less than two for two
            named = {**named, "connect_timeout": min(_CONNECT_SECONDS, max(2, round(within)))}
        return made.connect(*words, **named)

    event.listen(engine, "do_connect", connected)
    return engine


def _limiting(statement_seconds: float | None) -> Callable[[Any, Any], None]:
    """What tells the server our limits on a new connection: PgBouncer refuses them among its first words."""
    limits = {"lock_timeout": _LOCK_SECONDS}
    if statement_seconds is not None:
        limits |= {
            "statement_timeout": round(statement_seconds),
            "idle_in_transaction_session_timeout": _IDLE_SECONDS,
        }
    told = "; ".join(f"SET {name} = {seconds * 1000}" for name, seconds in limits.items())

    def limited(connection: Any, _record: Any) -> None:
        connection.execute(told)
        connection.commit()  # else they would end with the first transaction that is undone

    return limited


def _patient(most: float | None) -> Any:
    """Psycopg's connection, which waits for a statement no longer than `most` seconds."""
    import psycopg

    class PatientConnection(psycopg.Connection[Any]):  # type: ignore[misc]  # an extra: without types
        def wait(self, gen: Any, *how: Any, **more: Any) -> Any:
            within = _within.get()
            more.setdefault("timeout", most if within is None else within)
            try:
                return super().wait(gen, *how, **more)
            except psycopg.OperationalError:
                if self.pgconn.transaction_status == psycopg.pq.TransactionStatus.ACTIVE:
                    self.pgconn.finish()  # it would wait for that answer for ever
                raise

    return PatientConnection


def sqlite_engine(url: str) -> Engine:
    """An engine on a SQLite file."""
    engine = create_engine(
        url, connect_args={"timeout": _LOCK_SECONDS, "check_same_thread": False}, hide_parameters=True
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Acknowledged means on the disk: FULL syncs every commit, where WAL's usual NORMAL may lose the last."""
    connection.isolation_level = None  # transactions are ours: the driver would begin them late
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its turn at once: one that began by reading may find that another wrote meanwhile."""
    within = _within.get()
    seconds = _LOCK_SECONDS if within is None else min(within, _LOCK_SECONDS)
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {round(seconds * 1000)}")
    writes = connection.get_execution_options().get("writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


_KNOWN = {
    "disk is full": "the disk is full",
    "no space left": "the disk is full",
    "database is locked": "another process has been writing for too long",
    "lock timeout": "another process has been writing for too long",
    "statement timeout": "the database takes too long",
    "readonly": "may not be written",
    "read-only": "may not be written",
    "unable to open": "cannot be opened",
    "not a database": "is no SQLite database",
    "malformed": "is damaged",
    "disk i/o error": "the disk fails",
    "password authentication": "the database refuses the password",
    "does not exist": "there is no such database, role or table",
    "wait timeout": "the database does not answer",
    "starting up": "the database is starting",
    "recovery": "the database is starting",
    "shutting down": "the database is being stopped",
    "connect": "cannot be reached",
    "server closed": "cannot be reached",
    "terminat": "cannot be reached",
    "queuepool": "every connection to it is in use",
}
_STATES = {
    "08": "cannot be reached",
    "25006": "may not be written",
    "25P03": "cannot be reached",
    "28": "the database refuses the password",
    "3D000": "there is no such database, role or table",
    "42P01": "there is no such database, role or table",
    "42703": "there is no such database, role or table",
    "42704": "there is no such database, role or table",
    "53100": "the disk is full",
    "53300": "cannot be reached",
    "55P03": "another process has been writing for too long",
    "57014": "the database takes too long",
    "57P01": "cannot be reached",
    "57P02": "cannot be reached",
    "57P03": "the database is starting",
    "58030": "the disk fails",
}
"""SQLSTATE, or its class → our words (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""
_PASSES = frozenset(words for part, words in _KNOWN.items() if part in (
    "wait timeout", "starting up", "shutting down", "connect"
))  # fmt: skip


def words_of(error: SQLAlchemyError) -> tuple[str, bool]:
    """What a database refused, in the words of its kind: its own may quote what was sent; and is it away?"""
    own = getattr(error, "orig", None)
    state = getattr(own, "sqlstate", None)
    if state:
        found = _STATES.get(state) or _STATES.get(state[:2])
    elif isinstance(error, (OperationalError, InterfaceError, BusyError)) or type(error) is DatabaseError:
        reason = "queuepool" if isinstance(error, BusyError) else str(own or "").lower()
        found = next((words for part, words in _KNOWN.items() if part in reason), None)
    else:  # its message may quote what was sent
        found = None
    words = found or f"the database failed ({type(own or error).__name__})"
    return words, words in _PASSES
