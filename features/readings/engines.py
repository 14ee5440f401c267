"""The set-based reading on another engine: the same expressions, on Spark or in a Postgres.

The canonical tables are made once, by DuckDB; an engine gets a copy of them, the moments, and the expression
that DuckDB would have run. Nothing of the engine's own is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pandas as pd

from features.catalogue import Feature
from features.columns import Columns
from features.errors import LeadscoreError
from features.readings.activity import unpacked
from features.readings.engine import Engine
from features.readings.offline import CHUNK, arrow_chunks, expression, gathered, locate
from features.recipe import Recipe
from features.tables import Tables

ENGINES = "duckdb, spark, spark:FOLDER (one that all its nodes see) or postgresql://…"


def offline_on(
    engine: str,
    features: Sequence[Feature],
    recipe: Recipe,
    tables: Tables,
    moments: pd.DataFrame,
    *,
    chunk: int = CHUNK,
    progress: Callable[[int], None] | None = None,
) -> Columns:
    """What `offline` returns, computed by `engine`; see there.

    `engine` is one of ENGINES. Equal to DuckDB's result on everything that the tests try: all is integer
    arithmetic, but for `power` in decayed counts, whose last bit engines may round differently; it is below
    the billionth to which they are rounded.

    Raises:
        LeadscoreError: the engine is not known, not installed or cannot be reached; or as `offline`.
    """
    chunks = arrow_on(engine, features, recipe, tables, locate(tables, moments), chunk)
    return gathered(features, chunks, progress)


def arrow_on(
    engine: str,
    features: Sequence[Feature],
    recipe: Recipe,
    tables: Tables,
    frame: pd.DataFrame,
    chunk: int = CHUNK,
) -> Iterator[Any]:
    """What `arrow_chunks` yields of `frame` (see `locate`), computed by `engine`.

    Raises:
        LeadscoreError: as `offline_on`.
    """
    if engine == "duckdb":
        yield from arrow_chunks(features, recipe, tables, frame, chunk)
        return
    with opened(engine, tables) as remote:
        for start in range(0, max(len(frame), 1), chunk):
            part = remote.moments(frame.iloc[start : start + chunk])
            found = remote.fetch(expression(features, recipe, remote.tables, part))
            yield unpacked(features, found)


@contextmanager
def opened(engine: str, tables: Tables) -> Iterator[Engine]:
    """The engine with a copy of `tables`; the copy is gone after the block.

    Raises:
        LeadscoreError: as `offline_on`.
    """
    if engine == "spark" or engine.startswith("spark:"):
        from features.readings.spark import spark_tables

        with spark_tables(tables, engine.removeprefix("spark").removeprefix(":") or None) as opened_engine:
            yield opened_engine
    elif engine.startswith(("postgres://", "postgresql://")):
        from features.readings.postgres import postgres_tables

        with postgres_tables(tables, engine) as opened_engine:
            yield opened_engine
    else:
        name = engine.split("://")[0]  # what follows may hold a password
        raise LeadscoreError(f"engine '{name}' is not known; it is one of {ENGINES}.", "Correct --engine.")
