"""Makes each table of a recipe readable in one DuckDB connection, whatever it comes from."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path
from typing import Any

import pandas as pd

from features.errors import LeadscoreError
from features.exports import read_raw
from features.recipe.crm import Source
from features.sql import quoted
from features.tables.duck import register_frame
from features.tables.quality import Quality

DATABASES = (".sqlite", ".sqlite3", ".db")


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
