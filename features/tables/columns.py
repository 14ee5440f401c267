"""One column of raw cells → its canonical column: each distinct value parsed once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from features.cells import CellParser, is_missing, parse_date
from features.cells.parse import id_text, is_endless
from features.clock import FIRST_US, DayEdge
from features.clock.instants import LAST_US
from features.errors import LeadscoreError, ended, nearest
from features.recipe import DateFormat
from features.tables.quality import Quality


def require_columns(table: str, named: dict[str, str], present: list[str]) -> None:
    """Raise LeadscoreError for the first of `named` (place in the recipe → column) that is not `present`."""
    for place, column in named.items():
        if column not in present:
            wrong = f"recipe: {place} names column '{column}', which the {table} table does not have"
            raise LeadscoreError(
                ended(wrong + nearest(column, present, "it has")),
                "Correct the column's name in the recipe, or export the table with it.",
            )


def parse_column(
    cells: pd.Series[Any], parser: CellParser, places: pd.DataFrame, quality: Quality
) -> pd.Series[Any]:
    """The canonical column of `cells`, each distinct value parsed once; `places` has row and lead_id."""
    problems: list[tuple[int, str]] = []

    def parse(cell: object) -> object:
        try:
            return parser.parse(cell)
        except ValueError as error:
            return error

    codes, values = _distinct(cells)
    parsed = [parse(value) for value in values]
    failed = np.array([isinstance(value, ValueError) for value in parsed], dtype=bool)
    clean = [None if isinstance(value, ValueError) else value for value in parsed]
    if parser.reports and failed.any():
        at = np.flatnonzero(failed[codes])
        problems = [(int(i), f"expected {parsed[codes[i]]}") for i in at]
        quality.cell_problems(cells_of("leads", parser.field, places, problems))
    if parser.reports and parser.stored == "float64":
        endless = [v is None and is_endless(cell) for v, cell in zip(parsed, values, strict=True)]
        count = int(np.array(endless, dtype=bool)[codes].sum())
        quality.count(
            "leads", f"cells of {parser.field} that are no finite number", count, "taken as no value"
        )
    return _stored(clean, parser.stored).take(codes).set_axis(cells.index)


def _distinct(cells: pd.Series[Any]) -> tuple[np.ndarray[Any, Any], list[object]]:
    """Codes and distinct values; numbers, texts and booleans that compare equal stay apart by their type."""
    if cells.dtype == object:
        keys = [(type(cell).__name__, cell if _hashable(cell) else str(cell)) for cell in cells]
        codes, uniques = pd.factorize(pd.Series(keys, dtype=object), use_na_sentinel=False)
        return codes, [key[1] for key in uniques]
    codes, uniques = pd.factorize(cells, use_na_sentinel=False)
    return codes, list(pd.Series(uniques).astype(object))


def _hashable(cell: object) -> bool:
    return cell.__hash__ is not None


def _stored(values: list[Any], stored: str) -> pd.Series[Any]:
    if stored == "float64":
        return pd.Series([np.nan if value is None else value for value in values], dtype="float64")
    if stored == "int64":
        return pd.Series(pd.array([pd.NA if value is None else value for value in values], dtype="Int64"))
    return pd.Series(values, dtype=object)


def cells_of(table: str, name: str, places: pd.DataFrame, problems: list[tuple[int, str]]) -> pd.DataFrame:
    """`problems` (place in `places`, words) of the field `name` as rows of the report."""
    at = [place for place, _ in problems]
    part = places.iloc[at].reset_index(drop=True)
    return part.assign(table=table, field=name, problem=[text for _, text in problems])


def accounts_of(raw: pd.DataFrame, column: str | None) -> pd.Series[Any]:
    """As `texts_of`, and None where a cell says that there is none ('n/a', 'none'), as one lead is read."""
    texts = texts_of(raw, column)
    nobody = [text for text in texts.dropna().unique() if is_missing(text)]
    return texts.mask(texts.isin(nobody), None) if nobody else texts


def texts_of(raw: pd.DataFrame, column: str | None) -> pd.Series[Any]:
    """A column of ids as text, None where empty; all None where the recipe names no column."""
    if column is None:
        return pd.Series([None] * len(raw), index=raw.index, dtype=object)
    cells = raw[column]
    if cells.dtype == object or pd.api.types.is_float_dtype(cells):
        return pd.Series([id_text(cell) for cell in cells], index=raw.index, dtype=object)
    texts = cells.astype("string").str.strip()
    blank = (texts.isna() | (texts == "")).to_numpy(dtype=bool)
    filled = texts.to_numpy(dtype=object, copy=True)
    filled[blank] = None
    return pd.Series(filled, index=raw.index).astype(object)


def moments_column(
    cells: pd.Series[Any], zone: str, edge: DayEdge, form: DateFormat | None = None
) -> pd.Series[Any]:
    """Int64 µs of a column of dates, NA where missing, unreadable or outside the years that are read.

    Typed columns in UTC are read all at once.
    """
    if zone == "UTC" and pd.api.types.is_datetime64_dtype(cells.dtype):
        cells = cells.dt.tz_localize("UTC")
    if isinstance(cells.dtype, pd.DatetimeTZDtype):
        us = cells.dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[us]").astype("int64")
        whole: pd.Series[Any] = us.astype("Int64").where(cells.notna() & us.between(FIRST_US, LAST_US))
        return whole
    codes, values = _distinct(cells)
    parsed: list[Any] = []
    for value in values:
        try:
            parsed.append(pd.NA if is_missing(value) else parse_date(value, zone, edge, form))
        except ValueError:
            parsed.append(pd.NA)
    return pd.Series(pd.array(parsed, dtype="Int64")).take(codes).set_axis(cells.index)


def newest_us(*columns: pd.Series[Any]) -> int | None:
    """The greatest of some Int64 columns, None when there is none."""
    found = [int(column.max()) for column in columns if column.notna().any()]
    return max(found) if found else None
