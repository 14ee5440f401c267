"""Tables in a terminal: which columns there is room for, and how wide each; names and numbers stay whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.cells import cell_len
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

_GAP = 2
"""Spaces between two columns."""
_PROSE = 5
"""From so many words on a cell is a sentence, which may be broken between words; else a name or a number."""


@dataclass(frozen=True)
class Printed:
    """A table as it is printed, the characters that it takes across, and the columns that it leaves out."""

    table: RenderableType
    width: int
    left_out: list[str]


def printed_table(
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    width: int,
    *,
    title: str | None = None,
    least: Sequence[str] = (),
    whole: bool = False,
) -> Printed:
    """A table for `width` characters; with `whole` it may be wider, and no column is left out.

    Else columns are left out until the rest fits: those in `least` first, then from the right, never the
    first one. Where two columns do not fit, each row is a list of its cells.
    """
    cells = [[shown(value) for value in row] for row in rows]
    sizes = [_sizes(name, [row[place] for row in cells]) for place, name in enumerate(columns)]
    kept = list(range(len(columns))) if whole else _kept(columns, sizes, width, least)
    if len(kept) < min(2, len(columns)):
        return Printed(_lists(columns, cells, title), width, [])
    widths = _shared([sizes[place] for place in kept], width)
    table = Table(title=title and Text(title), title_justify="left", box=None, pad_edge=False)
    for place, wide in zip(kept, widths, strict=True):
        numeric = any(isinstance(row[place], (int, float)) for row in rows)
        side: Literal["left", "right"] = "right" if numeric else "left"
        table.add_column(Text(columns[place], style="bold"), justify=side, width=wide, overflow="fold")
    for row in cells:
        table.add_row(*(Text(row[place]) for place in kept))
    left_out = [name for place, name in enumerate(columns) if place not in kept]
    return Printed(table, max(width, _total(widths)), left_out)


def _kept(
    columns: Sequence[str], sizes: Sequence[tuple[int, int]], width: int, least: Sequence[str]
) -> list[int]:
    """The places of the columns that fit, in order."""
    kept = list(range(len(columns)))
    going = [columns.index(name) for name in least if name in columns]
    going += [place for place in reversed(kept) if place not in going and place > 0]
    while going and _total([sizes[place][0] for place in kept]) > width:
        kept.remove(going.pop(0))
    return kept if _total([sizes[place][0] for place in kept]) <= width else []


def shown(value: object) -> str:
    """A cell as text: four decimals of a float, a dash where there is nothing."""
    if value is None:
        return "–"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _sizes(name: str, cells: Sequence[str]) -> tuple[int, int]:
    """The least and the natural width of a column: a heading and sentences may be broken between words."""
    natural = max([cell_len(name), *map(cell_len, cells)])
    return max([_longest_word(name), *map(_least, cells)]), natural


def _least(cell: str) -> int:
    return _longest_word(cell) if len(cell.split()) >= _PROSE else cell_len(cell)


def _longest_word(text: str) -> int:
    return max((cell_len(word) for word in text.split()), default=0)


def _total(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * max(len(widths) - 1, 0)


def _shared(sizes: Sequence[tuple[int, int]], width: int) -> list[int]:
    """The natural widths, the widest column made narrower until all fit, none below its least width."""
    widths = [natural for _, natural in sizes]
    while _total(widths) > width:
        loose = [place for place, (least, _) in enumerate(sizes) if widths[place] > least]
        if not loose:
            break
        widths[max(loose, key=lambda place: widths[place])] -= 1
    return widths


def _lists(columns: Sequence[str], cells: Sequence[Sequence[str]], title: str | None) -> RenderableType:
    """Each row as lines 'column: cell', with an empty line after it."""
    lines = [title] if title else []
    for row in cells:
        lines += [f"{name}: {cell}" for name, cell in zip(columns, row, strict=True)] + [""]
    return Text("\n".join(lines))
