"""Columns of numbers in DuckDB SQL, read as the scalar parser reads them: "1 200" and "$12" are numbers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from features.cells import is_missing
from features.cells.parse import parse_number
from features.sql import named
from features.tables.duck import register_frame
from features.tables.quality import Quality


def number_sql(con: Any, table: str, view: str, column: str, kind: str, quality: Quality) -> str:
    """`column` of `view` (of the type `kind`) as a DOUBLE, NULL where missing or unreadable.

    What the engine cannot cast goes through the scalar parser, once per distinct text; filled cells that are
    no numbers are counted in `quality` under `table`.
    """
    cell = named(column)
    cast = f"TRY_CAST({cell} AS DOUBLE)"
    if kind != "VARCHAR":
        return cast
    query = f"SELECT DISTINCT {cell} FROM {view} WHERE {cell} IS NOT NULL AND {cast} IS NULL"
    numbers = {text: _read(text) for (text,) in con.raw_sql(query).fetchall() if not is_missing(text)}
    if not numbers:
        return cast
    texts = f"numbers_of_{table}"
    frame = {"text": pd.Series(list(numbers), dtype=object), "number": list(numbers.values())}
    register_frame(con, texts, pd.DataFrame(frame).astype({"number": "float64"}))
    bad = f"SELECT count(*) FROM {view} v JOIN {texts} n ON n.text = v.{cell} WHERE n.number IS NULL"
    quality.count(
        table, f"cells of {column} that do not parse", con.raw_sql(bad).fetchone()[0], "taken as no value"
    )
    return f"coalesce({cast}, (SELECT n.number FROM {texts} n WHERE n.text = {cell}))"


def _read(text: str) -> float | None:
    try:
        return parse_number(text)
    except ValueError:
        return None
