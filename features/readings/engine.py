"""What an engine offers to the set-based reading, and the canonical tables on their way to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from features.tables import Tables

ROWS_AT_ONCE = 100_000
"""Rows on their way to an engine at a time."""


@dataclass(frozen=True)
class Engine:
    """An engine that holds a copy of the canonical tables.

    `moments` makes a frame [moment, row, as_of_us] a table of the engine (the one before is gone), `fetch`
    runs an Ibis expression and returns an Arrow table.
    """

    tables: Tables
    moments: Callable[[pd.DataFrame], Any]
    fetch: Callable[[Any], Any]


def read_by_features(tables: Tables) -> Iterator[tuple[str, Any, Any]]:
    """(name, Ibis schema, Arrow batches) of each canonical table that features look at."""
    for name in ("leads", "events", "outcomes", "history"):
        table = getattr(tables, name)
        if table is not None:
            rows = tables.con.con.sql(f"SELECT * FROM {table.get_name()}")
            yield name, table.schema(), rows.to_arrow_reader(ROWS_AT_ONCE)


def moved(tables: Tables, con: Any, copies: dict[str, Any]) -> Tables:
    """`tables` with the copies that `con` holds in place of its own."""
    return replace(tables, con=con, **copies)
