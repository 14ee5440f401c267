"""An export of any kind laid down as Parquet, or told to be none."""

from __future__ import annotations

import gzip
import shutil
import sys
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.errors import LeadscoreError
from features.exports.container import (
    ACCEPTED,
    is_workbook,
    kind_of_start,
    open_export,
    table_address,
    unreadable_parquet,
)
from features.exports.reader import Dialect, RawTable, read_raw
from features.exports.regular import IrregularError, regular_batches, regular_text
from features.exports.sheet import opened_sheet
from features.exports.spool import LINE, SHIFTED, STDIO, Spool
from features.exports.streamed import LaidLines, Oddities, batches_of, surveyed, text_lines

_ROWS = 16_384
"""Rows that are laid down at once."""
_START = 1 << 16


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
    inside = folder / f"{path.name}.unpacked"  # by `_regular`
    for text, compression in ((path, None), (inside, "gzip")):
        if text.is_file() and kind_of_start(text, _head(text)) == "text":
            oddities = Oddities()
            written, lines = text_lines(text, oddities)
            laid = LaidLines(lines, folder / f"{text.name}.lines.parquet")
            return _streamed(name, laid, oddities, Dialect("text", compression, text=written), folder)
    if is_workbook(path):
        oddities = Oddities()
        with opened_sheet(path, name, part, oddities) as (title, lines):
            laid = LaidLines(lines, folder / f"{path.name}.lines.parquet", trimmed=True)
        return _streamed(name, laid, oddities, Dialect("xlsx", sheet=title), folder)
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


def _streamed(name: str, laid: LaidLines, oddities: Oddities, dialect: Dialect, folder: Path) -> Spool:
    """The table in any lines, of which hardly more than a few thousand are held."""
    layout = surveyed(laid, oddities)
    if layout is None:
        raise LeadscoreError(f"{name}: holds no cells; accepted are {ACCEPTED}.", "Export the list again.")
    out = folder / f"{laid.path.name.removesuffix('.lines.parquet')}.cells.parquet"
    surplus = [f"surplus {place + 1}" for place in range(layout.surplus)]
    names = (*layout.names, *surplus)
    rows = _write(out, len(names), batches_of(laid, layout, oddities))
    laid.path.unlink()
    dialect = replace(dialect, header_line=layout.header.number if layout.header else None)
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
