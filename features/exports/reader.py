"""One reader for every export: what was in the file, cell by cell, and everything that was odd about it.

Nothing is interpreted here: "00123" stays "00123". What a column means is decided by the recipe.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import LeadscoreError
from features.exports.container import (
    ACCEPTED,
    ExportContent,
    FileKind,
    list_members,
    open_export,
    table_address,
)
from features.exports.records import records
from features.exports.sheet import list_sheets, read_sheet
from features.exports.text import Complaint, Line, TextDialect, decode, sniff
from features.exports.tidy import Body, tidy
from features.progress import Tick

PROBLEM_COLUMNS = ("line", "column", "kind", "problem", "treatment")
_NOT_STRICT = frozenset({"another sheet", "empty rows"})
_SHOWN = 10


@dataclass(frozen=True)
class Dialect:
    """How an export was written: enough to write it back in the same way."""

    kind: FileKind
    compression: str | None = None
    member: str | None = None
    text: TextDialect | None = None
    sheet: str | None = None
    header_line: int | None = None

    def words(self) -> str:
        """The dialect in a few words, for people."""
        parts: list[str] = [self.kind if self.text is None else self.text.encoding]
        if self.text is not None:
            marks = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "bar"}
            parts.append(f"separated by {marks.get(self.text.delimiter, self.text.delimiter)}")
        if self.sheet:
            parts.append(f"sheet {self.sheet!r}")
        if self.header_line is not None and self.header_line > 1:
            parts.append(f"header in line {self.header_line}")
        return ", ".join([*parts, *([self.compression] if self.compression else [])])


@dataclass(frozen=True)
class RawTable:
    """An export as it stands in its file.

    `frame` has one row a lead: `str | None` objects (None is the empty cell), or the file's own types where
    it has them (Parquet). `lines` (n,) are line or sheet row numbers. `problems` has `PROBLEM_COLUMNS`, never
    a value; line 0 is the file as a whole. `shifted` (n,) marks rows whose cells may stand under a wrong
    column, and `surplus` holds such a row's cells beyond the last column, by line number.
    """

    name: str
    frame: pd.DataFrame
    lines: NDArray[np.int64]
    problems: pd.DataFrame
    shifted: NDArray[np.bool_]
    dialect: Dialect
    surplus: dict[int, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of_frame(cls, name: str, frame: pd.DataFrame) -> RawTable:
        """A frame that never was a file."""
        lines = np.arange(1, len(frame) + 1, dtype=np.int64)
        return cls(name, frame, lines, no_problems(), np.zeros(len(frame), dtype=bool), Dialect("parquet"))

    @classmethod
    def of_arrow(cls, name: str, table: Any) -> RawTable:
        """An Arrow table that never was a file."""
        return cls.of_frame(name, typed_frame(table))

    def counts(self) -> list[tuple[str, int, str]]:
        """What was odd, how often, and what was done: (kind, rows, treatment)."""
        pairs = zip(self.problems["kind"].astype(str), self.problems["treatment"].astype(str), strict=True)
        return [(kind, count, treatment) for (kind, treatment), count in sorted(Counter(pairs).items())]


def read_raw(
    path: Path | str, *, strict: bool = False, part: str | None = None, progress: Tick | None = None
) -> RawTable:
    """The table in an export: CSV and its relatives, XLSX or Parquet, also in gzip or zip.

    Each row of the file is in the frame, in order, or in `problems` with its line. `part` names a sheet of a
    workbook or a file of a zip; so does the end of an address such as 'crm.xlsx#Leads'. `progress` is told
    the number of rows read. A file with a header alone has no rows; it is not an error.

    Raises:
        LeadscoreError: the file cannot be read as a table; with `strict`, anything is odd about it.
    """
    path, named = table_address(path) if part is None else (Path(path), None)
    part = part or named
    name = path.name if part is None else f"{path.name}#{part}"
    opened = open_export(path, part)
    sheet = part if opened.member is None else None
    table = _parquet(name, opened) if opened.kind == "parquet" else _cells(name, opened, sheet)
    if progress is not None:
        progress(len(table.frame))
    if strict:
        _refuse(table)
    return table


def list_parts(path: Path | str) -> tuple[str, ...]:
    """The sheets of a workbook or files of a zip that hold tables; empty where the file is one table.

    Raises:
        LeadscoreError: the file cannot be opened.
    """
    path = Path(path)
    members = list_members(path)
    if members:
        return members if len(members) > 1 else ()
    opened = open_export(path)
    titles = list_sheets(opened.content, path.name) if opened.kind == "xlsx" else []
    return tuple(titles) if len(titles) > 1 else ()


def _parquet(name: str, opened: ExportContent) -> RawTable:
    """Parquet keeps its types."""
    try:
        frame = pd.read_parquet(BytesIO(opened.content))
    except Exception as error:  # pyarrow raises what its layers raise
        raise LeadscoreError(
            f"{name}: is not a readable Parquet file ({type(error).__name__}).", "Write or copy it again."
        ) from None
    lines = np.arange(1, len(frame) + 1, dtype=np.int64)
    dialect = Dialect("parquet", opened.compression, opened.member)
    return RawTable(name, frame, lines, _problems([]), np.zeros(len(frame), dtype=bool), dialect)


def _cells(name: str, opened: ExportContent, sheet: str | None) -> RawTable:
    """Text and workbooks, both through the same tidying."""
    title, written = None, None
    if opened.kind == "xlsx":
        title, lines, complaints = read_sheet(opened.content, name, sheet)
    else:
        written, lines, complaints = _text_lines(opened)
    body = tidy(lines)
    if not body.names:
        raise LeadscoreError(f"{name}: holds no cells; accepted are {ACCEPTED}.", "Export the list again.")
    dialect = Dialect(opened.kind, opened.compression, opened.member, written, title, body.header_line)
    return _table(name, body, complaints, dialect)


def _text_lines(opened: ExportContent) -> tuple[TextDialect, list[Line], list[Complaint]]:
    """The dialect and records of a text; the text itself is let go before its records are tidied."""
    text, encoding, complaints = decode(opened.content)
    written = sniff(text, encoding)
    lines = list(StringIO(text, newline=""))  # a StringIO holds four bytes a letter while it is read
    del text
    return written, list(records(iter(lines), written, complaints.append)), complaints


def _table(name: str, body: Body, complaints: list[Complaint], dialect: Dialect) -> RawTable:
    lines = np.array([line.number for line in body.rows], dtype=np.int64)
    shifted = np.array([line.number in body.shifted for line in body.rows], dtype=bool)
    problems = _problems([*complaints, *body.complaints])
    return RawTable(name, _frame(body.names, body.rows), lines, problems, shifted, dialect, body.surplus)


def _frame(names: list[str], rows: list[Line]) -> pd.DataFrame:
    """Object columns of `str | None`, one a name."""
    columns = {}
    cells = list(zip(*(line.cells for line in rows), strict=True)) or [()] * len(names)
    for name, values in zip(names, cells, strict=True):
        column = np.empty(len(rows), dtype=object)
        column[:] = [value or None for value in values]
        columns[name] = column
    return pd.DataFrame(columns, columns=pd.Index(names, dtype=object), dtype=object)


def typed_frame(table: Any) -> pd.DataFrame:
    """The frame of typed rows (Arrow); whole numbers with gaps stay whole, whatever else is in the block."""
    import pyarrow as pa

    whole = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype(), pa.int16(): pd.Int16Dtype()}
    frame: pd.DataFrame = table.to_pandas(types_mapper=whole.get, ignore_metadata=True)
    return frame


def no_problems() -> pd.DataFrame:
    """The problems of a table in which nothing is odd."""
    return _problems([])


def _problems(complaints: list[Complaint]) -> pd.DataFrame:
    ordered = sorted(complaints, key=lambda complaint: complaint.line)
    rows = [(found.line, found.column, found.kind, found.problem, found.treatment) for found in ordered]
    return pd.DataFrame(rows, columns=list(PROBLEM_COLUMNS)).astype({"line": "int64"})


def _refuse(table: RawTable) -> None:
    """The strict reading: the first oddities with their places, instead of a table."""
    odd = table.problems[~table.problems["kind"].isin(_NOT_STRICT)]
    if odd.empty:
        return
    shown = [
        f"{table.name}: line {row.line}{f', column {row.column!r}' if row.column else ''}: {row.problem}."
        for row in odd.head(_SHOWN).itertuples()
    ]
    more = [f"… and {len(odd) - _SHOWN} more."] if len(odd) > _SHOWN else []
    raise LeadscoreError("\n".join([*shown, *more]), "Correct the file, or read it without --strict.")
