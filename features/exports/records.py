"""Lines of delimited text to records of cells: a bad quote costs one line, and no text is held whole."""

from __future__ import annotations

import csv
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from itertools import count as count_from
from itertools import islice

from features.exports.text import SAMPLE_LINES, Complaint, Line, TextDialect

# A quoted cell that runs over more lines than this is an unbalanced quote, not an address.
_LONGEST_CELL_LINES = 60
_BROKEN: list[str] = []
_KNOWN_CELLS = 50_000
"""Cells remembered, first come: levels and small numbers recur within so many, ids never do."""


def records(
    lines: Iterable[str], dialect: TextDialect, complain: Callable[[Complaint], None]
) -> Iterator[Line]:
    """The records in the physical `lines` of a text with their numbers; blank lines are passed over.

    A quote that never closes would swallow the lines behind it: such a line is read alone, its quotes as
    ordinary characters, and told to `complain`. No more lines are held than one record takes.
    """
    window = _Window(lines)
    start = 1 if (window.at(0) or "").lower().startswith("sep=") else 0
    usual = _usual_width(window.first(start, SAMPLE_LINES), dialect)
    position = start
    while window.at(position) is not None:
        for line, following in _run(window, position, dialect):
            position = following
            if len(line.cells) != usual and _unbalanced(line, following, window, dialect, usual):
                problem = "has a quotation mark that does not close, or text behind one"
                complain(Complaint(line.number, "", "quotes", problem, "the line is read alone"))
                yield Line(line.number, _alone(window.at(line.number - 1) or "", dialect, usual))
                position = line.number
                break
            if line.cells:
                yield line
            window.forget(following)


class _Window:
    """Some lines of a text, by their index in it: those that were asked for and are not forgotten."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._held: deque[str] = deque()
        self._first = 0

    def at(self, index: int) -> str | None:
        """The line at `index`, None behind the last."""
        while len(self._held) <= index - self._first:
            line = next(self._lines, None)
            if line is None:
                return None
            self._held.append(line)
        return self._held[index - self._first]

    def first(self, start: int, count: int) -> list[str]:
        """Up to `count` lines from `start` on."""
        return list(islice(self.lines_from(start), count))

    def lines_from(self, start: int) -> Iterator[str]:
        """The lines from `start` on, as they are asked for."""
        for index in count_from(start):
            line = self.at(index)
            if line is None:
                return
            yield line

    def forget(self, before: int) -> None:
        """The lines before index `before` are not asked for again."""
        while self._held and self._first < before:
            self._held.popleft()
            self._first += 1


class _Known(dict[str, str]):
    """A cell as it was first seen: most cells of an export recur, and one text for all of them is enough."""

    def __missing__(self, cell: str) -> str:
        if len(self) < _KNOWN_CELLS:
            self[cell] = cell
        return cell


def _run(window: _Window, start: int, dialect: TextDialect) -> Iterator[tuple[Line, int]]:
    """Records from line index `start` on, each with the index of the line behind it."""
    reader = csv.reader(
        window.lines_from(start),
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        escapechar=dialect.escape,
        strict=True,
    )
    begun, known = start, _Known()
    while True:
        try:
            cells = [known[cell] for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error:
            cells = _BROKEN
        after = start + reader.line_num
        yield Line(begun + 1, cells), after
        begun = after


def _unbalanced(line: Line, following: int, window: _Window, dialect: TextDialect, usual: int) -> bool:
    """Whether a record comes from a quote that was never closed, or closed in the middle of a cell."""
    if line.cells is _BROKEN or following - line.number + 1 > _LONGEST_CELL_LINES:
        return True
    return following > line.number and len(_alone(window.at(line.number - 1) or "", dialect, usual)) == usual


def _alone(line: str, dialect: TextDialect, usual: int) -> list[str]:
    """One physical line: leniently parsed if that gives the usual width, else cut at each delimiter."""
    line = line.rstrip("\r\n")
    lenient = next(csv.reader([line], delimiter=dialect.delimiter, quotechar=dialect.quote), [])
    if len(lenient) == usual:
        return lenient
    return [
        cell[1:-1] if len(cell) > 1 and cell[0] == cell[-1] == dialect.quote else cell
        for cell in line.split(dialect.delimiter)
    ]


def _usual_width(lines: list[str], dialect: TextDialect) -> int:
    """The commonest number of cells among the first records."""
    try:
        rows = csv.reader(
            lines,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            escapechar=dialect.escape,
        )
        widths = Counter(len(row) for row in rows if row)
    except csv.Error:
        widths = Counter(line.count(dialect.delimiter) + 1 for line in lines if line.strip())
    return widths.most_common(1)[0][0] if widths else 1
