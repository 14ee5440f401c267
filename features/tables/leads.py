"""A frame of raw leads → canonical columns: each declared cell parsed once per distinct value."""

from __future__ import annotations

import difflib
from typing import Any

import numpy as np
import pandas as pd

from features.cells.fields import CellParser, field_parsers
from features.cells.parse import (
    date_expected,
    id_text,
    is_missing,
    parse_boolean,
    parse_category,
    parse_date,
)
from features.clock.instants import FIRST_US, LAST_US, DayEdge
from features.errors import LeadscoreError
from features.recipe.formats import DateFormat
from features.recipe.recipe import Recipe
from features.tables.quality import Quality


def canonical_leads(recipe: Recipe, raw: pd.DataFrame, quality: Quality) -> pd.DataFrame:
    """Columns row, lead_id, created_us, account_id, origin, opted_out, position, f_*: one row per lead.

    `row` is the 0-based place in `raw`. Exact copies and repeated ids are dropped (the first row stays), as
    are rows without an id; all are counted. A cell that does not parse is missing and reported.

    Raises:
        LeadscoreError: a column that the recipe names is absent, or there is no row.
    """
    check_columns(recipe, raw)
    quality.count("leads", "rows read", len(raw), "")
    leads = pd.DataFrame({"row": np.arange(len(raw), dtype=np.int64)})
    leads["lead_id"] = lead_ids(recipe, raw)
    keep = _first_rows(recipe, raw, leads["lead_id"], quality)
    if not keep.all():  # a copy of ten million rows for nothing
        raw, leads = raw[keep], leads[keep]
    raw, leads = raw.reset_index(drop=True), leads.reset_index(drop=True)
    places = leads[["row", "lead_id"]]
    leads["created_us"] = _created(recipe, raw, places, quality)
    leads["account_id"] = _texts(raw, recipe.lead.account_id)
    leads["opted_out"] = _opted_out(recipe, raw, places, quality)
    leads["position"] = _positions(recipe, raw)
    columns = {}
    for parser in field_parsers(recipe):
        column = recipe.lead.fields[parser.field].column or parser.field
        columns[f"f_{parser.name}"] = parse_column(raw[column], parser, places, quality)
    leads = pd.concat([leads, pd.DataFrame(columns, index=leads.index)], axis=1)
    leads["origin"] = _origin(recipe, leads)
    return leads


def check_columns(recipe: Recipe, raw: pd.DataFrame) -> None:
    """Every column that the recipe names is there.

    Raises:
        LeadscoreError: one is not; with the nearest name of the table.
    """
    named = {f"[lead.fields.{name}]": field.column or name for name, field in recipe.lead.fields.items()}
    for role in ("id", "created_at", "order", "account_id", "cost", "opted_out"):
        if column := getattr(recipe.lead, role):
            named[f"[lead] {role}"] = column
    if recipe.outcomes.column is not None:
        named["[outcomes] column"] = recipe.outcomes.column
        if recipe.outcomes.occurred_at not in (None, "occurred_at"):
            named["[outcomes] occurred_at"] = str(recipe.outcomes.occurred_at)
    require_columns("leads", named, [str(column) for column in raw.columns])


