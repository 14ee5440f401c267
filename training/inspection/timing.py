"""What is written when the outcome happens: kinds of events, and changes of fields that have a history."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.clock import DAY_US, HOUR_US
from features.snapshots import outcome_frame
from features.tables import Tables

_FEWEST = 20
_MOSTLY = 0.5
_TIMES = 10.0
"""How much more often a lead must change near its outcome than on another day to be called so."""


@dataclass(frozen=True)
class Timing:
    """When something is written, on closed leads of the training side.

    `near` is the share of its writings from an hour before the outcome to a day after it; `expected` is the
    share of the leads' time which that is; `leads` wrote it at all.
    """

    name: str
    what: str
    written: int
    leads: int
    near: float
    expected: float

    @property
    def suspicious(self) -> bool:
        """Whether it is mostly written when the outcome happens."""
        enough = self.leads >= _FEWEST
        return enough and self.near >= _MOSTLY and self.near >= _TIMES * self.expected

    @property
    def reason(self) -> str:
        """The measurement in words."""
        return (
            f"{self.near:.0%} of its {self.written:,} writings on closed leads lie within an hour before "
            "or a day "
            f"after the outcome, {self.expected:.1%} would by chance"
        )


def timings(tables: Tables, rows: NDArray[np.int64]) -> list[Timing]:
    """Kinds of events and fields with a history, on those of the leads `rows` that closed at a known time."""
    closed = _closed(tables, rows)
    if not len(closed):
        return []
    found = []
    if tables.events is not None:
        events = tables.events.select("row", "kind", "occurred_us").to_pyarrow()
        found += _timed(closed, _frame(events, "kind", "occurred_us"), "event")
    if tables.history is not None:
        changes = tables.history.select("row", "field", "changed_us").to_pyarrow()
        frame = _frame(changes, "field", "changed_us")
        frame = frame[frame["at_us"] > frame["row"].map(closed["created_us"]).fillna(0) + DAY_US]
        found += _timed(closed, frame, "field")
    return sorted(found, key=lambda timing: -timing.near)


def _frame(arrow: object, name: str, moment: str) -> pd.DataFrame:
    """Columns row, name, at_us."""
    column = arrow.column  # type: ignore[attr-defined]
    return pd.DataFrame(
        {
            "row": column("row").to_numpy(),
            "name": pd.Series(column(name).to_pylist(), dtype=object),
            "at_us": column(moment).to_numpy(),
        }
    )


def _closed(tables: Tables, rows: NDArray[np.int64]) -> pd.DataFrame:
    """created_us and closed_us (the first closing outcome) by row, of leads whose both are known."""
    if tables.outcomes is None:
        return pd.DataFrame({"created_us": [], "closed_us": []})
    outcomes = outcome_frame(tables)
    dated = outcomes[outcomes["closing"].notna() & outcomes["occurred_us"].notna()]
    closed = dated.groupby("row")["occurred_us"].min().astype("int64")
    arrow = tables.leads.select("row", "created_us").to_pyarrow()
    created = pd.Series(
        pd.array(arrow.column("created_us").to_pylist(), dtype="Int64"), index=arrow.column("row").to_numpy()
    ).dropna()
    both = pd.concat(
        [created.astype("int64").rename("created_us"), closed.rename("closed_us")], axis=1, join="inner"
    )
    return both[both.index.isin(rows) & (both["closed_us"] > both["created_us"])]


def _timed(closed: pd.DataFrame, writings: pd.DataFrame, what: str) -> list[Timing]:
    """A timing for each name in `writings` [row, name, at_us]."""
    mine = writings[writings["row"].isin(closed.index)]
    at_close = mine["row"].map(closed["closed_us"])
    near = (mine["at_us"] >= at_close - HOUR_US) & (mine["at_us"] <= at_close + DAY_US)
    lives = (closed["closed_us"] - closed["created_us"] + DAY_US).astype("float64")
    found = []
    for name, part in mine.assign(near=near).groupby("name"):
        leads = part["row"].unique()
        expected = (DAY_US + HOUR_US) * len(leads) / float(lives.loc[leads].sum())
        found.append(
            Timing(str(name), what, len(part), len(leads), float(part["near"].mean()), min(expected, 1.0))
        )
    return found
