"""Where the ledger is, opened: SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from features.errors import LeadscoreError
from serving.ledger.schema import METADATA, bring_forward, our_revision, refuse_newer, revision_of

VARIABLE = "LEADSCORE_LEDGER"
DEFAULT = "ledger.sqlite"
_WAIT_SECONDS = 10
"""How long SQLite waits for another process's transaction before it is an error."""


@dataclass(frozen=True)
class Ledger:
    """A ledger that is open; `opened` one that exists, `made` one that may not, or is of an older schema.

    Safe to share among threads: each transaction has a connection of its own.
    """

    url: str = field(repr=False)  # it may hold a password

    @classmethod
    def opened(cls, address: str | Path | None = None) -> Ledger:
        """The ledger at `address` (a file or an SQLAlchemy URL; default: LEADSCORE_LEDGER, ./ledger.sqlite).

        Raises:
            LeadscoreError: there is none, it cannot be reached, or its schema is older or newer than ours.
        """
        ledger = cls(_url_of(address))
        if ledger.path is not None and not ledger.path.exists():
            raise LeadscoreError(f"{ledger.name}: there is no ledger.", _INIT)
        found, ours = ledger.revision(), our_revision()
        refuse_newer(ledger.name, found)
        if found != ours:
            state = "is no ledger yet" if found is None else f"has schema {found}, this leadscore {ours}"
            raise LeadscoreError(f"{ledger.name}: {state}.", _INIT)
        return ledger

    @classmethod
    def here(cls) -> Ledger | None:
        """The ledger that LEADSCORE_LEDGER names or that is in this folder, None where there is neither.

        Raises:
            LeadscoreError: one is named that is not there, cannot be reached, or has another schema.
        """
        there = os.environ.get(VARIABLE) or Path(DEFAULT).exists()
        return cls.opened() if there else None

    @classmethod
    def made(cls, address: str | Path | None = None) -> Ledger:
        """The ledger at `address`, made where there is none and brought forward where it is older.

        A file is readable by its owner only.

        Raises:
            LeadscoreError: it cannot be written or reached, or its schema is newer than ours.
        """
        ledger = cls(_url_of(address))
        if ledger.path is not None:
            ledger.path.touch(mode=0o600)
        refuse_newer(ledger.name, ledger.revision())
        with ledger.transaction() as connection:
            bring_forward(connection)
        return ledger

    @property
    def name(self) -> str:
        """The address as people may see it: the file, or the URL without its password."""
        if self.path is not None:
            return str(self.path)
        return make_url(self.url).render_as_string(hide_password=True)

    @property
    def path(self) -> Path | None:
        """The file of a SQLite ledger, None for any other."""
        url = make_url(self.url)
        return Path(url.database or "") if url.get_backend_name() == "sqlite" else None

    @cached_property
    def engine(self) -> Engine:
        """The engine, made when first asked for.

        Raises:
            LeadscoreError: PostgreSQL's driver, an extra, is not installed.
        """
        if self.path is None:
            try:
                limits = {"connect_timeout": _WAIT_SECONDS}
                return create_engine(self.url, pool_pre_ping=True, hide_parameters=True, connect_args=limits)
            except ImportError:
                raise LeadscoreError(
                    f"{self.name}: a ledger in PostgreSQL needs psycopg, which is not installed.",
                    "Run 'make extras', or pip install 'leadscore[postgres]'.",
                ) from None
        engine = create_engine(
            self.url, connect_args={"timeout": _WAIT_SECONDS, "check_same_thread": False},
            hide_parameters=True,
        )  # fmt: skip
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection whose work is committed at the end of the block, or not at all.

        Raises:
            LeadscoreError: the database refuses or cannot be reached; nothing of the block is stored.
        """
        with self._connected(self.engine, _AGAIN) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection that sees one moment of the ledger, and waits for no writer.

        Raises:
            LeadscoreError: the database cannot be reached.
        """
        with self._connected(self.engine.execution_options(writes=False), _CHECK) as connection:
            yield connection

    @contextmanager
    def _connected(self, engine: Engine, remedy: str) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise LeadscoreError(f"{self.name}: {_words(error)}.", remedy) from None

    def revision(self) -> str | None:
        """The revision of its schema, None where it has no tables yet."""
        with self.reading() as connection:
            return revision_of(connection)

    def counts(self) -> dict[str, int]:
        """Rows by table."""
        with self.reading() as connection:
            return {
                name: connection.execute(select(func.count()).select_from(table)).scalar_one()
                for name, table in METADATA.tables.items()
            }

    def close(self) -> None:
        """Give its connections back."""
        self.engine.dispose()


_INIT = "Make it, or bring it forward, with 'leadscore ledger init'."
_CHECK = "Check that the database runs and may be read and written."
_AGAIN = (
    "Nothing of it was stored. Check that the database runs, has room and may be written; then send again."
)


def _url_of(address: str | Path | None) -> str:
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


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Acknowledged means on the disk: FULL syncs every commit, where WAL's usual NORMAL may lose the last."""
    connection.isolation_level = None  # transactions are ours: the driver would begin them late
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "secure_delete = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its turn at once: one that began by reading may find that another wrote meanwhile."""
    writes = connection.get_execution_options().get("writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _words(error: SQLAlchemyError) -> str:
    """What a database refused, in the words of its kind: its own may quote what was sent."""
    reason = str(getattr(error, "orig", "") or "").lower()
    known = {
        "disk is full": "the disk is full",
        "database is locked": "another process has been writing for too long",
        "readonly": "may not be written",
        "unable to open": "cannot be opened",
        "not a database": "is no SQLite database",
        "malformed": "is damaged",
        "disk i/o error": "the disk fails",
        "password authentication": "the database refuses the password",
        "does not exist": "there is no such database, role or table",
        "connect": "cannot be reached",
        "server closed": "cannot be reached",
        "terminat": "cannot be reached",
    }
    kind = type(getattr(error, "orig", None) or error).__name__
    return next((words for part, words in known.items() if part in reason), f"the database failed ({kind})")
