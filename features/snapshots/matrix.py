"""The training matrix as a Parquet file, written a part at a time: memory does not grow with its length."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pandas as pd

from features.catalogue import Feature, default_features
from features.exports import files_read
from features.progress import Tick
from features.readings import arrow_on, locate
from features.recipe import Recipe
from features.room import within_room
from features.snapshots.account import RowAccount
from features.snapshots.snapshots import snapshots
from features.tables import Place, Tables, read_tables

MEMORY_LIMIT = "4GB"
"""What DuckDB may hold of tables and intermediate results; the rest waits in a temporary folder."""
ROWS_AT_ONCE = 100_000
"""Snapshots a query and a row group: 200 features of them are 160 MB."""


def write_matrix(
    recipe: Recipe,
    folder: Place,
    out: Path | str,
    *,
    engine: str = "duckdb",
    progress: Tick | None = None,
    memory_limit: str = MEMORY_LIMIT,
    rows_at_once: int = ROWS_AT_ONCE,
) -> RowAccount:
    """Write every snapshot of the recipe's tables to the Parquet file `out`, in time order.

    Columns: lead_id, as_of (UTC; NULL where the recipe has no dates), age_days, label (NULL where not
    known), label_known_at, then every default feature, computed by `engine` (see `engines`). `progress` is
    told how many snapshots of how many are done. `out` appears when it is complete.

    Raises:
        LeadscoreError: as `read_tables` and `snapshots`; the memory or the disk ends.
    """
    import pyarrow.parquet as pq

    unfinished = Path(f"{out}.unfinished")
    try:
        with within_room(*files_read(recipe, folder)), ExitStack() as stack:
            tables = read_tables(recipe, folder, memory_limit=memory_limit)
            taken = snapshots(recipe, tables)
            features, done, total = default_features(recipe), 0, len(taken.frame)
            writer = None
            for part in _parts(recipe, features, tables, taken.frame, rows_at_once, engine):
                if writer is None:
                    writer = stack.enter_context(
                        pq.ParquetWriter(unfinished, part.schema, compression="zstd")
                    )
                writer.write_table(part)
                done += len(part)
                if progress is not None:
                    progress(done, total)
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
    return taken.account


def _parts(
    recipe: Recipe,
    features: tuple[Feature, ...],
    tables: Tables,
    frame: pd.DataFrame,
    size: int,
    engine: str,
) -> Iterator[Any]:
    """Arrow tables of at most `size` snapshots each; an empty one where there is no snapshot."""
    moments = locate(tables, frame)
    for place, result in enumerate(arrow_on(engine, features, recipe, tables, moments, size)):
        part = _head(recipe, frame.iloc[place * size : (place + 1) * size])
        values = result.sort_by("moment")
        for feature in features:
            part = part.append_column(feature.name, values.column(feature.name))
        yield part


def _head(recipe: Recipe, part: pd.DataFrame) -> Any:
    import pyarrow as pa

    def moments(column: str) -> Any:
        if not recipe.dated:
            return pa.nulls(len(part), pa.timestamp("us", tz="UTC"))
        return pa.array(part[column].to_numpy(dtype="int64"), type=pa.timestamp("us", tz="UTC"))

    return pa.table(
        {
            "lead_id": pa.array(part["lead_id"], type=pa.string()),
            "as_of": moments("as_of_us"),
            "age_days": pa.array(part["age_days"].to_numpy(dtype="float64")),
            "label": pa.array(part["label"].to_numpy(dtype="float64"), from_pandas=True),
            "label_known_at": moments("label_known_us"),
        }
    )
