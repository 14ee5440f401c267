"""What must be known of a table before its first row is told: its header, its width, where its leads end.

Rows pass by one after the other; of them only the first and the last are held, so that a table may be larger
than the memory.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count as numbers
from typing import TypeAlias

from features.exports.marks import blank, find_header, footers, last_filled, usual_filled
from features.exports.text import Complaint, Line

Complain: TypeAlias = Callable[[Complaint], None]
"""Is told everything odd, place by place."""

_HEAD = 1_100
"""Filled lines that the header is looked for in, and that say how many cells a row has."""
_TAIL = 1_000
"""Rows at the end that may be totals and remarks; also the empty rows that are remembered."""
_Shapes: TypeAlias = Counter[tuple[int, int]]
"""How many lines have so many cells, the last filled of them at this place."""


@dataclass(frozen=True)
class TableShape:
    """A table: the names of its columns, its header, the number of the line behind its last row.

    `rare` says that rows of another width are exceptions; `surplus` is how many cells the longest row has
    beyond the last column.
    """

    names: list[str]
    header: Line | None
    end: int
    rare: bool
    surplus: int


class Survey:
    """Looks at the lines of a table in their order; `complain` is told what is left out or named anew."""

    def __init__(self, complain: Complain) -> None:
        self.complain = complain
        self.header: Line | None = None
        self._begun = False
        self._head: list[Line] = []
        self._tail: deque[Line] = deque(maxlen=_TAIL)
        self._first: list[Line] = []
        self._blanks: deque[int] = deque(maxlen=_TAIL)
        self._gaps: list[int] = []
        self._rows: _Shapes = Counter()
        self._others: _Shapes = Counter()

    def look(self, line: Line) -> None:
        """Look at the next line."""
        if blank(line):
            self._blanks.append(line.number)
            self._gaps.append(line.number)
            return
        for number in self._gaps:
            self.complain(Complaint(number, "", "empty rows", "the row holds no value", "left out"))
        self._gaps.clear()
        if self._begun:
            self._row(line)
            return
        self._head.append(line)
        if len(self._head) == _HEAD:
            self._begin()

    def layout(self) -> TableShape | None:
        """What all lines say; None where none holds a value. Behind it nothing is looked at."""
        if not self._begun:
            self._begin()
        if not self._rows and self.header is None:
            return None
        width = self._width()
        names = self._names(width)
        usual = usual_filled(self._first) if self._first else 0.0
        tail = list(self._tail)
        cut = footers(tail, width, usual, set(self._blanks)) if self._rows.total() >= 3 else len(tail)
        for line in tail[cut:]:
            self.complain(left_out(line, "below the last lead (a total or remark)"))
            self._rows[shape(line)] -= 1
        end = tail[cut].number if cut < len(tail) else (tail[-1].number + 1 if tail else 0)
        uneven = sum(count for (cells, _), count in self._rows.items() if cells != width)
        rare = uneven <= max(2, 0.01 * self._rows.total())
        beyond = [size - width for (size, last), count in self._rows.items() if count and last > width]
        return TableShape(names, self.header, end, rare, max(beyond, default=0))

    def _begin(self) -> None:
        """Find the header among the first lines."""
        self._begun = True
        if not self._head:
            return
        place = find_header(self._head)
        if place is not None:
            self.header = self._head[place]
        for line in self._head[: place or 0]:
            self.complain(left_out(line, "above the header"))
            self._others[shape(line)] += 1
        for line in self._head[0 if place is None else place + 1 :]:
            self._row(line)
        self._head = []

    def _row(self, line: Line) -> None:
        if repeats(line, self.header):
            self._others[shape(line)] += 1
            return
        self._rows[shape(line)] += 1
        self._tail.append(line)
        if len(self._first) < 1_000:
            self._first.append(line)

    def _width(self) -> int:
        """The number of columns: the header's, less the empty names at its end that no row fills."""
        if self.header is None:
            sizes: Counter[int] = Counter()
            for (size, _), count in self._rows.items():
                sizes[size] += count
            return sizes.most_common(1)[0][0]
        named = shape(self.header)[1]
        if named == len(self.header.cells):
            return named
        used: Counter[int] = Counter()
        for (size, last), count in [*self._rows.items(), *self._others.items()]:
            if size <= len(self.header.cells):
                used[last] += count
        return max([named, *(width for width, count in used.items() if width > named and count > 1)])

    def _names(self, width: int) -> list[str]:
        """Distinct names: as written, without outer blanks; numbered where empty or used twice."""
        cells, line = (self.header.cells, self.header.number) if self.header else ([], 1)
        names: dict[str, None] = {}
        next_number: Counter[str] = Counter()
        for place in range(1, width + 1):
            name = " ".join(cells[place - 1].split()) if place <= len(cells) else ""
            if not name:
                name = f"column {place}"
                if cells:
                    told = ("no name", "a column has no name", f"named {name!r}")
                    self.complain(Complaint(line, name, *told))
            if name in names:
                # From where the last search for this name ended: names are only added.
                number = next(n for n in numbers(next_number[name] + 2) if f"{name} ({n})" not in names)
                next_number[name] = number - 1
                repeat = f"{name} ({number})"
                told = ("name used twice", "two columns have this name", f"named {repeat!r}")
                self.complain(Complaint(line, name, *told))
                name = repeat
            names[name] = None
        if self.header is None:
            problem = "the first row holds values, not names of columns"
            how = "columns are named column 1, column 2, …"
            self.complain(Complaint(self._first[0].number, "", "no header", problem, how))
        return list(names)


def shape(line: Line) -> tuple[int, int]:
    """The number of cells, and the place of the last filled one."""
    return len(line.cells), last_filled(line.cells)


def repeats(line: Line, header: Line | None) -> bool:
    """Whether a row is the header again: exports put one below the other repeat it."""
    if header is None or line.cells[0] != header.cells[0]:
        return False
    return [cell.strip() for cell in line.cells] == [cell.strip() for cell in header.cells]


def left_out(line: Line, what: str) -> Complaint:
    """A row that is no lead."""
    return Complaint(line.number, "", what, f"a row {what}, not a lead", "left out")
