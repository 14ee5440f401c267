"""Can the tracking store be asked at all? Found out within seconds, before MLflow begins to try again.

MLflow asks a broken database ten times (100 s) and an HTTP server seven times for up to two minutes each.
Who starts a service or waits at a terminal gets an answer sooner; bounds that the user set stay.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any
from urllib.parse import quote

from features.errors import LeadscoreError

SQLITE = "sqlite:///"
_WAIT_SECONDS = 3
_BOUNDS = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "20"}
"""MLflow's own settings: one more try, 20 s for each."""
_REMEDY = "Check MLFLOW_TRACKING_URI, and that the store is whole, not in use, and up."
_ours: set[str] = set()
_patience: ContextVar[bool] = ContextVar("patience", default=False)


class StoreError(LeadscoreError):
    """The tracking store is broken, locked or out of reach; the scorecard can answer all the same."""


def unusable(address: str, what: str, error: BaseException) -> StoreError:
    """What to say of a store that failed with `error`, in one sentence; never what it contains."""
    reason = getattr(error, "error_code", None) or type(error).__name__
    return StoreError(f"{shown(address)}: {what} ({_reasons.get(str(reason), reason)}).", _REMEDY)


_FILES = ("sqlite:", "file:")
_SECRET = re.compile(r"([?&][^=&#]*(?:password|passwd|pwd|token|secret|key)[^=&#]*=)[^&#]*", re.IGNORECASE)


def shown(address: str) -> str:
    """An address without its password or token: what is told may be read by whoever can reach the service.

    All before the last @ counts as user and password, since either may hold an @ or a slash that nobody has
    escaped; of a name without a password nothing is told in web addresses, where it is a token.

    >>> shown("postgresql://anna:s3cret@db/runs"), shown("https://t0ken@runs.example")
    ('postgresql://anna:***@db/runs', 'https://***@runs.example')
    """
    scheme, apart, rest = address.partition("://")
    if not apart or address.startswith(_FILES):
        return address
    told, at, place = rest.rpartition("@")
    user, colon, _ = told.partition(":")
    if at and not colon and scheme.lower().startswith("http"):
        user = ""
    hidden = f"{user}{':' if colon else ''}***@" if colon or not user else f"{user}@"
    return _SECRET.sub(r"\1***", f"{scheme}://{hidden if at else ''}{place}")


_reasons = {
    "INTERNAL_ERROR": "no usable answer",
    "DatabaseError": "is not a whole database",
    "OperationalError": "locked, or cannot be opened",
    "StoreError": "is another program's database",
}


def connect(address: str, make: Callable[..., Any]) -> Any:
    """An MLflow client by `make`, once the store at `address` has answered a first question.

    Raises:
        StoreError: it is broken, locked or out of reach.
    """
    if not _patience.get():
        for name in _BOUNDS.keys() - os.environ.keys():
            os.environ[name] = _BOUNDS[name]
            _ours.add(name)
    require_readable(address)
    try:
        return make(tracking_uri=address, registry_uri=address)
    except Exception as error:  # whatever MLflow and its drivers raise
        raise unusable(address, "cannot be read", error) from error


@contextmanager
def patient() -> Iterator[None]:
    """MLflow's own patience while the block runs: what took an hour to make is not lost to a busy server."""
    ours = {name: os.environ[name] for name in _ours if os.environ.get(name) == _BOUNDS[name]}
    for name in ours:
        del os.environ[name]
    before = _patience.set(True)
    try:
        yield
    finally:
        _patience.reset(before)
        os.environ.update(ours)


def require_readable(address: str) -> None:
    """Ask a database one question; an HTTP store answers when it is asked.

    Raises:
        StoreError: it is broken, locked or out of reach.
    """
    try:
        if address.startswith(SQLITE):
            _ask_sqlite(Path(address.removeprefix(SQLITE)))
        elif address.partition("://")[0].partition("+")[0] in ("postgresql", "mysql", "mssql"):
            _ask_database(address)
    except Exception as error:
        raise unusable(address, "cannot be read", error) from error


def require_writable(address: str) -> None:
    """As `require_readable`, for a store that a long run will write to when it ends.

    Raises:
        StoreError: it cannot be written, which is better known before than after the run.
    """
    require_readable(address)
    path = Path(address.removeprefix(SQLITE))
    if not address.startswith(SQLITE) or not path.exists():
        return
    try:
        _with_sqlite(path, "rw", "BEGIN IMMEDIATE")
    except sqlite3.Error as error:
        raise unusable(address, "cannot be written", error) from error


def _ask_sqlite(path: Path) -> None:
    if not path.exists():  # the first run makes it
        return
    tables = {row[0] for row in _with_sqlite(path, "ro", "SELECT name FROM sqlite_master")}
    if tables and "alembic_version" not in tables:  # MLflow would add its own tables to these
        raise StoreError("another program's")


def _with_sqlite(path: Path, mode: str, statement: str) -> list[tuple[Any, ...]]:
    link = sqlite3.connect(f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=_WAIT_SECONDS)
    try:
        return list(link.execute(statement).fetchall())
    finally:
        link.close()


def _ask_database(address: str) -> None:
    import sqlalchemy

    limits = {} if address.startswith("mssql") else {"connect_timeout": _WAIT_SECONDS}
    engine = sqlalchemy.create_engine(address, connect_args=limits)
    try:
        engine.connect().close()
    finally:
        engine.dispose()
