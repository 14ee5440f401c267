"""Columns of numbers in DuckDB SQL, read as the scalar parser reads them: "1 200" and "$12" are numbers."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from features.cells import is_missing
from features.cells.parse import LARGEST, parse_number
from features.sql import named
from features.tables.duck import register_frame
from features.tables.quality import Quality


def number_sql(con: Any, table: str, view: str, column: str, kind: str, quality: Quality) -> str:
    """`column` of `view` (of the type `kind`) as a DOUBLE, NULL where missing or unreadable.

    What the engine cannot cast goes through the scalar parser, once per distinct text; filled cells that are
    no numbers are counted in `quality` under `table`, and so are infinite ones, which stay so (see
    `usable_sql`).
    """
    number = _any_number_sql(con, table, view, column, kind, quality)
    endless = f"SELECT count(*) FROM {view} WHERE NOT isnan({number}) AND NOT {usable_sql(number)}"
    what = f"cells of {column} that are no finite number"
    quality.count(table, what, con.raw_sql(endless).fetchone()[0], "taken as no value")
    return number


def usable_sql(number: str) -> str:
    """Whether a DOUBLE is one that the scalar parser does not take as missing; NULL for NULL."""
    return f"(abs({number}) <= {LARGEST!r})"


def _any_number_sql(con: Any, table: str, view: str, column: str, kind: str, quality: Quality) -> str:
    """As `number_sql`, infinite ones not counted."""
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
        number = parse_number(text)
    except ValueError:
        return None
    return math.inf if number is None else number
