"""Columns of dates, keys and numbers in DuckDB SQL, read as the scalar parsers read them.

A wall clock without offset is the recipe zone's, a date without time the end of its day. Texts in plain ISO
8601 are read by the engine, row by row; any other text by the scalar parser, once per distinct text.
"1 200" and "$12" are numbers.
"""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from features.cells import is_missing, parse_date
from features.cells.parse import LARGEST, parse_number
from features.clock import FIRST_US
from features.clock.instants import FIRST_YEAR, LAST_US, LAST_YEAR
from features.clock.zones import wall_offsets
from features.recipe import DateFormat
from features.sql import named
from features.tables.duck import register_frame
from features.tables.quality import Quality

_DATE, _HOUR = r"[0-9]{4}-[0-9]{2}-[0-9]{2}", r"([01][0-9]|2[0-3])"
_CLOCK = rf"{_DATE}[T ]{_HOUR}:[0-9]{{2}}:[0-9]{{2}}(\.[0-9]{{1,6}})?"
_OFFSET = rf"(Z|[+-]{_HOUR}(:?[0-5][0-9])?)"
_DAY, _NAIVE, _ABSOLUTE = f"^{_DATE}$", f"^{_CLOCK}$", f"^{_CLOCK}{_OFFSET}$"
_PLAIN = f"^{_DATE}$|^{_CLOCK}{_OFFSET}?$"
"""What the engine reads as the scalar parser does: no hour 24, and no offset of a day."""


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


def dated_sql(
    con: Any, view: str, columns: dict[str, str], types: dict[str, str], zone: str, form: DateFormat | None
) -> str:
    """`view` as a relation with a further BIGINT column for each of `columns` (its name → column of dates).

    The new columns are µs since 1970 UTC, NULL where missing, unreadable or of a year that cannot be meant.
    Each is made in two steps, so that the table of the zone's changes is looked up once a row: µs as written
    with their meaning first ('d' a day, 'n' a wall clock, 'a' absolute), then µs in UTC.
    """
    written, instants = [], []
    for name, column in columns.items():
        us, meaning = _written(con, view, column, types[column], zone, form)
        wall, how = named(f"{name} wall"), named(f"{name} how")
        written.append(f"{us} AS {wall}, {meaning} AS {how}")
        offset = wall_offsets(zone).sql(wall)
        instant = (
            f"{wall} - CASE WHEN {how} = 'a' THEN 0 ELSE {offset} END - CASE {how} WHEN 'd' THEN 1 ELSE 0 END"
        )
        instants.append(f"{instant} AS {named(name)}")
    likely = ", ".join(
        f"CASE WHEN {named(name)} BETWEEN {FIRST_US} AND {LAST_US} THEN {named(name)} END AS {named(name)}"
        for name in columns
    )
    instant = f"(SELECT *, {', '.join(instants)} FROM (SELECT *, {', '.join(written)} FROM {view}))"
    return f"(SELECT * REPLACE ({likely}) FROM {instant})"


def _written(
    con: Any, view: str, column: str, kind: str, zone: str, form: DateFormat | None
) -> tuple[str, str]:
    """µs as written and what they mean, both as SQL; a day is its end, the next midnight."""
    cell = named(column)
    if kind.startswith("TIMESTAMP WITH"):
        return _finite(cell), "'a'"
    if kind.startswith("TIMESTAMP"):
        return _finite(f"TRY_CAST({cell} AS TIMESTAMP)"), "'n'"
    if kind == "DATE":
        return _next_midnight(cell), "'d'"
    return _of_text(con, view, _trimmed(cell), zone, form, numeric=kind != "VARCHAR")


def _trimmed(cell: str) -> str:
    return f"trim({cell}::VARCHAR, ' \t\n\r\v\f')"


def _of_text(
    con: Any, view: str, text: str, zone: str, form: DateFormat | None, numeric: bool
) -> tuple[str, str]:
    day, naive, absolute = (f"regexp_matches({text}, '{pattern}')" for pattern in (_DAY, _NAIVE, _ABSOLUTE))
    query = f"SELECT DISTINCT {text} FROM {view} WHERE NOT regexp_matches({text}, '{_PLAIN}')"
    others = con.raw_sql(query).fetchall()
    parsed = "NULL"
    if others and (form is not None or not numeric):
        table = _parsed_texts(con, [other for (other,) in others], zone, form)
        parsed = f"(SELECT p.us FROM {table} p WHERE p.text = {text})"
    us = (
        f"CASE WHEN {absolute} THEN {_finite(f'TRY_CAST({text} AS TIMESTAMPTZ)')} "
        f"WHEN {naive} THEN {_finite(f'TRY_CAST({text} AS TIMESTAMP)')} "
        f"WHEN {day} THEN {_next_midnight(f'TRY_CAST({text} AS DATE)')} ELSE {parsed} END"
    )
    return us, f"CASE WHEN {absolute} THEN 'a' WHEN {naive} THEN 'n' WHEN {day} THEN 'd' ELSE 'a' END"


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


def _next_midnight(day: str) -> str:
    likely = f"{day} BETWEEN DATE '{FIRST_YEAR - 1}-12-01' AND DATE '{LAST_YEAR + 1}-01-31'"  # in any zone
    return f"CASE WHEN {likely} THEN epoch_us(({day} + INTERVAL 1 DAY)::TIMESTAMP) END"


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
    numbers = {text: _number(text) for (text,) in con.raw_sql(query).fetchall() if not is_missing(text)}
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


def _number(text: str) -> float | None:
    try:
        number = parse_number(text)
    except ValueError:
        return None
    return math.inf if number is None else number
