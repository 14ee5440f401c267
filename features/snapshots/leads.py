"""The leads as a frame, and those of them that were created inside the history."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.cells import parse_date
from features.clock import from_us
from features.errors import LeadscoreError
from features.recipe import Recipe
from features.snapshots.account import RowAccount
from features.tables import Tables
from features.tables.history_end import steady_moments


def lead_frame(recipe: Recipe, tables: Tables) -> pd.DataFrame:
    """Columns row, position, lead_id, account_id, origin, created_us (Int64): one row per lead, by row."""
    columns = ("row", "lead_id", "account_id", "origin", "created_us", "position")
    arrow = tables.leads.select(*columns).order_by("row").to_pyarrow()
    frame = pd.DataFrame({name: arrow.column(name).to_numpy() for name in ("row", "position")})
    for name in ("lead_id", "account_id", "origin"):
        frame[name] = pd.Series(arrow.column(name).to_pylist(), dtype=object)
    frame["created_us"] = pd.array(arrow.column("created_us").to_pylist(), dtype="Int64")
    return frame


def created_inside(recipe: Recipe, leads: pd.DataFrame, tables: Tables, account: RowAccount) -> pd.DataFrame:
    """Leads with a creation time inside the history, from `split.train_from` on."""
    dated = leads[leads["created_us"].notna()].astype({"created_us": "int64"})
    account.add("leads without a creation time", len(leads) - len(dated))
    inside = dated[dated["created_us"] <= tables.end_us]
    account.add("leads created after the end of the history", len(dated) - len(inside))
    if len(dated) and not len(inside) and recipe.split.history_end is not None:
        raise _outside("history_end", recipe.split.history_end, "ends before the first lead", dated)
    if recipe.split.train_from is None:
        return _but_alone(inside, account)
    try:
        start = parse_date(recipe.split.train_from, recipe.recipe.zone)
    except ValueError as error:
        raise LeadscoreError(f"recipe: [split] train_from is not {error}.", "Correct the recipe.") from None
    late = inside[inside["created_us"] >= start]
    account.add("leads created before split.train_from", len(inside) - len(late))
    if len(inside) and not len(late):
        raise _outside("train_from", recipe.split.train_from, "leaves no lead", inside)
    return late


def _but_alone(leads: pd.DataFrame, account: RowAccount) -> pd.DataFrame:
    """The leads without the few created long before all others: such a date is likely wrong."""
    kept = steady_moments(leads["created_us"].to_numpy(np.int64), late=False)
    account.add("leads created alone, long before all others", int((~kept).sum()))
    if not kept.all():
        account.warnings.append(
            f"leads created alone, long before all others, left out: {int((~kept).sum()):,}. Correct the "
            "date, or declare [split] train_from"
        )
    return leads[kept]


def _outside(key: str, value: str, what: str, leads: pd.DataFrame) -> LeadscoreError:
    """A date of the split that lies outside the history."""
    first, last = (from_us(int(us)).date() for us in (leads["created_us"].min(), leads["created_us"].max()))
    return LeadscoreError(
        f"recipe: [split] {key} '{value}' {what}: leads were created from {first} to {last}.",
        f"Choose a date inside that span, or leave {key} out.",
    )
