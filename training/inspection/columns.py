"""Every column of the leads table as it can be measured, one row a lead: declared or not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from features.columns import Column
from features.exports import Dialect, RawTable
from features.profiles import profile
from features.recipe import Recipe, usable
from features.tables import Tables, fetch_frame

What = Literal["field", "undeclared"]

_PRIVATE = frozenset({"text", "id"})
"""Types whose values may tell who somebody is: only whether there is one is shown."""


@dataclass(frozen=True)
class LeadColumn:
    """One column of the leads: `values` (n_leads,) as measured, and what may be shown of them.

    `kind` is its type. Where `private`, only "filled" stands for a value. `note` says why no feature reads
    it, if none does.
    """

    name: str
    what: What
    kind: str
    values: Column
    private: bool = False
    note: str = ""


def lead_columns(recipe: Recipe, tables: Tables) -> list[LeadColumn]:
    """The declared fields, then the columns that the recipe does not name, in the order of the leads."""
    return [*declared_columns(recipe, tables), *_undeclared(recipe, tables)]


def roles(recipe: Recipe, present: Collection[str]) -> dict[str, str]:
    """Column of the leads → the part that it plays, of those `present` that are no field."""
    lead, outcomes = recipe.lead, recipe.outcomes
    named = {
        lead.id: "the lead's id",
        lead.created_at: "when it was created",
        lead.order: "the order of rows",
        lead.account_id: "its account",
        lead.cost: "what it cost",
        lead.opted_out: "whether it may be contacted",
    }
    if outcomes.column is not None:
        named |= {outcomes.occurred_at: "when the outcome was known", outcomes.column: "the outcome"}
    return {column: part for column, part in named.items() if column is not None and column in present}


def declared_columns(recipe: Recipe, tables: Tables) -> list[LeadColumn]:
    """Fields, as the features read them."""
    rows = tables.leads.order_by("row")
    found = []
    for name, declared in recipe.lead.fields.items():
        arrow = rows.select(f"f_{name}").to_pyarrow().column(0)
        note = "" if usable(recipe, name) else "known only now, and no history is given: no feature reads it"
        kind = "e-mail domain" if declared.type == "email" else declared.type
        private = declared.type == "text"
        found.append(LeadColumn(name, "field", kind, _values(arrow, declared.type), private, note))
    return found


def _values(arrow: Any, kind: str) -> Column:
    """Numbers, booleans and dates (µs) as float64; the rest as objects."""
    if kind in ("number", "boolean", "phone", "date"):
        return np.array([np.nan if v is None else float(v) for v in arrow.to_pylist()], dtype=np.float64)
    return np.array(arrow.to_pylist(), dtype=object)


def _undeclared(recipe: Recipe, tables: Tables) -> list[LeadColumn]:
    """Columns of the table that the recipe does not name, read as `init` would read them."""
    raw = fetch_frame(tables.con, "raw_leads")
    kept = tables.leads.order_by("row").select("row").to_pyarrow().column(0).to_numpy()
    named = {declared.column or name for name, declared in recipe.lead.fields.items()} | set(
        roles(recipe, list(raw.columns))
    )
    rest = raw[[name for name in raw.columns if name not in named]].iloc[kept].reset_index(drop=True)
    if rest.empty:
        return []
    found = []
    read = profile(Path("leads"), _as_read(rest))
    for name, column in read.columns.items():
        kind = column.format.type
        private = kind in _PRIVATE or kind in ("email", "phone") or column.role in ("person", "email", "id")
        values = read.values(name, recipe.recipe.zone)
        if private:
            values = presence(values)
        found.append(LeadColumn(name, "undeclared", kind, values, private, "the recipe does not name it"))
    return found


def presence(values: Column) -> Column:
    """ "filled" where there is a value, else None."""
    return np.array(["filled" if filled else None for filled in pd.notna(values)], dtype=object)


def _as_read(frame: pd.DataFrame) -> RawTable:
    """`frame` as an export, so that its columns can be profiled."""
    frame = frame.apply(lambda column: column if _keeps_type(column) else column.map(_plain).astype(object))
    none = pd.DataFrame(columns=["line", "column", "kind", "problem", "treatment"])
    lines = np.arange(len(frame), dtype=np.int64)
    return RawTable("leads", frame, lines, none, np.zeros(len(frame), dtype=bool), Dialect("parquet"))


def _plain(cell: object) -> object:
    """A cell that can be counted; lists and structures of a Parquet file become text."""
    return cell if cell is None or cell.__hash__ is not None else str(cell)


def _keeps_type(column: pd.Series) -> bool:
    numeric = pd.api.types.is_numeric_dtype(column.dtype)
    return bool(numeric or pd.api.types.is_datetime64_any_dtype(column.dtype))