def require_columns(table: str, named: dict[str, str], present: list[str]) -> None:
    """Raise LeadscoreError for the first of `named` (place in the recipe → column) that is not `present`."""
    for place, column in named.items():
        if column not in present:
            near = difflib.get_close_matches(column, present, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else f"; it has {', '.join(present[:40])}."
            raise LeadscoreError(
                f"recipe: {place} names column '{column}', which the {table} table does not have{hint}",
                "Correct the column's name in the recipe, or export the table with it.",
            )


def lead_ids(recipe: Recipe, raw: pd.DataFrame) -> pd.Series[Any]:
    """Ids as stripped text, None where empty; the 0-based row number where the recipe names no column."""
    if recipe.lead.id is None:
        return pd.Series(np.arange(len(raw)), index=raw.index).astype(str).astype(object)
    return _texts(raw, recipe.lead.id)


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
        quality.cell_problems(_cells("leads", parser.field, places, problems))
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


def _cells(table: str, name: str, places: pd.DataFrame, problems: list[tuple[int, str]]) -> pd.DataFrame:
    at = [place for place, _ in problems]
    part = places.iloc[at].reset_index(drop=True)
    return part.assign(table=table, field=name, problem=[text for _, text in problems])


def _first_rows(
    recipe: Recipe, raw: pd.DataFrame, ids: pd.Series[Any], quality: Quality
) -> np.ndarray[Any, Any]:
    if recipe.lead.id is None:
        return np.ones(len(raw), dtype=bool)
    nameless = ids.isna().to_numpy(dtype=bool)
    repeated = ids.duplicated().to_numpy(dtype=bool) & ~nameless
    copies = _exact_copies(raw, ids, repeated)
    quality.count("leads", "rows without an id", int(nameless.sum()), "dropped")
    quality.count("leads", "exact copies of a row", int(copies.sum()), "dropped, the first kept")
    others = int((repeated & ~copies).sum())
    quality.count("leads", "rows with the id of an earlier, different row", others, "dropped, the first kept")
    keep: np.ndarray[Any, Any] = ~nameless & ~repeated
    return keep


def _exact_copies(
    raw: pd.DataFrame, ids: pd.Series[Any], repeated: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    copies = np.zeros(len(raw), dtype=bool)
    if repeated.any():
        several = ids.isin(ids[repeated]).to_numpy(dtype=bool)
        copies[several] = raw[several].astype(str).duplicated().to_numpy(dtype=bool)
    copies &= repeated
    return copies


def _texts(raw: pd.DataFrame, column: str | None) -> pd.Series[Any]:
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


def _created(recipe: Recipe, raw: pd.DataFrame, places: pd.DataFrame, quality: Quality) -> pd.Series[Any]:
    if recipe.lead.created_at is None:
        return pd.Series(pd.array([pd.NA] * len(raw), dtype="Int64"), index=raw.index)
    cells = raw[recipe.lead.created_at]
    created = moments_column(cells, recipe.recipe.zone, "start", recipe.lead.created_format)
    bad = np.flatnonzero(created.isna().to_numpy(dtype=bool))
    expected = f"expected {date_expected(recipe.lead.created_format)}"
    problems = [(int(place), expected) for place in bad]
    if problems:
        quality.cell_problems(_cells("leads", recipe.lead.created_at, places, problems))
    return created


def _opted_out(recipe: Recipe, raw: pd.DataFrame, places: pd.DataFrame, quality: Quality) -> pd.Series[Any]:
    column = recipe.lead.opted_out
    if column is None:
        return pd.Series(False, index=raw.index)
    parser = CellParser(
        column, column, "float64", lambda raw: None if is_missing(raw) else parse_boolean(raw)
    )
    return parse_column(raw[column], parser, places, quality) == 1.0


def _positions(recipe: Recipe, raw: pd.DataFrame) -> pd.Series[Any]:
    """0-based place in time of the rows of an undated export: by the `order` column, then by row."""
    if recipe.lead.order is None:
        return pd.Series(np.arange(len(raw), dtype=np.int64), index=raw.index)
    order = raw[recipe.lead.order]
    if not pd.api.types.is_numeric_dtype(order):
        numbers = pd.to_numeric(order, errors="coerce")
        order = numbers if numbers.notna().all() else order.astype("string")
    places = np.empty(len(raw), dtype=np.int64)
    places[np.argsort(order.rank(method="first").to_numpy(), kind="stable")] = np.arange(len(raw))
    return pd.Series(places, index=raw.index)


def _origin(recipe: Recipe, leads: pd.DataFrame) -> pd.Series[Any]:
    for name, field in recipe.lead.fields.items():
        if field.means == "origin":
            cells = leads[f"f_{name}"]
            return cells.map(parse_category, na_action="ignore") if field.type != "category" else cells
    return pd.Series([None] * len(leads), index=leads.index, dtype=object)


def newest_us(*columns: pd.Series[Any]) -> int | None:
    """The greatest of some Int64 columns, None when there is none."""
    found = [int(column.max()) for column in columns if column.notna().any()]
    return max(found) if found else None
