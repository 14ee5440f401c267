"""A frame of raw leads → canonical columns: each declared cell parsed once per distinct value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.cells import CellParser, date_expected, field_parsers, is_missing
from features.cells.parse import parse_boolean, parse_category
from features.recipe import Recipe
from features.tables.columns import (
    accounts_of,
    cells_of,
    moments_column,
    parse_column,
    require_columns,
    texts_of,
)
from features.tables.lot import drawn_places
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
    leads["account_id"] = accounts_of(raw, recipe.lead.account_id)
    leads["opted_out"] = _opted_out(recipe, raw, places, quality)
    leads["position"] = _positions(recipe, raw)
    columns = {}
    for parser in field_parsers(recipe):
        column = recipe.lead.fields[parser.field].column or parser.field
        columns[f"f_{parser.name}"] = parse_column(raw[column], parser, places, quality)
    leads = pd.concat([leads, pd.DataFrame(columns, index=leads.index)], axis=1)
    leads["origin"] = _origin(recipe, leads)
    if not recipe.timed:
        leads["position"] = _by_lot(leads, quality)
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


def lead_ids(recipe: Recipe, raw: pd.DataFrame, first: int = 0) -> pd.Series[Any]:
    """Ids as stripped text, None where empty; the row number, from `first` on, where no column is named."""
    if recipe.lead.id is None:
        return pd.Series(np.arange(first, first + len(raw)), index=raw.index).astype(str).astype(object)
    return texts_of(raw, recipe.lead.id)


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


def _created(recipe: Recipe, raw: pd.DataFrame, places: pd.DataFrame, quality: Quality) -> pd.Series[Any]:
    if recipe.lead.created_at is None:
        return pd.Series(pd.array([pd.NA] * len(raw), dtype="Int64"), index=raw.index)
    cells = raw[recipe.lead.created_at]
    created = moments_column(cells, recipe.recipe.zone, "start", recipe.lead.created_format)
    bad = np.flatnonzero(created.isna().to_numpy(dtype=bool))
    expected = f"expected {date_expected(recipe.lead.created_format)}"
    problems = [(int(place), expected) for place in bad]
    if problems:
        quality.cell_problems(cells_of("leads", recipe.lead.created_at, places, problems))
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


def _by_lot(leads: pd.DataFrame, quality: Quality) -> NDArray[np.int64]:
    """Places that are drawn, where nothing orders the leads in time."""
    places, equal, account = drawn_places(leads)
    quality.count("leads", "leads equal to others, too many to be drawn together", equal, quality.APART)
    quality.count("leads", "leads of an account, too many to be drawn together", account, quality.APART)
    return places


def _origin(recipe: Recipe, leads: pd.DataFrame) -> pd.Series[Any]:
    for name, field in recipe.lead.fields.items():
        if field.means == "origin":
            cells = leads[f"f_{name}"]
            return cells.map(parse_category, na_action="ignore") if field.type != "category" else cells
    return pd.Series([None] * len(leads), index=leads.index, dtype=object)
