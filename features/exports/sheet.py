"""Workbooks to rows of cells: merged cells are filled, dates written as ISO 8601, ids keep their digits."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

from features.errors import LeadscoreError
from features.exports.marks import evened, last_filled
from features.exports.text import Complaint, Line

_MERGED = re.compile(rb'<mergeCell\s+ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_PIECE, _LONGEST_REF = 1 << 20, 100
_WIDE = 256
"""A merged range that ends further right is looked at twice: some are drawn to the sheet's last column."""


def read_sheet(content: bytes, name: str, sheet: str | None) -> tuple[str, list[Line], list[Complaint]]:
    """The sheet's name, its rows (numbered as in the sheet) and complaints.

    Without `sheet` it is the visible one with the most cells; other sheets that hold a table are named in a
    complaint.

    Raises:
        LeadscoreError: a damaged workbook, no cells, or no sheet of that name.
    """
    complaints: list[Complaint] = []
    with opened_sheet(BytesIO(content), name, sheet, complaints.append) as (title, lines):
        return title, _evened(list(lines)), complaints


@contextmanager
def opened_sheet(
    source: Path | BytesIO, name: str, sheet: str | None, complain: Callable[[Complaint], None]
) -> Iterator[tuple[str, Iterator[Line]]]:
    """As `read_sheet`, a row at a time, each as wide as it is filled."""
    with warnings.catch_warnings():
        # openpyxl warns of styles and validations that it does not keep; no cell depends on them.
        warnings.simplefilter("ignore")
        book = _open(source, name)
        try:
            chosen, others = _choose(book, name, sheet)
            for title in others:
                complain(_other(title))
            yield str(chosen.title), _lines(chosen, _merged(book, chosen, name), name)
        finally:
            book.close()


def _lines(sheet: Any, merged: list[_Range], name: str) -> Iterator[Line]:
    """The rows; a merged range carries its value in one corner only, and here in all of its cells.

    `merged` is emptied, its last range being the first in the sheet.
    """
    open_ranges: list[tuple[_Range, str]] = []
    for number, row in enumerate(_rows(sheet, name), start=1):
        cells = [_text(cell) for cell in row]
        while merged and merged[-1].top == number:
            area = merged.pop()
            open_ranges.append((area, cells[area.left - 1] if area.left <= len(cells) else ""))
        for area, corner in open_ranges:
            cells += [""] * (area.right - len(cells))
            cells[area.left - 1 : area.right] = [corner] * (area.right - area.left + 1)
        open_ranges = [(area, corner) for area, corner in open_ranges if area.bottom > number]
        yield Line(number, cells)


def _rows(sheet: Any, name: str) -> Iterator[tuple[Any, ...]]:
    """The rows of a sheet, whatever its file says of its size, which some writers get wrong."""
    sheet.reset_dimensions()
    try:
        yield from sheet.iter_rows(values_only=True)
    except Exception as error:  # openpyxl raises what its XML and zip layers raise
        raise _damaged(name, error) from None


class _Range(NamedTuple):
    """A merged range, from 1 on."""

    left: int
    top: int
    right: int
    bottom: int


def _merged(book: Any, sheet: Any, name: str) -> list[_Range]:
    """The merged ranges of a sheet that is read row by row: they stand in its file behind the rows.

    None goes further right than the sheet has values: the rest would be columns that nobody filled.
    """
    from openpyxl.utils import column_index_from_string as column

    found: dict[_Range, None] = {}
    with book._archive.open(sheet._worksheet_path) as file:
        before = b""
        for piece in iter(lambda: file.read(_PIECE), b""):
            for left, top, right, bottom in _MERGED.findall(before + piece):
                try:
                    ends = column(left.decode()), int(top), column(right.decode()), int(bottom)
                except ValueError as error:  # a column that no sheet has
                    raise _damaged(name, error) from None
                found[_Range(*ends)] = None
            before = piece[-_LONGEST_REF:]
    areas = sorted(found, key=lambda area: area.top, reverse=True)
    if all(area.right <= _WIDE for area in areas):
        return areas
    widest = max((_last_value(row) for row in _rows(sheet, name)), default=0)
    return [area._replace(right=min(area.right, widest)) for area in areas if area.left <= widest]


def _last_value(row: tuple[Any, ...]) -> int:
    """The place of the last cell with a value, from 1 on."""
    return next((place for place in range(len(row), 0, -1) if row[place - 1] is not None), 0)


def list_sheets(content: bytes, name: str) -> list[str]:
    """The titles of visible sheets with at least two rows and two columns, in their order.

    Raises:
        LeadscoreError: a damaged workbook.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in `read_sheet`
        book = _open(BytesIO(content), name)
        try:
            return [
                str(sheet.title)
                for sheet in book.worksheets
                if sheet.sheet_state == "visible" and min(_size(sheet)) >= 2
            ]
        finally:
            book.close()


def _open(source: Path | BytesIO, name: str) -> Any:
    from openpyxl import load_workbook

    try:
        return load_workbook(source, data_only=True, read_only=True)
    except Exception as error:  # as in `_rows`
        raise _damaged(name, error) from None


def _damaged(name: str, error: Exception) -> LeadscoreError:
    return LeadscoreError(
        f"{name}: is not a readable workbook ({type(error).__name__}).",
        "Open it in a spreadsheet and save it again, or save it as CSV.",
    )


def _choose(book: Any, name: str, sheet: str | None) -> tuple[Any, list[str]]:
    """The sheet to read, and the titles of others that hold at least two rows and columns."""
    if sheet is not None:
        if sheet not in book.sheetnames:
            raise LeadscoreError(
                f"{name}: has no sheet {sheet!r}; it has {', '.join(book.sheetnames)}.", "Name one of these."
            )
        return book[sheet], []
    cells = {found.title: prod(_size(found)) for found in book.worksheets if found.sheet_state == "visible"}
    if not cells:
        raise LeadscoreError(f"{name}: has no visible sheet with cells.", "Name a workbook with a table.")
    title = max(cells, key=lambda key: cells[key])
    others = [other for other, count in cells.items() if other != title and count >= 4]
    return book[title], others


def _other(title: str) -> Complaint:
    return Complaint(0, "", "another sheet", f"sheet {title!r} holds cells too", "not read")


def _size(sheet: Any) -> tuple[int, int]:
    """Rows and columns, counted where the file does not say them, or says what an empty sheet would."""
    rows, columns = sheet.max_row or 0, sheet.max_column or 0
    if rows * columns <= 1:
        sheet.reset_dimensions()
        widths = [len(row) for row in sheet.iter_rows(values_only=True)]
        rows, columns = len(widths), max(widths, default=0)
    return rows, columns


def _text(cell: Any) -> str:
    """A cell as text that reads back: integers without ".0", dates in ISO, TRUE and FALSE."""
    match cell:
        case None:
            return ""
        case bool():
            return "TRUE" if cell else "FALSE"
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime():
            return cell.isoformat(sep=" ")
        case date() | time():
            return cell.isoformat()
    return str(cell)


def _evened(lines: list[Line]) -> list[Line]:
    """Rows of one width, without the empty columns that formatting leaves on the right."""
    width = max((last_filled(line.cells) for line in lines), default=0)
    return [Line(line.number, evened(line.cells, width)) for line in lines]
