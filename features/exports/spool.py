"""An export of any size on its way through: laid down once as Parquet, then read block by block."""

from __future__ import annotations

import gzip
import shutil
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import LeadscoreError
from features.exports.container import ACCEPTED, kind_of_start, open_export, table_address, unreadable_parquet
from features.exports.reader import Dialect, RawTable, no_problems, read_raw, typed_frame
from features.exports.regular import IrregularError, regular_batches, regular_text
from features.exports.streamed import LaidLines, Oddities, batches_of, surveyed, text_lines
from features.sql import quoted

STDIO = "-"
LINE, SHIFTED = "line", "shifted"
_ROWS = 16_384
"""Rows that are decoded at once: what a block is put together from."""
_START = 1 << 16
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
        file = pq.ParquetFile(self.path)
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


def spool(source: Path | str, folder: Path) -> Spool:
    """Lay the export `source` (`-`: the CSV on stdin) down in `folder`, which is made and holds nothing else.

    Regular CSV is read by Arrow, in blocks; the tolerant reader reads the rest, text a line at a time.

    Raises:
        LeadscoreError: it cannot be read as a table, or was written to meanwhile.
    """
    folder.mkdir(exist_ok=True)
    if str(source) == STDIO:
        path = folder / "stdin.csv"
        with path.open("wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        return replace(_spooled(path, folder), source=None)
    path = table_address(source)[0]
    before = _stamp(path)
    found = _spooled(source, folder)
    if _stamp(path) != before:
        raise LeadscoreError(
            f"{path.name}: was written to while it was read.", "Wait until the export is complete."
        )
    return found


def _spooled(source: Path | str, folder: Path) -> Spool:
    path, part = table_address(source)
    name = path.name if part is None else f"{path.name}#{part}"
    found = _columnar(path, name) or _regular(path, name, folder)
    if found is None:
        found = _tolerant(source, path, part, folder)
    return replace(found, source=path)


def _stamp(path: Path) -> tuple[int, int] | None:
    if not path.exists():
        return None  # who reads it says so
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def _columnar(path: Path, name: str, dialect: Dialect | None = None) -> Spool | None:
    """A Parquet file as it is; None where `path` is none."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file() or kind_of_start(path, _head(path)) != "parquet":
        return None
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError):
        raise unreadable_parquet(name) from None
    names = tuple(file.schema_arrow.names)
    return Spool(name, path, names, file.metadata.num_rows, dialect or Dialect("parquet"), own=True)


def _regular(path: Path, name: str, folder: Path) -> Spool | None:
    """A text that Arrow may read; None where only the tolerant reader can say what is in it."""
    compression = None
    if path.is_file() and kind_of_start(path, _head(path)) == "packed":
        path, compression = _unpacked(path, folder), "gzip"
    if not path.is_file() or kind_of_start(path, _head(path)) != "text":
        return None
    out = folder / f"{path.name}.cells.parquet"
    try:
        text = regular_text(path, folder)
        rows = _write(out, len(text.names), _with_lines(regular_batches(text)))
    except IrregularError:
        out.unlink(missing_ok=True)
        return None
    dialect = Dialect("text", compression, text=text.dialect, header_line=1)
    return Spool(name, out, text.names, rows, dialect, regular=True)


def _tolerant(source: Path | str, path: Path, part: str | None, folder: Path) -> Spool:
    """What only the tolerant reader reads."""
    name = path.name if part is None else f"{path.name}#{part}"
    if path.is_file() and kind_of_start(path, _head(path)) == "text":
        return _streamed(name, path, folder, None)
    inside = folder / f"{path.name}.unpacked"  # by `_regular`
    if inside.exists() and kind_of_start(inside, _head(inside)) == "text":
        return _streamed(name, inside, folder, "gzip")
    opened = open_export(path, part)
    if opened.kind == "parquet":  # in a zip or gzip
        inner = folder / f"{path.name}.parquet"
        inner.write_bytes(opened.content)
        found = _columnar(inner, path.name, Dialect("parquet", opened.compression, opened.member))
        assert found is not None
        return found
    del opened
    raw = with_surplus(read_raw(source))
    out = folder / f"{path.name}.cells.parquet"
    rows = _write(out, len(raw.frame.columns), _raw_batches(raw))
    return Spool(
        raw.name, out, tuple(map(str, raw.frame.columns)), rows, raw.dialect, oddities=tuple(raw.counts())
    )


def _streamed(name: str, path: Path, folder: Path, compression: str | None) -> Spool:
    """Any text, of which hardly more than a row is held."""
    oddities = Oddities()
    written, lines = text_lines(path, oddities)
    laid = LaidLines(lines, folder / f"{path.name}.lines.parquet")
    layout = surveyed(laid, oddities)
    if layout is None:
        raise LeadscoreError(f"{name}: holds no cells; accepted are {ACCEPTED}.", "Export the list again.")
    out = folder / f"{path.name}.cells.parquet"
    surplus = [f"surplus {place + 1}" for place in range(layout.surplus)]
    names = (*layout.names, *surplus)
    rows = _write(out, len(names), batches_of(laid, layout, oddities))
    laid.path.unlink()
    header = layout.header.number if layout.header else None
    dialect = Dialect("text", compression, text=written, header_line=header)
    return Spool(name, out, names, rows, dialect, oddities=tuple(oddities.rows()))


def with_surplus(raw: RawTable) -> RawTable:
    """Cells beyond the last column get columns of their own, so that they come back too."""
    if not raw.surplus:
        return raw
    frame, lines = raw.frame.copy(), raw.lines.tolist()
    for place in range(max(map(len, raw.surplus.values()))):
        cells = [(*raw.surplus.get(line, ()), *(None,) * (place + 1))[place] or None for line in lines]
        frame[f"surplus {place + 1}"] = pd.Series(cells, index=frame.index, dtype=object)
    return replace(raw, frame=frame)


def _write(out: Path, width: int, batches: Iterable[Any]) -> int:
    """Write `batches` of cells, line and shifted; the number of rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    cells = [pa.field(f"c{place}", pa.string()) for place in range(width)]
    schema = pa.schema([*cells, pa.field(LINE, pa.int64()), pa.field(SHIFTED, pa.bool_())])
    rows = 0
    with pq.ParquetWriter(out, schema, compression="lz4", use_dictionary=False) as writer:
        for columns in batches:
            writer.write_table(pa.table(columns, schema=schema), row_group_size=_ROWS * 4)
            rows += len(columns[-1])
    return rows


def _with_lines(batches: Iterable[Any]) -> Iterator[list[Any]]:
    """The columns of regular rows with their lines: the header is the first, and each row is one."""
    line = 2
    for batch in batches:
        lines = np.arange(line, line + len(batch), dtype=np.int64)
        yield [*batch.columns, lines, np.zeros(len(batch), dtype=bool)]
        line += len(batch)


def _raw_batches(raw: RawTable) -> Iterator[list[Any]]:
    for start in range(0, len(raw.frame), _ROWS):
        part = slice(start, start + _ROWS)
        cells = [raw.frame.iloc[part, place].tolist() for place in range(len(raw.frame.columns))]
        yield [*cells, raw.lines[part], raw.shifted[part]]


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


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_START)


def _unpacked(path: Path, folder: Path) -> Path:
    """The content of a gzip."""
    out = folder / f"{path.name}.unpacked"
    try:
        with gzip.open(path) as packed, out.open("wb") as file:
            shutil.copyfileobj(packed, file, 1 << 20)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise LeadscoreError(f"{path.name}: the gzip is damaged.", "Copy or download it again.") from None
    return out
