"""Where the ledger is, opened: SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, func, make_url, select
from sqlalchemy.exc import SQLAlchemyError

from features.errors import LeadscoreError
from serving.ledger.engines import (
    DEFAULT,
    VARIABLE,
    postgres_engine,
    sqlite_engine,
    url_of,
    waiting_at_most,
    words_of,
)
from serving.ledger.schema import METADATA, bring_forward, our_revision, refuse_newer, revision_of

_STATEMENT_SECONDS = 30.0
"""What a statement of a service may take: its callers wait. A command's takes as long as it takes."""
_LOOK_SECONDS = 5.0
Found = TypeVar("Found")


class LedgerAwayError(LeadscoreError):
    """The database cannot be reached, or does not answer: it may be back, and nobody need change anything."""


@dataclass
class Presence:
    """Whether a ledger is here: `away` says in words why not, as who looked last found it ('': it is).

    `checked` is False while its schema has never been seen.
    """

    checked: bool = True
    away: str = ""


@dataclass(frozen=True)
class Ledger:
    """A ledger that is open; `opened` one that exists, `made` one that may not, or is of an older schema.

    Safe to share among threads: each transaction has a connection of its own.
    """

    url: str = field(repr=False)  # it may hold a password
    statement_seconds: float | None = None
    presence: Presence = field(default_factory=Presence, repr=False, compare=False)

    @classmethod
    def opened(cls, address: str | Path | None = None) -> Ledger:
        """The ledger at `address` (a file or an SQLAlchemy URL; default: LEADSCORE_LEDGER, ./ledger.sqlite).

        Raises:
            LeadscoreError: there is none, it cannot be reached, or its schema is older or newer than ours.
        """
        ledger = cls._named(address)
        with ledger.reading():  # which checks it
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
    def for_service(cls) -> Ledger | None:
        """As `here`, and no statement takes for ever. One in PostgreSQL that is away is given all the same.

        It joins by itself: its schema is checked by whatever reaches it first.

        Raises:
            LeadscoreError: as `here`, unless it is only away.
        """
        if not (os.environ.get(VARIABLE) or Path(DEFAULT).exists()):
            return None
        ledger = cls._named(None, _STATEMENT_SECONDS)
        try:
            ledger.look(lambda _: None)
        except LedgerAwayError:
            if ledger.path is not None:  # a file that cannot be read is no server that is about to come
                raise
        return ledger

    @classmethod
    def made(cls, address: str | Path | None = None) -> Ledger:
        """The ledger at `address`, made where there is none and brought forward where it is older.

        A file is readable by its owner only.

        Raises:
            LeadscoreError: it cannot be written or reached, or its schema is newer than ours.
        """
        ledger = cls(url_of(address))
        if ledger.path is not None:
            ledger.path.touch(mode=0o600)
        refuse_newer(ledger.name, ledger.revision())
        with ledger.transaction() as connection:
            bring_forward(connection)
        return ledger

    @classmethod
    def _named(cls, address: str | Path | None, statement_seconds: float | None = None) -> Ledger:
        """The ledger at `address`, which nobody has looked at yet; of a file it is known that it is there."""
        ledger = cls(url_of(address), statement_seconds, Presence(checked=False))
        if ledger.path is not None and not ledger.path.exists():  # SQLite would make one
            raise LeadscoreError(f"{ledger.name}: there is no ledger.", _INIT)
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
                return postgres_engine(self.url, self.statement_seconds)
            except ImportError:
                raise LeadscoreError(
                    f"{self.name}: a ledger in PostgreSQL needs psycopg, which is not installed.",
                    "Run 'make extras', or pip install 'leadscore[postgres]'.",
                ) from None
        return sqlite_engine(self.url)

    @contextmanager
    def transaction(self, within: float | None = None) -> Iterator[Connection]:
        """A connection whose work is committed at the end of the block, or not at all.

        `within` is how many seconds another's transaction is waited for, and in PostgreSQL each statement.

        Raises:
            LeadscoreError: the database refuses or cannot be reached; nothing of the block is stored. Where
                it was lost during the commit it may be stored, and the words say so.
        """
        with self._connected(self.engine, _AGAIN, within) as connection:
            yield connection

    @contextmanager
    def reading(self, within: float | None = None) -> Iterator[Connection]:
        """A connection that sees one moment of the ledger, and waits for no writer.

        `within` is how many seconds PostgreSQL may take for each statement.

        Raises:
            LeadscoreError: the database cannot be reached.
        """
        with self._connected(self.engine.execution_options(writes=False), _CHECK, within) as connection:
            yield connection

    def look(self, read: Callable[[Connection], Found]) -> Found:
        """What `read` finds, and whether the ledger is here: asked also of one that was away.

        While it is away everybody else is refused at once, so that nobody waits for what does not answer.

        Raises:
            LeadscoreError: the database cannot be reached, or its schema is not ours.
        """
        engine = self.engine.execution_options(writes=False)
        try:
            with self._connected(engine, _CHECK, _LOOK_SECONDS, looking=True) as connection:
                found = read(connection)
        except LeadscoreError as error:
            if isinstance(error, LedgerAwayError) or not self.presence.checked:
                self.presence.away = error.problem.removeprefix(f"{self.name}: ").rstrip(".")
            raise
        self.presence.away = ""
        return found

    @contextmanager
    def _connected(
        self, engine: Engine, remedy: str, within: float | None = None, *, looking: bool = False
    ) -> Iterator[Connection]:
        if self.presence.away and not looking:
            raise LedgerAwayError(f"{self.name}: {self.presence.away}.", remedy)
        asked = False
        try:
            with waiting_at_most(within), engine.begin() as connection:
                self._check(connection)
                yield connection
                asked = True
        except SQLAlchemyError as error:
            words, is_away = words_of(error)
            told = f"{self.name}: {words}."
            if not is_away:
                raise LeadscoreError(told, remedy) from None
            raise LedgerAwayError(told, _PERHAPS if asked and remedy == _AGAIN else remedy) from None

    def _check(self, connection: Connection) -> None:
        """Whether the schema is ours, where nobody has looked yet."""
        if self.presence.checked:
            return
        found, ours = revision_of(connection), our_revision()
        refuse_newer(self.name, found)
        if found != ours:
            state = "is no ledger yet" if found is None else f"has schema {found}, this leadscore {ours}"
            raise LeadscoreError(f"{self.name}: {state}.", _INIT)
        self.presence.checked = True

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
_PERHAPS = "It was lost while it was stored, so it may be there: send the same again, which stores it once."
