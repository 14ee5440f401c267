"""Which columns of the leads the leak rules name, measured on the training side alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.clock import DAY_US
from features.columns import Column, Floats
from features.leaks import Suspect, find_leaks
from features.recipe import Recipe
from features.snapshots import at_once, outcome_frame
from features.tables import Tables
from training.history import Rows
from training.inspection.columns import LeadColumn

Mask = NDArray[np.bool_]

_LATE = 0.2
"""A share of dates after creation beyond which a column was not known then; typing errors make fewer."""


def field_suspects(
    recipe: Recipe, tables: Tables, columns: list[LeadColumn], leads: pd.DataFrame, first: Rows, side: Mask
) -> dict[str, Suspect]:
    """Column → suspicion, over the leads [row, at_us] of the training `side`.

    Outcomes are the final ones, of the leads whose `first` look may be used; those of all others stay
    unknown.
    """
    won, closed = _ended(tables, leads)
    y = np.full(len(leads), np.nan)
    y[first] = won[first]
    order = leads["at_us"].to_numpy(np.int64)[side]
    ended = None if at_once(recipe, outcome_frame(tables)) else closed[side]
    measured = {column.name: _measured(column, recipe.dated, leads)[side] for column in columns}
    found = find_leaks(measured, y[side], order, closed=ended, dated=recipe.dated, training_share=1.0)
    named = {suspect.column: suspect for suspect in found}
    if recipe.dated:
        late = (_after_creation(column, measured[column.name]) for column in columns)
        named = {suspect.column: suspect for suspect in late if suspect is not None} | named
    return named


def _ended(tables: Tables, leads: pd.DataFrame) -> tuple[Floats, Mask]:
    """Whether each lead was ever won (1.0 or 0.0), and whether it is closed."""
    outcomes = outcome_frame(tables)
    rows = leads["row"].to_numpy(np.int64)
    closed = outcomes[outcomes["closing"].notna()]
    won = np.isin(rows, closed.loc[closed["closing"] == "won", "row"].to_numpy())
    return won.astype(np.float64), np.isin(rows, closed["row"].to_numpy())


def _measured(column: LeadColumn, dated: bool, leads: pd.DataFrame) -> Column:
    """Dates as days after the lead's creation: all dates move with time, and that is no leak."""
    if column.kind != "date" or not dated:
        return column.values
    created = leads["at_us"].to_numpy(np.float64)
    days: Floats = (column.values.astype(np.float64) - created) / DAY_US
    return days


def _after_creation(column: LeadColumn, days: Column) -> Suspect | None:
    """A suspicion where many dates of a field lie after the lead's creation."""
    if column.kind != "date":
        return None
    known = days[pd.notna(days)].astype(np.float64)
    share = float((known > 1).mean()) if len(known) else 0.0
    if share <= _LATE:
        return None
    reason = f"{share:.0%} of its dates are later than the lead's creation, so it was not known then"
    return Suspect(column.name, "after creation", reason)
