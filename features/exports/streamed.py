"""The tolerant reader for files larger than the memory: lines are laid on the disk and gone through again.

It says of a file what `read_raw` says, unless the table ends in more than a thousand totals.
"""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import StringIO
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO

from features.exports.marks import evened, last_filled
from features.exports.records import records
from features.exports.survey import Survey, TableShape
from features.exports.text import SNIFFED, Complaint, Line, TextDialect, line_decoded, sniff
from features.exports.tidy import Fitted, rows_of

_BATCH = 4_096
_CHUNK = 1 << 20


@dataclass
class Oddities:
    """What was odd, counted: (kind, treatment) → how often."""

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __call__(self, found: Complaint) -> None:
        self.counts[found.kind, found.treatment] += 1

    def rows(self) -> list[tuple[str, int, str]]:
        """(kind, how often, treatment), in order."""
        return [(kind, count, how) for (kind, how), count in sorted(self.counts.items())]


class LaidLines:
    """Lines of cells on the disk at `path`, gone through as often as is needed."""

    def __init__(self, lines: Iterable[Line], path: Path, *, trimmed: bool = False) -> None:
        """Write `lines`; `trimmed` makes all as wide as the widest is filled, as of a sheet."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.path, self.widest, self.trimmed = path, 0, trimmed
        schema = pa.schema([("number", pa.int64()), ("cells", pa.list_(pa.string()))])
        rest = iter(lines)
        with pq.ParquetWriter(path, schema, compression="lz4") as writer:
            while batch := list(islice(rest, _BATCH)):
                self.widest = max(self.widest, *(last_filled(line.cells) for line in batch))
                numbers, cells = [line.number for line in batch], [line.cells for line in batch]
                writer.write_table(pa.table([numbers, pa.array(cells, schema.types[1])], schema=schema))

    def __iter__(self) -> Iterator[Line]:
        import pyarrow.parquet as pq

        for batch in pq.ParquetFile(self.path, pre_buffer=False).iter_batches(_BATCH):
            numbers, cells = batch.column(0).to_pylist(), batch.column(1).to_pylist()
            for number, own in zip(numbers, cells, strict=True):
                yield Line(number, evened(own, self.widest) if self.trimmed else own)


def surveyed(lines: LaidLines, oddities: Oddities) -> TableShape | None:
    """The layout of the table in `lines`; None where no line holds a value."""
    survey = Survey(oddities)
    for line in lines:
        survey.look(line)
    return survey.layout()


def batches_of(lines: LaidLines, layout: TableShape, oddities: Oddities) -> Iterator[list[Any]]:
    """The rows by columns, a few thousand at a time: cells, then surplus cells, line numbers, shifted."""
    rows = rows_of(lines, layout, oddities)
    while batch := list(islice(rows, _BATCH)):
        cells = [
            [cell or None for cell in column]
            for column in zip(*(row.line.cells for row in batch), strict=True)
        ]
        surplus = [[_surplus(row, place) for row in batch] for place in range(layout.surplus)]
        yield [*cells, *surplus, [row.line.number for row in batch], [row.shifted for row in batch]]


def _surplus(row: Fitted, place: int) -> str | None:
    return row.surplus[place] or None if place < len(row.surplus) else None


def text_lines(path: Path, oddities: Oddities) -> tuple[TextDialect, Iterator[Line]]:
    """The dialect of the text at `path`, and its records, as `decode`, `sniff` and `records` make them."""
    encoding, mixed = _encoding(path)
    head = "".join(_up_to(_physical(path, encoding, mixed, None), SNIFFED))
    foreign = oddities if encoding == "utf-8" else None
    written = sniff(head, encoding)
    return written, records(_physical(path, encoding, mixed, foreign), written, oddities)


def _up_to(lines: Iterable[str], characters: int) -> Iterator[str]:
    for line in lines:
        yield line
        characters -= len(line)
        if characters <= 0:
            return


def _encoding(path: Path) -> tuple[str, bool]:
    """The encoding, and whether lines are decoded one by one, each in UTF-8 or Windows-1252."""
    with path.open("rb") as file:
        start = file.read(2_000)
        if start.startswith(codecs.BOM_UTF8):
            encoding = "utf-8-sig"
        elif start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16", False
        elif b"\0" in start:
            return ("utf-16-le" if start[1::2].count(0) else "utf-16-be"), False
        else:
            encoding = "utf-8"
        file.seek(0)
        if _all_utf8(file):
            return encoding, False
        file.seek(0)
        unicode_line = any(not line.isascii() and _is_utf8(line) for line in _without_mark(file))
        return ("utf-8" if unicode_line else "cp1252"), True


def _all_utf8(file: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in iter(lambda: file.read(_CHUNK), b""):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _without_mark(file: BinaryIO) -> Iterator[bytes]:
    """Lines ended by a line feed; the first without a byte order mark."""
    first = next(iter(file), b"").removeprefix(codecs.BOM_UTF8)
    return chain([first], file)


def _physical(path: Path, encoding: str, mixed: bool, foreign: Oddities | None) -> Iterator[str]:
    """The physical lines of the text; `foreign` is told those in another encoding."""
    if not mixed:
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            yield from file
        return
    with path.open("rb") as binary:
        for number, line in enumerate(_without_mark(binary), start=1):
            text, is_foreign = line_decoded(line)
            if is_foreign and foreign is not None:
                problem, treatment = "is not UTF-8 while other lines are", "read as Windows-1252"
                foreign(Complaint(number, "", "mixed encoding", problem, treatment))
            yield from StringIO(text, newline="")
