"""Columns of dates and keys in DuckDB SQL, read as the scalar parsers read them.

A wall clock without offset is the recipe zone's, a date without time the end of its day. Texts in plain ISO
8601 are read by the engine, row by row; any other text by the scalar parser, once per distinct text.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from features.parse import is_missing, parse_date
from features.raw_formats import DateFormat
from features.source import named, register_frame
from features.zones import wall_offsets

_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_NAIVE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3}([0-9]{3})?)?$"
_ABSOLUTE = _NAIVE[:-1] + r"(Z|[+-][0-9]{2}:[0-9]{2})$"


def types_of(con: Any, view: str) -> dict[str, str]:
    """Column name → DuckDB type of a view."""
    rows = con.raw_sql(f"SELECT column_name, column_type FROM (DESCRIBE {view})").fetchall()
    return dict(rows)


def text_sql(column: str, kind: str) -> str:
    """A key column as stripped text, NULL where empty; 12.0 is '12'."""
    cell = named(column)
    if kind in ("DOUBLE", "FLOAT"):
        whole = f"CASE WHEN {cell} = floor({cell}) THEN {cell}::BIGINT::VARCHAR ELSE {cell}::VARCHAR END"
        return f"CASE WHEN isfinite({cell}) THEN {whole} END"
    return f"nullif({_trimmed(cell)}, '')"


def moment_sql(
    con: Any, view: str, column: str, types: dict[str, str], zone: str, form: DateFormat | None
) -> str:
    """A column of dates as a BIGINT expression in µs, NULL where missing or unreadable."""
    cell, kind = named(column), types[column]
    if kind.startswith("TIMESTAMP WITH"):
        return _finite(cell)
    if kind.startswith("TIMESTAMP"):
        return _instant(_finite(f"{cell}::TIMESTAMP"), zone)
    if kind == "DATE":
        return _end_of_day(cell, zone)
    return _of_text(con, view, f"{_trimmed(cell)}", zone, form, numeric=kind != "VARCHAR")


def _trimmed(cell: str) -> str:
    return f"trim({cell}::VARCHAR, ' \t\n\r\v\f')"


def _of_text(con: Any, view: str, text: str, zone: str, form: DateFormat | None, numeric: bool) -> str:
    plain = " OR ".join(f"regexp_matches({text}, '{pattern}')" for pattern in (_DAY, _NAIVE, _ABSOLUTE))
    others = con.raw_sql(f"SELECT DISTINCT {text} FROM {view} WHERE NOT ({plain})").fetchall()
    cases = (
        f"WHEN regexp_matches({text}, '{_DAY}') THEN {_end_of_day(f'TRY_CAST({text} AS DATE)', zone)} "
        f"WHEN regexp_matches({text}, '{_ABSOLUTE}') THEN {_finite(f'TRY_CAST({text} AS TIMESTAMPTZ)')} "
        f"WHEN regexp_matches({text}, '{_NAIVE}') "
        f"THEN {_instant(_finite(f'TRY_CAST({text} AS TIMESTAMP)'), zone)}"
    )
    if not others or (numeric and form is None):
        return f"CASE {cases} END"
    table = _parsed_texts(con, [other for (other,) in others], zone, form)
    return f"CASE {cases} ELSE (SELECT p.us FROM {table} p WHERE p.text = {text}) END"


def _parsed_texts(con: Any, texts: list[str], zone: str, form: DateFormat | None) -> str:
    """A table text → us of the texts that the scalar parser can read."""
    readable = {}
    for text in texts:
        if not is_missing(text):
            try:
                readable[text] = parse_date(text, zone, "end", form)
            except ValueError:  # stays without a date, and is counted as such
                continue
    count = con.raw_sql("SELECT count(*) FROM duckdb_tables() WHERE table_name LIKE 'dates_%'").fetchall()
    table = f"dates_{count[0][0]}"
    frame = {"text": pd.Series(list(readable), dtype=object), "us": list(readable.values())}
    register_frame(con, table, pd.DataFrame(frame).astype({"us": "int64"}))
    return table


def _finite(moment: str) -> str:
    return f"CASE WHEN isfinite({moment}) THEN epoch_us({moment}) END"


def _end_of_day(day: str, zone: str) -> str:
    """The last microsecond of a DATE: one before the next midnight."""
    return f"{_instant(f'epoch_us(({day} + INTERVAL 1 DAY)::TIMESTAMP)', zone)} - 1"


def _instant(wall: str, zone: str) -> str:
    """A wall clock in µs as an instant; the engine evaluates the repeated `wall` once."""
    return f"({wall} - ({wall_offsets(zone).sql(wall)}))"
