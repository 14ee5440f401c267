"""An export of any size on its way through: laid down once as Parquet, then read block by block."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.exports.reader import Dialect, RawTable, no_problems, typed_frame
from features.sql import quoted

STDIO = "-"
LINE, SHIFTED = "line", "shifted"
_ROWS = 16_384
"""Rows that are decoded at once: what a block is put together from."""
_SORT_MEMORY = "300MB"


@dataclass(frozen=True)
class Spool:
    """An export that was laid down: `rows` rows of the columns `names`, in Parquet at `path`.

    Cells are texts under the names c0, c1 …, with `line` and `shifted` as in `RawTable`; a Parquet file is
    `own`: it stays where it is, under its own names and types. `source` is None for what came from stdin.
    `oddities` are (kind, rows, treatment); `regular` says that Arrow read it. `written` are the
    names in the file where it is read under others.
    """

    name: str
    path: Path
    names: tuple[str, ...]
    rows: int
    dialect: Dialect
    source: Path | None = None
    own: bool = False
    regular: bool = False
    oddities: tuple[tuple[str, int, str], ...] = ()
    written: tuple[str, ...] = ()

    def renamed(self, names: Sequence[str]) -> Spool:
        """The same, read under other names; `as_written` takes them back."""
        return replace(self, names=tuple(names), written=self.written or self.names)

    def as_written(self) -> Spool:
        """The same under the names that stand in the file."""
        return replace(self, names=self.written, written=()) if self.written else self

    def stored(self, name: str) -> str:
        """What the column `name` is called in the file at `path`."""
        place = self.names.index(name)
        return (self.written or self.names)[place] if self.own else f"c{place}"

    def blocks(
        self, starts: Sequence[int], skip: int = 0, columns: Sequence[str] | None = None
    ) -> Iterator[tuple[int, Any]]:
        """(0-based row of its start, Arrow table of its rows) of each block but the first `skip`.

        Blocks begin at `starts`, the first of which is 0. The table has the columns `names`, or those of them
        in `columns`, and in the end `line` and `shifted` where the cells are texts.
        """
        import pyarrow.parquet as pq

        wanted = list(self.names) if columns is None else list(columns)
        stored = [self.stored(name) for name in wanted] + ([] if self.own else [LINE, SHIFTED])
        file = pq.ParquetFile(self.path, pre_buffer=False)  # a buffer would be kept until the last block
        batches = file.iter_batches(batch_size=_ROWS, columns=stored)
        named = wanted + ([] if self.own else [LINE, SHIFTED])
        for start, table in _cut(batches, [*starts, self.rows], skip):
            yield start, table.select(stored).rename_columns(named)

    def raw(self, start: int, table: Any) -> RawTable:
        """A block as it stands in the file; cells of a Parquet file keep their types."""
        count = table.num_rows
        if self.own:
            lines = np.arange(start + 1, start + count + 1, dtype=np.int64)
            shifted = np.zeros(count, dtype=bool)
            frame = typed_frame(table)
        else:
            lines, shifted = (np.asarray(table.column(name)) for name in (LINE, SHIFTED))
            frame = _texts(table.select(list(range(table.num_columns - 2))))
        return RawTable(self.name, frame, lines, no_problems(), shifted, self.dialect)

    def ordered(self, places: NDArray[np.int64], folder: Path) -> Spool:
        """The rows `places` in that order, sorted on the disk in `folder`."""
        import duckdb
        import pyarrow as pa

        out = folder / f"{self.path.name}.ordered.parquet"
        with duckdb.connect() as con:
            con.execute(f"SET memory_limit = '{_SORT_MEMORY}'")
            con.execute(f"SET temp_directory = {quoted(str(folder / 'spill'))}")
            con.register("places", pa.table({"at": places, "place": np.arange(len(places))}))
            con.execute(f"""
                COPY (SELECT t.* EXCLUDE (file_row_number)
                      FROM read_parquet({quoted(str(self.path))}, file_row_number = true) t
                      JOIN places p ON p."at" = t.file_row_number ORDER BY p.place)
                TO {quoted(str(out))} (FORMAT parquet)""")
        return replace(self, path=out, rows=len(places))


def _cut(batches: Iterable[Any], bounds: Sequence[int], skip: int) -> Iterator[tuple[int, Any]]:
    """Batches put together to the blocks between `bounds`; the first `skip` blocks are passed over."""
    import pyarrow as pa

    place, held, block = 0, [], skip
    first = bounds[min(skip, len(bounds) - 1)]
    for batch in batches:
        if place + len(batch) <= first:
            place += len(batch)
            continue
        rest = batch.slice(max(first - place, 0))
        place = max(place, first)
        while len(rest):
            part = rest.slice(0, bounds[block + 1] - place)
            held.append(part)
            place += len(part)
            rest = rest.slice(len(part))
            if place == bounds[block + 1]:
                yield bounds[block], pa.Table.from_batches(held)
                held, block = [], block + 1


def _texts(table: Any) -> pd.DataFrame:
    """Object columns of `str | None`."""
    columns = {}
    for name, cells in zip(table.column_names, table.columns, strict=True):
        column = np.empty(len(cells), dtype=object)
        column[:] = cells.to_pylist()
        columns[name] = column
    return pd.DataFrame(columns, columns=pd.Index(table.column_names, dtype=object), dtype=object)
