"""Workbooks to rows of cells: merged cells are filled, dates written as ISO 8601, ids keep their digits."""

from __future__ import annotations

import warnings
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

from features.errors import LeadscoreError
from features.exports.text import Complaint, Line

# Merged ranges are only known when a sheet is held whole, at some fifty times the size of the file.
_HELD_WHOLE = 25_000_000


def read_sheet(content: bytes, name: str, sheet: str | None) -> tuple[str, list[Line], list[Complaint]]:
    """The sheet's name, its rows (numbered as in the sheet) and complaints.

    Without `sheet` it is the visible one with the most cells; other sheets that hold a table are named in a
    complaint.

    Raises:
        LeadscoreError: a damaged workbook, no cells, or no sheet of that name.
    """
    with warnings.catch_warnings():
        # openpyxl warns of styles and validations that it does not keep; no cell depends on them.
        warnings.simplefilter("ignore")
        book = _open(content, name)
        try:
            chosen, others = _choose(book, name, sheet)
            spread = _merged(chosen) if len(content) <= _HELD_WHOLE else {}
            lines = [
                Line(
                    number, [_text(spread.get((number, column), cell)) for column, cell in enumerate(row, 1)]
                )
                for number, row in enumerate(chosen.iter_rows(values_only=True), start=1)
            ]
            complaints = [_other(title) for title in others]
            return str(chosen.title), _trimmed(lines), complaints
        finally:
            book.close()


def list_sheets(content: bytes, name: str) -> list[str]:
    """The titles of visible sheets with at least two rows and two columns, in their order.

    Raises:
        LeadscoreError: a damaged workbook.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in `read_sheet`
        book = _open(content, name)
        try:
            return [
                str(sheet.title)
                for sheet in book.worksheets
                if sheet.sheet_state == "visible" and min(sheet.max_row or 0, sheet.max_column or 0) >= 2
            ]
        finally:
            book.close()


def _open(content: bytes, name: str) -> Any:
    from openpyxl import load_workbook

    try:
        return load_workbook(BytesIO(content), data_only=True, read_only=len(content) > _HELD_WHOLE)
    except Exception as error:  # openpyxl raises what its XML and zip layers raise
        raise LeadscoreError(
            f"{name}: is not a readable workbook ({type(error).__name__}).",
            "Open it in a spreadsheet and save it again, or save it as CSV.",
        ) from None


def _choose(book: Any, name: str, sheet: str | None) -> tuple[Any, list[str]]:
    """The sheet to read, and the titles of others that hold at least two rows and columns."""
    if sheet is not None:
        if sheet not in book.sheetnames:
            raise LeadscoreError(
                f"{name}: has no sheet {sheet!r}; it has {', '.join(book.sheetnames)}.", "Name one of these."
            )
        return book[sheet], []
    cells = {
        found.title: (found.max_row or 0) * (found.max_column or 0)
        for found in book.worksheets
        if found.sheet_state == "visible"
    }
    if not cells:
        raise LeadscoreError(f"{name}: has no visible sheet with cells.", "Name a workbook with a table.")
    title = max(cells, key=lambda key: cells[key])
    others = [other for other, count in cells.items() if other != title and count >= 4]
    return book[title], others


def _other(title: str) -> Complaint:
    return Complaint(0, "", "another sheet", f"sheet {title!r} holds cells too", "not read")


def _merged(sheet: Any) -> dict[tuple[int, int], Any]:
    """(row, column) → value for the cells of merged ranges, which carry their value in one corner only."""
    return {
        (row, column): sheet.cell(area.min_row, area.min_col).value
        for area in sheet.merged_cells.ranges
        for row in range(area.min_row, area.max_row + 1)
        for column in range(area.min_col, area.max_col + 1)
    }


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


def _trimmed(lines: list[Line]) -> list[Line]:
    """Rows without the empty columns that formatting leaves on the right."""
    width = max(
        (place for line in lines for place, cell in enumerate(line.cells, start=1) if cell.strip()), default=0
    )
    return [Line(line.number, line.cells[:width]) for line in lines]
