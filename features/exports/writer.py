"""Lead exports in and out: every original cell as it was, new columns to the right of it."""

from __future__ import annotations

import csv
import gzip
import io
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from features.errors import LeadscoreError
from features.exports.container import table_address
from features.exports.out_file import refuse_input
from features.exports.reader import RawTable, read_raw

STDIO = "-"
_FORMATS = (".csv", ".csv.gz", ".tsv", ".txt", ".xlsx", ".parquet")


@dataclass(frozen=True)
class Export:
    """An export that was read; `path` is None when it came from stdin. `warnings` are about its columns."""

    raw: RawTable
    path: Path | None
    warnings: tuple[str, ...] = ()


def read_export(source: Path | str) -> Export:
    """The export in a file, or with `-` the CSV on stdin.

    Raises:
        LeadscoreError: it cannot be read as a table, or has no row.
    """
    if str(source) == STDIO:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "stdin.csv"
            path.write_bytes(sys.stdin.buffer.read())
            export = Export(read_raw(path), None)
    else:
        export = Export(read_raw(source), table_address(source)[0])
    if not len(export.raw.frame):
        raise LeadscoreError(f"{export.raw.name}: has no row below its header.", "Export the leads again.")
    return replace(export, raw=_with_surplus(export.raw))


def _with_surplus(raw: RawTable) -> RawTable:
    """Cells beyond the last column get columns of their own, so that they come back too."""
    if not raw.surplus:
        return raw
    frame, lines = raw.frame.copy(), raw.lines.tolist()
    for place in range(max(map(len, raw.surplus.values()))):
        cells = [(*raw.surplus.get(line, ()), *(None,) * (place + 1))[place] for line in lines]
        frame[f"surplus {place + 1}"] = pd.Series(cells, index=frame.index, dtype=object)
    return replace(raw, frame=frame)


def check_out(out: Path | str, read: Sequence[Path | str] = ()) -> None:
    """Refuse a target that could not be written, or is one of the files to `read`, before any work is done.

    Raises:
        LeadscoreError: its extension or folder is not accepted, or it is an input.
    """
    if str(out) == STDIO:
        return
    refuse_input(out, [source for source in read if str(source) != STDIO])
    if not str(out).lower().endswith(_FORMATS):
        raise LeadscoreError(f"{out}: cannot write this kind of file.", f"End it in {', '.join(_FORMATS)}.")
    if not Path(out).absolute().parent.is_dir():
        raise LeadscoreError(f"{out}: its folder does not exist.", "Make the folder first.")


def check_names(export: Export, added: Sequence[str]) -> None:
    """Refuse an export that has columns by the names of those that would be added.

    Raises:
        LeadscoreError: it has; most likely it was scored before.
    """
    taken = [name for name in added if name in set(map(str, export.raw.frame.columns))]
    if taken:
        raise LeadscoreError(
            f"{export.raw.name}: already has the columns {', '.join(taken)}.",
            "Score the original export, or remove or rename these columns.",
        )


def write_export(export: Export, added: Mapping[str, Sequence[Any]], out: Path | str) -> None:
    """Write the export with the columns `added`, in the format that `out` ends in (`-`: CSV, stdout).

    A workbook or Parquet file written in its own format keeps cell types and formats; everything else is
    written as text, CSV with the delimiter and encoding of the original.
    """
    name = str(out).lower()
    if name.endswith(".xlsx"):
        _write_workbook(export, added, Path(out))
    elif name.endswith(".parquet"):
        _write_parquet(export, added, Path(out))
    elif str(out) == STDIO:
        sys.stdout.buffer.write(_text(export, added, ","))
        sys.stdout.buffer.flush()
    else:
        content = _text(export, added, "\t" if ".tsv" in name else None)
        Path(out).write_bytes(gzip.compress(content, mtime=0) if name.endswith(".gz") else content)


def _text(export: Export, added: Mapping[str, Sequence[Any]], delimiter: str | None) -> bytes:
    """The table as delimited text."""
    written = export.raw.dialect.text
    target = io.StringIO(newline="")
    writer = csv.writer(
        target,
        delimiter=delimiter or (written.delimiter if written else ","),
        lineterminator=written.newline if written and written.newline else "\n",
    )
    frame = export.raw.frame
    writer.writerow([*map(str, frame.columns), *added])
    columns = [frame[name].tolist() for name in frame.columns] + list(added.values())
    writer.writerows(zip(*([_cell(cell) for cell in column] for column in columns), strict=True))
    encoding = written.encoding if written else "utf-8"
    try:
        return target.getvalue().encode(encoding)
    except UnicodeEncodeError:  # a reason may hold a letter that the original's encoding lacks
        return target.getvalue().encode("utf-8-sig")


def _cell(cell: Any) -> Any:
    """Empty for whatever means missing, ISO 8601 for moments."""
    if cell is None or cell != cell:
        return ""
    return cell.isoformat() if hasattr(cell, "isoformat") else cell


def _write_workbook(export: Export, added: Mapping[str, Sequence[Any]], out: Path) -> None:
    """A copy of the original workbook with further columns, or a new one."""
    from openpyxl import Workbook, load_workbook

    raw = export.raw
    plain = raw.dialect.kind == "xlsx" and raw.dialect.compression is None
    own = plain and export.path is not None and raw.dialect.header_line is not None
    book = load_workbook(str(export.path)) if own else Workbook()
    sheet: Any = book[raw.dialect.sheet] if own and raw.dialect.sheet else book.active
    header, lines = (
        (raw.dialect.header_line, raw.lines.tolist()) if own else (1, range(2, len(raw.frame) + 2))
    )
    first = sheet.max_column + 1
    if not own:
        original = {str(name): raw.frame[name].tolist() for name in raw.frame.columns}
        _put(sheet, original, 1, 1, lines)
        first = len(original) + 1
    _put(sheet, added, first, header or 1, lines)
    book.save(out)


def _put(
    sheet: Any, columns: Mapping[str, Sequence[Any]], first: int, header: int, lines: Sequence[int]
) -> None:
    """Write `columns` side by side from column `first` on."""
    for position, (name, cells) in enumerate(columns.items(), start=first):
        sheet.cell(header, position, name)
        for line, cell in zip(lines, cells, strict=True):
            if (plain := _plain(cell)) is not None:
                target = sheet.cell(line, position, plain)
                if isinstance(plain, str):
                    target.data_type = "s"  # a text that starts with '=' is no formula


def _plain(cell: Any) -> Any:
    """A cell that a workbook can hold: no missing markers, no zones."""
    if cell is None or cell != cell:
        return None
    if hasattr(cell, "isoformat"):
        return cell.isoformat()
    return cell.item() if hasattr(cell, "item") else cell


def _write_parquet(export: Export, added: Mapping[str, Sequence[Any]], out: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    own = export.raw.dialect.kind == "parquet" and export.path and export.raw.dialect.compression is None
    table = (
        pq.read_table(export.path) if own else pa.Table.from_pandas(export.raw.frame, preserve_index=False)
    )
    for name, cells in added.items():
        column = pa.array(list(cells))
        table = table.append_column(
            name, column.cast(pa.string()) if pa.types.is_null(column.type) else column
        )
    pq.write_table(table, out)
