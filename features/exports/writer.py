"""Exports written back, block by block: every original cell as it was, new columns to the right of it."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, TypeAlias, cast

from features.errors import LeadscoreError
from features.exports.lines import lines_of
from features.exports.out_file import refuse_input
from features.exports.spool import LINE, SHIFTED, STDIO, Spool

_FORMATS = (".csv", ".csv.gz", ".tsv", ".txt", ".xlsx", ".parquet")
MOST_SHEET_ROWS = 1_048_575
"""Rows below the header of a sheet: https://support.microsoft.com 'Excel specifications and limits'."""
Block: TypeAlias = tuple[Any, Any]
"""Arrow tables of some rows: the original cells as `Spool.blocks` gives them, and the added columns."""


@dataclass(frozen=True)
class Handback:
    """What is written: rows of `spool` with further columns.

    `blocks` gives them anew at each call; `added` are the names of the further columns. `whole` says that
    they are all rows in their order, so that a workbook may be a copy of the original. `tints` colours the
    cells of a workbook: column → text → RGB. `plain` text has commas and UTF-8, however the original was
    written.
    """

    spool: Spool
    added: tuple[str, ...]
    blocks: Callable[[], Iterator[Block]]
    rows: int
    whole: bool = True
    tints: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    plain: bool = False


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


def check_back(spool: Spool, added: Sequence[str], out: Path | str | None) -> None:
    """Refuse an export without rows, with columns named as those `added`, or with too many rows for `out`.

    Raises:
        LeadscoreError: it is one; with such columns it was most likely scored before.
    """
    if not spool.rows:
        raise LeadscoreError(f"{spool.name}: has no row below its header.", "Export the leads again.")
    taken = [name for name in added if name in spool.names]
    if taken:
        raise LeadscoreError(
            f"{spool.name}: already has the columns {', '.join(taken)}.",
            "Score the original export, or remove or rename these columns.",
        )
    if str(out).lower().endswith(".xlsx") and spool.rows > MOST_SHEET_ROWS:
        raise LeadscoreError(
            f"{out}: {spool.rows:,} rows are more than a sheet holds ({MOST_SHEET_ROWS:,}).",
            "End the name in .csv or .parquet.",
        )


def write_export(handback: Handback, out: Path) -> None:
    """Write `handback` in the format that `out` ends in.

    A workbook or Parquet file written in its own format keeps cell types and formats; everything else is
    written as text, CSV with the delimiter and encoding of the original. Added texts that a spreadsheet would
    run as formulas get an apostrophe in CSV; in a workbook they are marked as texts.
    """
    name = out.name.lower()
    if name.endswith(".xlsx"):
        from features.exports.workbook import write_workbook

        write_workbook(handback, out)
    elif name.endswith(".parquet"):
        _write_parquet(handback, out)
    else:
        written = None if handback.plain else handback.spool.dialect.text
        encoding = written.encoding if written else "utf-8"
        try:
            _write_text(handback, out, encoding)
        except UnicodeEncodeError:  # a reason may hold a letter that the original's encoding lacks
            _write_text(handback, out, "utf-8-sig")


def _write_text(handback: Handback, out: Path, encoding: str) -> None:
    written = None if handback.plain else handback.spool.dialect.text
    delimiter = "\t" if ".tsv" in out.name.lower() else written.delimiter if written else ","
    with _opened(out) as binary, io.TextIOWrapper(binary, encoding=encoding, newline="") as file:
        newline = written.newline if written and written.newline else "\n"
        names = [*handback.spool.names, *handback.added]
        csv.writer(file, delimiter=delimiter, lineterminator=newline).writerow(names)
        for original, added in handback.blocks():
            theirs, ours = kept_columns(original), kept_columns(added)
            file.write(lines_of(theirs, ours, delimiter, newline))


@contextmanager
def _opened(out: Path) -> Iterator[IO[bytes]]:
    with out.open("wb") as file:
        if not out.name.lower().endswith(".gz"):
            yield file
            return
        with gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed:
            yield cast(IO[bytes], packed)


def columns_of(table: Any) -> list[list[Any]]:
    """The columns of an Arrow table as lists, without those that the spool adds."""
    return [column.to_pylist() for column in kept_columns(table)]


def kept_columns(table: Any) -> list[Any]:
    """The columns of an Arrow table without those that the spool adds."""
    return [table.column(name) for name in table.column_names if name not in (LINE, SHIFTED)]


def _write_parquet(handback: Handback, out: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer = None
    try:
        for original, added in handback.blocks():
            kept = [name for name in original.column_names if handback.spool.own or name in _names(handback)]
            table = original.select(kept)
            for name in added.column_names:
                table = table.append_column(name, added.column(name))
            if writer is None:
                writer = pq.ParquetWriter(out, table.schema)
            writer.write_table(table.cast(writer.schema) if table.schema != writer.schema else table)
        if writer is None:  # no row was chosen
            nothing = pa.table(
                {name: pa.array([], pa.string()) for name in (*_names(handback), *handback.added)}
            )
            pq.write_table(nothing, out)
    finally:
        if writer is not None:
            writer.close()


def _names(handback: Handback) -> tuple[str, ...]:
    return handback.spool.names
