"""Delimited text to rows of cells: encoding, delimiter and quoting are found out from the bytes.

By hand, because charset-normalizer and clevercsv guess and report nothing: here each row keeps its line
number, lines of another encoding are read one by one, and a bad quote costs one line.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_LINES = 300
# A quoted cell that runs over more lines than this is an unbalanced quote, not an address.
_LONGEST_CELL_LINES = 60
_BROKEN: list[str] = []
_KNOWN_CELLS = 50_000
"""Cells remembered, first come: levels and small numbers recur within so many, ids never do."""


@dataclass(frozen=True)
class TextDialect:
    """How a text was written: enough to write it back in the same way."""

    encoding: str
    delimiter: str
    quote: str
    escape: str | None
    newline: str


@dataclass(frozen=True)
class Line:
    """One record: the physical line it starts on (1-based), and its cells."""

    number: int
    cells: list[str]


@dataclass(frozen=True)
class Complaint:
    """A place that was not as expected: line, column (or ""), kind, what is wrong, what was done."""

    line: int
    column: str
    kind: str
    problem: str
    treatment: str


def decode(content: bytes) -> tuple[str, str, list[Complaint]]:
    """Text, the name of its encoding, and a complaint for each line that is in another one.

    UTF-8 (with or without BOM) and UTF-16 are told by their bytes. Where UTF-8 fails, lines that are not
    UTF-8 are read as Windows-1252, in which every export of the Western world that is not Unicode is written.
    """
    for bom, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(bom):
            return _in_one(content, encoding)
    if b"\0" in content[:2000]:
        return _in_one(content, "utf-16-le" if content[1:2000:2].count(0) else "utf-16-be")
    return _in_one(content, "utf-8")


def _in_one(content: bytes, encoding: str) -> tuple[str, str, list[Complaint]]:
    try:
        return content.decode(encoding), encoding, []
    except UnicodeDecodeError:
        if encoding.startswith("utf-16"):
            return content.decode(encoding, errors="replace"), encoding, []
    return _line_by_line(content.removeprefix(b"\xef\xbb\xbf"))


def _line_by_line(content: bytes) -> tuple[str, str, list[Complaint]]:
    """Each line in UTF-8 where it is, else in Windows-1252; mixed files are the sum of several systems."""
    texts: list[str] = []
    foreign: list[int] = []
    unicode_lines = 0
    for number, line in enumerate(content.split(b"\n"), start=1):
        try:
            texts.append(line.decode("utf-8"))
            unicode_lines += not line.isascii()
        except UnicodeDecodeError:
            # Five bytes have no meaning in Windows-1252; Latin-1 gives every byte one.
            texts.append(line.decode("cp1252" if _fits(line, "cp1252") else "latin-1"))
            foreign.append(number)
    if not unicode_lines:
        return "\n".join(texts), "cp1252", []
    problem, treatment = "is not UTF-8 while other lines are", "read as Windows-1252"
    complaints = [Complaint(number, "", "mixed encoding", problem, treatment) for number in foreign]
    return "\n".join(texts), "utf-8", complaints


def _fits(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def sniff(text: str, encoding: str) -> TextDialect:
    """The delimiter, quote and escape under which the first lines have most often the same, largest width."""
    lines = _first_lines(text)
    newline = "\r\n" if "\r\n" in text[:100_000] else "\n" if "\n" in text[:100_000] else "\r"
    if lines and lines[0].lower().startswith("sep=") and len(lines[0].strip()) == 5:
        return TextDialect(encoding, lines[0].strip()[4], '"', None, newline)
    options = [(delimiter, escape) for delimiter in _DELIMITERS for escape in (None, "\\")]
    delimiter, escape = max(options, key=lambda option: _evenness(lines, *option))
    quote = "'" if _quoted_by_apostrophes(lines, delimiter) else '"'
    return TextDialect(encoding, delimiter, quote, escape, newline)


def _first_lines(text: str) -> list[str]:
    lines = StringIO(text[:2_000_000], newline="")
    return [line for line, _ in zip(lines, range(_SAMPLE_LINES), strict=False)]


def _evenness(lines: list[str], delimiter: str, escape: str | None) -> tuple[float, int, bool]:
    """How well a dialect fits: the share of records of the commonest width, that width, the simpler escape.

    Records before the first of that width cost: a decimal comma splits every row alike, but not the header.
    """
    try:
        rows = [row for row in csv.reader(lines, delimiter=delimiter, escapechar=escape) if row]
    except csv.Error:
        return (0.0, 0, False)
    widths = Counter(len(row) for row in rows if len(row) > 1)
    if not widths:
        return (0.0, 1, escape is None)
    width, count = max(widths.items(), key=lambda item: (item[1] * (item[0] - 1) ** 0.25, item[0]))
    before = next(place for place, row in enumerate(rows) if len(row) == width)
    return (round(count / len(rows) - 0.2 * min(before, 3), 2), width, escape is None)


def _quoted_by_apostrophes(lines: list[str], delimiter: str) -> bool:
    """Whether cells are quoted by ' : most lines begin and end with it."""
    quoted = [line for line in lines if line.startswith("'") and f"'{delimiter}" in line]
    return len(lines) > 1 and len(quoted) > 0.8 * len(lines)


def records(text: str, dialect: TextDialect, complaints: list[Complaint]) -> Iterator[Line]:
    """The records of `text` with their line numbers; blank lines are passed over.

    A quote that never closes would swallow the lines behind it: such a line is read alone, its quotes as
    ordinary characters, and added to `complaints`.
    """
    lines = list(StringIO(text, newline=""))
    position = 1 if lines and lines[0].lower().startswith("sep=") else 0
    usual = _usual_width(lines[position:], dialect)
    while position < len(lines):
        for line, following in _run(lines, position, dialect):
            position = following
            if len(line.cells) != usual and _unbalanced(line, following, lines, dialect, usual):
                problem = "has a quotation mark that does not close, or text behind one"
                complaints.append(Complaint(line.number, "", "quotes", problem, "the line is read alone"))
                yield Line(line.number, _alone(lines[line.number - 1], dialect, usual))
                position = line.number
                break
            if line.cells:
                yield line


class _Known(dict[str, str]):
    """A cell as it was first seen: most cells of an export recur, and one text for all of them is enough."""

    def __missing__(self, cell: str) -> str:
        if len(self) < _KNOWN_CELLS:
            self[cell] = cell
        return cell


def _run(lines: list[str], start: int, dialect: TextDialect) -> Iterator[tuple[Line, int]]:
    """Records from line index `start` on, each with the index of the line behind it."""
    reader = csv.reader(
        (lines[index] for index in range(start, len(lines))),
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


def _unbalanced(line: Line, following: int, lines: list[str], dialect: TextDialect, usual: int) -> bool:
    """Whether a record comes from a quote that was never closed, or closed in the middle of a cell."""
    if line.cells is _BROKEN or following - line.number + 1 > _LONGEST_CELL_LINES:
        return True
    return following > line.number and len(_alone(lines[line.number - 1], dialect, usual)) == usual


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
            lines[:_SAMPLE_LINES],
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            escapechar=dialect.escape,
        )
        widths = Counter(len(row) for row in rows if row)
    except csv.Error:
        widths = Counter(line.count(dialect.delimiter) + 1 for line in lines[:_SAMPLE_LINES] if line.strip())
    return widths.most_common(1)[0][0] if widths else 1
