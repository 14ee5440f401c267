"""When each column of the leads was known: the rules of `init`, outcomes of the training side alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.clock import DAY_US
from features.columns import Column, Floats
from features.leaks import LeakInput, WhenKnown, judge_columns
from features.profiles import plain
from features.recipe import Recipe
from features.snapshots import at_once, outcome_frame
from features.tables import Tables
from training.history import Rows
from training.inspection.columns import LeadColumn

Mask = NDArray[np.bool_]


def judge_fields(
    recipe: Recipe, tables: Tables, columns: list[LeadColumn], leads: pd.DataFrame, first: Rows, side: Mask
) -> dict[str, WhenKnown]:
    """Column → when it was known, by the rules of `init`, in their order; over the leads [row, at_us].

    Outcomes are the final ones, of the leads of the training `side` whose `first` look may be used; those
    of all others stay unknown.
    """
    won, closed = _ended(tables, leads)
    y = np.full(len(leads), np.nan)
    y[first] = won[first]
    at_once_ = at_once(recipe, outcome_frame(tables))
    judged = judge_columns(
        LeakInput(
            columns={column.name: _measured(column, recipe.dated, leads) for column in columns},
            names={column.name: _name(recipe, tables, column.name) for column in columns},
            y=y,
            order=leads["at_us"].to_numpy(np.int64),
            dated=recipe.dated,
            closed=None if at_once_ else closed,
            dates=frozenset(column.name for column in columns if column.kind == "date"),
            current=frozenset(_current(recipe, tables)),
            creation=frozenset(name for name, field in recipe.lead.fields.items() if field.means is not None),
            private=frozenset(column.name for column in columns if column.private),
            side=side,
        )
    )
    return {one.column: one for one in judged}


def _name(recipe: Recipe, tables: Tables, name: str) -> str:
    """A name as it is read for hints; none for a field whose changes are known: it is as it was."""
    declared = recipe.lead.fields.get(name)
    if declared is not None and declared.known == "current" and tables.history is not None:
        return ""
    return plain(declared.column or name if declared is not None else name)


def _current(recipe: Recipe, tables: Tables) -> list[str]:
    """Fields that the recipe calls current, where no history says what they were."""
    fields = recipe.lead.fields
    return [name for name, field in fields.items() if field.known == "current" and tables.history is None]


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
