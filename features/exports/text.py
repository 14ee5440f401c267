"""Delimited text to rows of cells: encoding, delimiter and quoting are found out from the bytes.

By hand, because charset-normalizer and clevercsv guess and report nothing: here each row keeps its line
number, lines of another encoding are read one by one, and a bad quote costs one line.
"""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import dataclass
from io import StringIO

_DELIMITERS = (",", ";", "\t", "|")
SAMPLE_LINES = 300
SNIFFED = 2_000_000
"""Characters that the dialect is found out from."""


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
        text, is_foreign = line_decoded(line)
        texts.append(text)
        if is_foreign:
            foreign.append(number)
        else:
            unicode_lines += not line.isascii()
    if not unicode_lines:
        return "\n".join(texts), "cp1252", []
    problem, treatment = "is not UTF-8 while other lines are", "read as Windows-1252"
    complaints = [Complaint(number, "", "mixed encoding", problem, treatment) for number in foreign]
    return "\n".join(texts), "utf-8", complaints


def line_decoded(line: bytes) -> tuple[str, bool]:
    """A line in UTF-8 where it is, else in Windows-1252, and whether that was needed.

    Five bytes have no meaning in Windows-1252; Latin-1 gives every byte one.
    """
    for encoding in ("utf-8", "cp1252", "latin-1"):
        try:
            return line.decode(encoding), encoding != "utf-8"
        except UnicodeDecodeError:
            continue
    raise AssertionError("Latin-1 reads every byte")


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
    lines = StringIO(text[:SNIFFED], newline="")
    return [line for line, _ in zip(lines, range(SAMPLE_LINES), strict=False)]


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
