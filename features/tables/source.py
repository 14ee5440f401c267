"""Makes each table of a recipe readable in one DuckDB connection, whatever it comes from."""

from __future__ import annotations

import gzip
import hashlib
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd

from features.errors import LeadscoreError
from features.exports.reader import read_raw
from features.recipe.crm import Source
from features.sql import quoted
from features.tables.quality import Quality

DATABASES = (".sqlite", ".sqlite3", ".db")


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


def open_source(con: Any, table: str, source: Source, folder: Path, quality: Quality | None = None) -> str:
    """Create the view `raw_<table>` of a source with its cells as they are; return its name.

    Files are Parquet, CSV (also gzipped; every cell stays text), XLSX (`file.xlsx#sheet`), a zip of these
    (`file.zip#member`), SQLite (`file.sqlite#table`) or an SQLAlchemy URL (`postgresql://…#table`); the
    table's default name is that of its role. A `sql` source finds files by their names in `folder`. What is
    odd about a text file is counted in `quality`.

    Raises:
        LeadscoreError: the file is absent, empty, changed (sha256) or not readable.
    """
    view = f"raw_{table}"
    _check_sums(source, folder)
    if source.sql is not None:
        con.raw_sql(f"SET file_search_path = {quoted(str(folder))}")
        _create(con, table, view, f"({source.sql.strip().rstrip(';')})", "the SELECT")
        return view
    name, _, part = (source.file or "").partition("#")
    if "://" in name:
        return _from_database(con, view, name, part or table)
    path = folder / name
    if not path.exists():
        raise LeadscoreError(
            f"{path}: no such file (recipe: [tables] {table}).", "Put it there, or correct the recipe."
        )
    if path.is_file() and path.stat().st_size == 0:
        raise LeadscoreError(f"{path}: is empty.", "Export the table again; it needs a header and rows.")
    if path.suffix in DATABASES:
        return _from_database(con, view, f"sqlite:///{path}", part or table)
    if path.suffix.lower() in (".parquet", ".pq") or path.is_dir():
        glob = path / "**/*.parquet" if path.is_dir() else path
        _create(con, table, view, f"read_parquet({quoted(str(glob))})", name)
        return view
    raw = read_raw(path, part=part or None)
    if quality is not None:
        for what, count, treatment in raw.counts():
            quality.count(table, what, count, treatment)
    register_frame(con, view, raw.frame)
    return view


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


def _create(con: Any, table: str, view: str, relation: str, name: str) -> None:
    import duckdb

    try:
        con.raw_sql(f"CREATE OR REPLACE VIEW {view} AS SELECT * FROM {relation}")
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise LeadscoreError(
            f"recipe: [tables] {table}: {name} cannot be read: {reason}",
            "Correct the file or the SELECT; files are found by name in the data folder.",
        ) from None


def _from_database(con: Any, view: str, url: str, table: str) -> str:
    import sqlalchemy

    engine = sqlalchemy.create_engine(url)
    try:
        with engine.connect() as connection:
            register_frame(con, view, pd.read_sql_table(table, connection))
    except (sqlalchemy.exc.SQLAlchemyError, ValueError) as error:
        safe = sqlalchemy.make_url(url).render_as_string(hide_password=True)
        raise LeadscoreError(
            f"{safe}: table '{table}' cannot be read: {type(error).__name__}.",
            "Check the address, the rights, and the table's name after '#'.",
        ) from None
    finally:
        engine.dispose()
    return view


def _check_sums(source: Source, folder: Path) -> None:
    for name, expected in source.sha256.items():
        path = folder / name
        if not path.exists():
            raise LeadscoreError(
                f"{path}: no such file, though the recipe knows its sha256.", "Put it there."
            )
        found = _sum_of(path)
        if found != expected.lower():
            raise LeadscoreError(
                f"{path}: sha256 is {found}, the recipe expects {expected}.",
                "Use the file that the recipe was written for, or correct [tables] sha256.",
            )


def _sum_of(path: Path) -> str:
    """Hex SHA-256 of a file's bytes, of the unpacked ones for .gz: packing again changes the others."""
    digest = hashlib.sha256()
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
