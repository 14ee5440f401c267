"""Exports written as a workbook: widths, a filter, a frozen header, and colours; a copy where one can be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from features.exports.spool import LINE, Spool
from features.exports.writer import Handback, columns_of

_WIDTHS = (8, 60)
"""Least and greatest width of a column, in characters."""
_LOOKED_AT = 200
COPIED = 10_000_000
"""Bytes of a workbook that is copied: it is held whole, at some fifty times its size."""


def write_workbook(handback: Handback, out: Path) -> None:
    """A copy of the original workbook with further columns, or a new workbook."""
    if handback.whole and _can_be_copied(handback.spool):
        _write_copy(handback, out)
    else:
        _write_new(handback, out)


def _can_be_copied(spool: Spool) -> bool:
    dialect = spool.dialect
    plain = dialect.kind == "xlsx" and dialect.compression is None
    if not plain or spool.source is None or dialect.header_line is None:
        return False
    return spool.source.stat().st_size <= COPIED


def _write_copy(handback: Handback, out: Path) -> None:
    """The original workbook, whatever else is in it, with the added columns behind the last."""
    from openpyxl import load_workbook
    from openpyxl.utils import get_column_letter

    spool = handback.spool
    book = load_workbook(str(spool.source))
    sheet: Any = book[spool.dialect.sheet] if spool.dialect.sheet else book.active
    header, first = spool.dialect.header_line or 1, sheet.max_column + 1
    for place, name in enumerate(handback.added, start=first):
        sheet.cell(header, place, name)
    samples: list[list[Any]] = [[name] for name in handback.added]
    for original, added in handback.blocks():
        lines = original.column(LINE).to_pylist()
        for place, cells in enumerate(columns_of(added)):
            samples[place] += cells[:_LOOKED_AT]
            for line, cell in zip(lines, cells, strict=True):
                _put(sheet.cell(line, first + place), cell)
    for place, sample in enumerate(samples, start=first):
        sheet.column_dimensions[get_column_letter(place)].width = _width(sample)
    _dress(sheet, handback, header, first, sheet.max_row)
    book.save(out)


def _write_new(handback: Handback, out: Path) -> None:
    """A new workbook, written row by row."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet: Any = book.create_sheet("Leads")
    names = [*handback.spool.names, *handback.added]
    _dress(sheet, handback, 1, len(handback.spool.names) + 1, handback.rows + 1)
    begun = False
    for block in handback.blocks():
        columns = [*columns_of(block[0]), *columns_of(block[1])]
        if not begun:
            for place, (name, cells) in enumerate(zip(names, columns, strict=True), start=1):
                letter = get_column_letter(place)
                sheet.column_dimensions[letter].width = _width([name, *cells[:_LOOKED_AT]])
            sheet.append([_put(WriteOnlyCell(sheet), name) for name in names])
            begun = True
        for row in zip(*columns, strict=True):
            sheet.append([_put(WriteOnlyCell(sheet), cell) for cell in row])
    if not begun:
        sheet.append([_put(WriteOnlyCell(sheet), name) for name in names])
    book.save(out)


def _dress(sheet: Any, handback: Handback, header: int, first: int, last: int) -> None:
    """A frozen header, a filter over all columns, and colours for the texts in `tints`."""
    from openpyxl.formatting.rule import CellIsRule
    from openpyxl.styles import PatternFill
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = f"A{header + 1}"
    end = get_column_letter(first + len(handback.added) - 1)
    sheet.auto_filter.ref = f"A{header}:{end}{max(last, header)}"
    for name, colours in handback.tints.items():
        letter = get_column_letter(first + handback.added.index(name))
        for text, colour in colours.items():
            fill = PatternFill(start_color=colour, end_color=colour, fill_type="solid")
            rule = CellIsRule(  # type: ignore[no-untyped-call]
                operator="equal", formula=[f'"{text}"'], fill=fill
            )
            sheet.conditional_formatting.add(f"{letter}{header + 1}:{letter}{max(last, header + 1)}", rule)


def _put(cell: Any, value: Any) -> Any:
    """`cell` with a value that a workbook can hold: no missing markers, zones or control characters."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if value is None or value != value:
        return cell
    value = value.isoformat() if hasattr(value, "isoformat") else value
    if isinstance(value, str):
        cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
        cell.data_type = "s"  # a text that starts with '=' is no formula
    elif isinstance(value, bool | int | float):
        cell.value = value
    else:
        cell.value = str(value)
    return cell


def _width(cells: Sequence[Any]) -> float:
    longest = max((len(str(cell)) for cell in _shown(cells)), default=0)
    return float(min(max(longest + 2, _WIDTHS[0]), _WIDTHS[1]))


def _shown(cells: Sequence[Any]) -> Iterator[Any]:
    return (cell for cell in cells if cell is not None)
