"""A Postgres as an engine: canonical tables are copied into temporary ones of our session."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd

from features.errors import LeadscoreError
from features.readings.engine import ROWS_AT_ONCE, Engine, moved, read_by_features
from features.tables import Tables
from features.tables.duck import to_arrow


@contextmanager
def postgres_tables(tables: Tables, url: str) -> Iterator[Engine]:
    """A Postgres with copies of `tables`, temporary tables that no other session sees.

    The user needs the right to make temporary tables, nothing more.

    Raises:
        LeadscoreError: no driver, or the server cannot be reached.
    """
    con = _connect(url)

    def put(name: str, schema: Any, batches: Any) -> Any:
        con.raw_sql(f"DROP TABLE IF EXISTS pg_temp.leadscore_{name}").close()
        made = con.create_table(f"leadscore_{name}", schema=schema, temp=True)
        _copy(con, f"pg_temp.leadscore_{name}", batches)
        return made

    def moments(frame: pd.DataFrame) -> Any:
        import ibis

        arrow = to_arrow(frame)
        return put("moments", ibis.Schema.from_pyarrow(arrow.schema), arrow.to_reader(ROWS_AT_ONCE))

    try:
        copies = {name: put(name, schema, batches) for name, schema, batches in read_by_features(tables)}
        yield Engine(moved(tables, con, copies), moments, lambda expression: expression.to_pyarrow())
    finally:
        con.disconnect()


def _connect(url: str) -> Any:
    import ibis

    try:
        import psycopg
    except ImportError:
        raise LeadscoreError(
            "--engine postgresql://… needs psycopg, which is not installed.",
            "Run 'make extras', or pip install 'leadscore[postgres]'.",
        ) from None
    try:
        con = ibis.connect(url)
    except psycopg.OperationalError as error:
        raise LeadscoreError(
            f"the Postgres server cannot be reached: {type(error).__name__}.",
            "Check host, port, user, password and database of the address.",
        ) from None
    con.raw_sql("SET jit = off").close()  # it would compile thousands of expressions for seconds of work
    return con


def _copy(con: Any, table: str, batches: Any) -> None:
    """Stream batches in as CSV: every value quoted, so that an empty text is not a NULL."""
    from pyarrow import csv

    options = csv.WriteOptions(include_header=False, quoting_style="all_valid")
    with con.con.cursor() as cursor:
        with cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv)") as copy:
            for batch in batches:
                text = io.BytesIO()
                csv.write_csv(batch, text, options)
                copy.write(text.getbuffer())
        cursor.execute(f"ANALYZE {table}")
    con.con.commit()
