"""Regular CSV, read by Arrow a block at a time; whatever is odd about a text is left to the tolerant reader.

Arrow is not asked whether a text is regular: it forgives quotes where the tolerant reader reports them. The
bytes are looked through first, so that every record is one line and every quote stands where RFC 4180 wants
it: of such a text all readers read the same cells.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from features.exports.marks import blank, find_header, is_footer, usual_filled
from features.exports.records import records
from features.exports.text import Line, TextDialect, sniff

_HEAD = 8_000_000
"""Bytes that the dialect is found out from: two million characters in any encoding."""
_SAMPLE = 300
_LONGEST_LINE = 100_000
"""Bytes; a cell of more than 131,072 is refused by Python's reader, and read alone by ours."""
_CHUNK = 1 << 22
_ARROW_BLOCK = 1 << 20
_QUOTE, _NEWLINE, _RETURN, _TAB = ord('"'), ord("\n"), ord("\r"), ord("\t")
_FOOT = 1000


class IrregularError(Exception):
    """The text is not regular; the tolerant reader is to be asked."""


@dataclass(frozen=True)
class RegularText:
    """A regular text in UTF-8: the file, how the original was written, the names of its columns."""

    path: Path
    dialect: TextDialect
    names: tuple[str, ...]
    header: tuple[str, ...]


def regular_text(path: Path, folder: Path) -> RegularText:
    """The text at `path`, looked through from its first to its last byte.

    One in Windows-1252 or UTF-16 is copied to `folder` as UTF-8.

    Raises:
        IrregularError: it is not regular.
    """
    plain, encoding = _in_utf8(path, folder)
    with plain.open("rb") as file:
        head = file.read(_HEAD)
    text = head.decode("utf-8-sig", errors="ignore")
    dialect = sniff(text, encoding)
    marked = text[:4].lower() == "sep="
    if marked or dialect.quote != '"' or dialect.escape is not None or not dialect.delimiter.isascii():
        raise IrregularError("dialect")
    first = _first_records(text, dialect, whole=len(head) < _HEAD)
    header = _header(first)
    _look_through(plain, ord(dialect.delimiter), len(header))
    names = tuple(" ".join(name.split()) for name in header)
    return RegularText(plain, dialect, names, header)


def regular_batches(text: RegularText) -> Iterator[Any]:
    """Arrow record batches of the rows below the header: texts, NULL where a cell is empty.

    Raises:
        IrregularError: a row is wider or narrower than the header, empty, a second header or a total.
    """
    import pyarrow as pa

    checked = _Body(text)
    try:
        for batch in _reader(text):
            checked.look(batch)
            yield batch
    except pa.ArrowInvalid:
        raise IrregularError("a row") from None
    checked.end()


def _reader(text: RegularText) -> Any:
    import pyarrow as pa
    import pyarrow.csv as csv

    names = [f"c{place}" for place in range(len(text.names))]
    return csv.open_csv(
        text.path,
        read_options=csv.ReadOptions(column_names=names, skip_rows=1, block_size=_ARROW_BLOCK),
        parse_options=csv.ParseOptions(delimiter=text.dialect.delimiter, quote_char='"', double_quote=True),
        convert_options=csv.ConvertOptions(
            column_types={name: pa.string() for name in names},
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=True,
        ),
    )


class _Body:
    """Looks for rows that the tolerant reader would leave out: empty, a second header, a total."""

    def __init__(self, text: RegularText) -> None:
        self.text = text
        self.first: list[Line] = []
        self.last: Line | None = None
        self.rows = 0

    def look(self, batch: Any) -> None:
        """Look through the next rows."""
        import pyarrow.compute as pc

        if not len(batch):
            return
        if self.rows < _FOOT:
            self.first += [_line(cells) for cells in _rows(batch.slice(0, _FOOT - self.rows))]
        repeats = batch.filter(pc.fill_null(pc.equal(batch.column(0), self.text.header[0]), False))
        wanted = [cell.strip() for cell in self.text.header]
        if any([cell.strip() for cell in cells] == wanted for cells in _rows(repeats)):
            raise IrregularError("a second header")
        left = batch
        for place in range(batch.num_columns):
            left = left.filter(_blank(left.column(place)))
        if len(left):
            raise IrregularError("an empty row")
        self.rows += len(batch)
        self.last = _line(_rows(batch.slice(len(batch) - 1))[0])

    def end(self) -> None:
        """Whether the last row is a lead."""
        if self.last is None:
            return
        if self.rows >= 3 and is_footer(self.last, len(self.text.names), usual_filled(self.first)):
            raise IrregularError("a footer")


def _blank(column: Any) -> Any:
    import pyarrow.compute as pc

    return pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column), ""), True)


def _rows(batch: Any) -> list[list[str]]:
    columns = [[cell or "" for cell in column.to_pylist()] for column in batch.columns]
    return [list(cells) for cells in zip(*columns, strict=True)]


def _line(cells: list[str]) -> Line:
    return Line(0, cells)


