"""Rows of cells to a table: where the header is, what stands above it, what comes after the last lead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from features.exports.marks import blank
from features.exports.survey import Complain, Survey, TableShape, left_out, repeats
from features.exports.text import Complaint, Line


@dataclass(frozen=True)
class Body:
    """A tidy table: names of the columns, the rows below them, and what was set aside.

    `shifted` holds the line numbers of rows whose cells may stand under a wrong column; `surplus` the cells
    of such rows beyond the last column.
    """

    names: list[str]
    rows: list[Line]
    header_line: int | None
    shifted: set[int]
    surplus: dict[int, tuple[str, ...]]
    complaints: list[Complaint]


@dataclass(frozen=True)
class Fitted:
    """A row as wide as its table; `shifted` and `surplus` as in `Body`."""

    line: Line
    shifted: bool = False
    surplus: tuple[str, ...] = ()


def tidy(lines: list[Line]) -> Body:
    """The table inside `lines`; every row is kept, or left out with a complaint that says why."""
    complaints: list[Complaint] = []
    survey = Survey(complaints.append)
    for line in lines:
        survey.look(line)
    layout = survey.layout()
    if layout is None:
        return Body([], [], None, set(), {}, [])
    header = layout.header.number if layout.header else None
    body = Body(layout.names, [], header, set(), {}, complaints)
    for row in rows_of(lines, layout, complaints.append):  # one at a time: a wrapper a row would add up
        body.rows.append(row.line)
        if row.shifted:
            body.shifted.add(row.line.number)
        if row.surplus:
            body.surplus[row.line.number] = row.surplus
    return body


def rows_of(lines: Iterable[Line], layout: TableShape, complain: Complain) -> Iterator[Fitted]:
    """The rows of the table among `lines`, all of which were surveyed, each brought to its width in place."""
    first = layout.header.number if layout.header else 0
    rows = (line for line in lines if first < line.number < layout.end and not blank(line))
    width, before, held = len(layout.names), 0, None
    for line in chain(_without_repeats(rows, layout, complain), (None,)):
        size = len(line.cells) if line is not None and len(line.cells) != width else 0
        if held is not None:
            own = len(held.cells)
            torn = layout.rare and width + 1 in (own + before, own + size)
            before = own if own != width else 0
            yield _fitted(held, width, torn, complain)
        held = line


def _without_repeats(rows: Iterable[Line], layout: TableShape, complain: Complain) -> Iterator[Line]:
    for line in rows:
        if repeats(line, layout.header):
            complain(left_out(line, "that repeats the header"))
        else:
            yield line


def _fitted(line: Line, width: int, torn: bool, complain: Complain) -> Fitted:
    """`line` of `width` cells; `torn`: with its neighbour it makes one row, as by a line break in a cell."""
    size = len(line.cells)
    if size < width:
        line.cells.extend([""] * (width - size))
        treatment = "kept; cells may be shifted" if torn else "kept; the rest is empty"
        complain(_ragged(line.number, size, width, "short row", treatment))
        return Fitted(line, shifted=torn)
    extra = tuple(line.cells[width:])
    del line.cells[width:]
    if not any(cell.strip() for cell in extra):
        return Fitted(line)
    complain(_ragged(line.number, size, width, "long row", "kept; cells may be shifted"))
    return Fitted(line, shifted=True, surplus=extra)


def _ragged(line: int, size: int, width: int, kind: str, treatment: str) -> Complaint:
    return Complaint(line, "", kind, f"has {size} cells where the header has {width}", treatment)
