"""One DuckDB in this process: opened, given frames, asked for frames."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd

from features.sql import quoted


def connect(memory_limit: str | None = None, threads: int | None = None) -> Any:
    """An Ibis connection to a DuckDB in this process, its clock in UTC.

    What exceeds `memory_limit` (DuckDB's own default: 80 % of the machine) goes to the system's temporary
    folder.
    """
    import duckdb
    import ibis

    con = ibis.duckdb.connect()
    con.raw_sql("SET TimeZone = 'UTC'")
    con.raw_sql("SET preserve_insertion_order = false")
    with suppress(duckdb.InvalidInputException):  # a notebook without ipywidgets has no bar to turn off
        con.raw_sql("SET enable_progress_bar = false")
    spill = Path(tempfile.gettempdir()) / f"leadscore-{uuid4().hex}"  # else it would be '.tmp' right here
    con.raw_sql(f"SET temp_directory = {quoted(str(spill))}")
    if memory_limit is not None:
        con.raw_sql(f"SET memory_limit = {quoted(memory_limit)}")
    if threads is not None:
        con.raw_sql(f"SET threads = {int(threads)}")
    return con


def register_frame(con: Any, view: str, frame: pd.DataFrame) -> None:
    """Make `frame` the table `view`; columns of mixed types become text."""
    arrow = to_arrow(frame)
    con.con.register("arriving", arrow)
    con.raw_sql(f"CREATE OR REPLACE TABLE {view} AS SELECT * FROM arriving")
    con.con.unregister("arriving")


def to_arrow(frame: pd.DataFrame) -> Any:
    """`frame` as an Arrow table; a column that Arrow cannot type is read as text."""
    import pyarrow as pa

    columns = {}
    for name in frame.columns:
        cells = frame[name]
        try:
            column = _array(cells)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            column = pa.array([None if _absent(cell) else str(cell) for cell in cells], type=pa.string())
        if pa.types.is_null(column.type):
            column = column.cast(pa.string())
        columns[str(name)] = column
    return pa.table(columns)


def _array(cells: pd.Series[Any]) -> Any:
    import pyarrow as pa

    if isinstance(cells.dtype, pd.DatetimeTZDtype):  # pyarrow reads zoned columns by a deprecated way
        naive = cells.dt.tz_convert(None).to_numpy().astype("datetime64[us]")
        return pa.array(naive).cast(pa.timestamp("us", tz="UTC"))
    return pa.Array.from_pandas(cells)


def _absent(cell: object) -> bool:
    return cell is None or cell is pd.NA or cell is pd.NaT or cell != cell


def fetch_frame(con: Any, view: str) -> pd.DataFrame:
    """All rows of `view` in their order; whole numbers with gaps stay whole."""
    import pyarrow as pa

    whole = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype(), pa.int16(): pd.Int16Dtype()}
    con.raw_sql("SET preserve_insertion_order = true")
    table = con.con.sql(f"SELECT * FROM {view}").to_arrow_table()
    con.raw_sql("SET preserve_insertion_order = false")
    frame: pd.DataFrame = table.to_pandas(types_mapper=whole.get)
    return frame


def bound(con: Any, table: str) -> Any:
    """The Ibis expression of a DuckDB table.

    Ibis 12's own `con.table` asks for the schema by a method that DuckDB 2 has deprecated.
    """
    import ibis
    from ibis.expr.operations import DatabaseTable

    rows = con.raw_sql(f"SELECT column_name, column_type FROM (DESCRIBE {table})").fetchall()
    schema = ibis.schema({name: con.compiler.type_mapper.from_string(kind) for name, kind in rows})
    return DatabaseTable(name=table, schema=schema, source=con).to_expr()