def _first_records(text: str, dialect: TextDialect, *, whole: bool) -> list[Line]:
    """The records of the first lines, none of them torn."""
    lines = list(islice(StringIO(text, newline=""), _SAMPLE + 1))
    if len(lines) > _SAMPLE or not whole:
        lines = lines[:-1]
    complaints: list[Any] = []
    found = list(records(lines, dialect, complaints.append))
    if complaints or not found or any(blank(line) for line in found):
        raise IrregularError("the first lines")
    return found


def _header(first: list[Line]) -> tuple[str, ...]:
    """The header, where it is the first line and every column has a name of its own."""
    names = [" ".join(cell.split()) for cell in first[0].cells]
    if find_header(first) != 0 or len(names) < 2 or not all(names) or len(set(names)) < len(names):
        raise IrregularError("the header")
    return tuple(first[0].cells)


def _look_through(path: Path, delimiter: int, width: int) -> None:
    """Refuse what readers read differently: odd quotes, line breaks in cells, empty lines, controls."""
    carried = np.zeros(0, dtype=np.uint8)
    with path.open("rb") as file:
        if file.read(3) != codecs.BOM_UTF8:
            file.seek(0)
        for chunk in _pieces(file):
            lines = np.concatenate([carried, np.frombuffer(chunk, dtype=np.uint8)])
            ends = np.flatnonzero(lines == _NEWLINE)
            if not len(ends):
                carried = lines
                if len(carried) > _LONGEST_LINE:
                    raise IrregularError("a long line")
                continue
            _check(lines[: ends[-1] + 1], ends, delimiter)
            carried = lines[ends[-1] + 1 :]
    if len(carried):
        last = np.append(carried, np.uint8(_NEWLINE))
        _check(last, np.array([len(last) - 1]), delimiter)


def _check(text: NDArray[np.uint8], ends: NDArray[np.intp], delimiter: int) -> None:
    """Whole lines, each ended at one of `ends`."""
    if ((text < 32) & (text != _NEWLINE) & (text != _RETURN) & (text != _TAB)).any():
        raise IrregularError("a control character")
    returns = np.flatnonzero(text == _RETURN)
    if (text[returns + 1] != _NEWLINE).any():  # the last byte is a line's end
        raise IrregularError("a carriage return")
    lengths = np.diff(ends, prepend=-1) - 1
    starts = ends - lengths
    if (lengths == 0).any() or ((lengths == 1) & (text[starts] == _RETURN)).any():
        raise IrregularError("an empty line")
    if lengths.max() > _LONGEST_LINE:
        raise IrregularError("a long line")
    _check_quotes(text, ends, delimiter)


def _check_quotes(text: NDArray[np.uint8], ends: NDArray[np.intp], delimiter: int) -> None:
    quotes = np.flatnonzero(text == _QUOTE)
    if not len(quotes):
        return
    if (np.searchsorted(quotes, ends) % 2).any():
        raise IrregularError("a quote that is open at the end of a line")
    opening, closing = quotes[::2], quotes[1::2]
    before = np.where(opening == 0, _NEWLINE, text[opening - 1])
    behind = text[closing + 1]
    outside = (before == delimiter) | (before == _NEWLINE) | (before == _QUOTE)
    ended = (behind == delimiter) | (behind == _NEWLINE) | (behind == _RETURN) | (behind == _QUOTE)
    if not (outside.all() and ended.all()):
        raise IrregularError("a quote inside a cell")


def _in_utf8(path: Path, folder: Path) -> tuple[Path, str]:
    """The file itself where it is UTF-8, else a copy that is; and the encoding of the original."""
    with path.open("rb") as file:
        start = file.read(2000)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _copied(path, folder, "utf-16"), "utf-16"
    if b"\0" in start:
        raise IrregularError("zeros")
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            for chunk in _pieces(file):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        if start.startswith(codecs.BOM_UTF8):
            raise IrregularError("a mark of UTF-8 before what is none") from None
        return _western(path, folder), "cp1252"
    return path, "utf-8-sig" if start.startswith(codecs.BOM_UTF8) else "utf-8"


def _western(path: Path, folder: Path) -> Path:
    """A copy in UTF-8 of a text of which no line is UTF-8 unless it is ASCII, as `text.decode` reads it."""
    copy = folder / f"{path.name}.utf8"
    with path.open("rb") as file, copy.open("wb") as out:
        for line in file:
            if line.isascii():
                out.write(line)
                continue
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                out.write(_western_line(line))
            else:
                raise IrregularError("mixed encodings")
    return copy


def _western_line(line: bytes) -> bytes:
    try:
        return line.decode("cp1252").encode("utf-8")
    except UnicodeDecodeError:
        return line.decode("latin-1").encode("utf-8")


def _copied(path: Path, folder: Path, encoding: str) -> Path:
    copy = folder / f"{path.name}.utf8"
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with path.open("rb") as file, copy.open("wb") as out:
            for chunk in _pieces(file):
                out.write(decoder.decode(chunk).encode("utf-8"))
            out.write(decoder.decode(b"", final=True).encode("utf-8"))
    except (UnicodeDecodeError, UnicodeEncodeError):
        raise IrregularError("UTF-16") from None
    return copy


def _pieces(file: BinaryIO) -> Iterable[bytes]:
    return iter(lambda: file.read(_CHUNK), b"")
