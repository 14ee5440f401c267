"""Opens an export, whatever it is wrapped in, and says what kind of file it is by its bytes, not its name."""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

from features.errors import LeadscoreError

FileKind = Literal["text", "xlsx", "parquet"]

# Text is held in memory cell by cell, at about eight times its size: beyond this, a columnar file is needed.
LARGEST_TEXT = 1_500_000_000
ACCEPTED = "CSV or other delimited text, XLSX, Parquet, and these in gzip or zip"

_ZIP, _GZIP, _PARQUET, _OLE = b"PK\x03\x04", b"\x1f\x8b", b"PAR1", b"\xd0\xcf\x11\xe0"
_FOREIGN = {
    b"%PDF": ("a PDF document", "Export the list itself as CSV or XLSX."),
    b"SQLite format 3": ("an SQLite database", "Export the table as CSV or Parquet, or name it in a recipe."),
    b"\x89PNG": ("a picture", "Export the list itself as CSV or XLSX."),
    b"7z\xbc\xaf": ("a 7-Zip archive", "Unpack it first."),
    b"Rar!": ("a RAR archive", "Unpack it first."),
}
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:\[\s*)?\{\s*[\"}]")
_WEB = (b"<html", b"<!doctype html", b"<table", b"<?xml", b"<meta")


@dataclass(frozen=True)
class ExportContent:
    """The unwrapped bytes of an export, its kind, and the archive member that they come from."""

    content: bytes
    kind: FileKind
    member: str | None = None
    compression: Literal["gzip", "zip"] | None = None


def table_address(address: Path | str) -> tuple[Path, str | None]:
    """The file that an address names, and its part: 'crm.xlsx#Leads' is the sheet Leads of crm.xlsx.

    A file whose own name has a '#' is that file.
    """
    path = Path(address)
    name, mark, part = str(address).rpartition("#")
    if not mark or not name or not part or path.exists():
        return path, None
    return Path(name), part


def list_members(path: Path) -> tuple[str, ...]:
    """The names of the tables in a zip that is no workbook; empty for any other file.

    Raises:
        LeadscoreError: absent, empty, too large or damaged.
    """
    _check_size(path)
    with path.open("rb") as file:
        zipped = file.read(4) == _ZIP
    if not zipped or _is_workbook(path, content := path.read_bytes()):
        return ()
    return tuple(item.filename for item in _archive(path, content).infolist() if _may_be_table(item))


def open_export(path: Path, part: str | None = None) -> ExportContent:
    """The content of the file `path`, unpacked; `part` names the file of a zip that is meant.

    Raises:
        LeadscoreError: absent, empty, too large, protected, or of a kind that is not accepted.
    """
    _check_size(path)
    content = path.read_bytes()
    if content.startswith(_GZIP):
        return ExportContent(*_known(path, _gunzip(path, content)), compression="gzip")
    if content.startswith(_ZIP) and not _is_workbook(path, content):
        member, inner = _unzip(path, content, part)
        return ExportContent(*_known(path, inner), member=member, compression="zip")
    return ExportContent(*_known(path, content))


def too_large(path: Path) -> LeadscoreError:
    """The error for text beyond `LARGEST_TEXT`."""
    return LeadscoreError(
        f"{path.name}: holds more than {LARGEST_TEXT / 1e9:.1f} GB of text, more than is read at once.",
        "Convert it to Parquet (DuckDB: COPY (FROM 'file.csv') TO 'file.parquet') and name that file.",
    )


def unreadable_parquet(name: str) -> LeadscoreError:
    """The error for a Parquet file that cannot be read."""
    return LeadscoreError(f"{name}: is not a readable Parquet file.", "Write or copy it again.")


def kind_of_start(path: Path, head: bytes) -> FileKind | Literal["packed"] | None:
    """The kind of a file that starts with `head` (64 kB), packed in gzip; None: all of it must be seen."""
    if head.startswith(_PARQUET):
        return "parquet"
    if head.startswith(_GZIP):
        return "packed"
    if head.startswith((_ZIP, _OLE)):
        return None
    try:
        return _known(path, head)[1]
    except LeadscoreError:  # who reads the whole says what it is
        return None


def _check_size(path: Path) -> None:
    if path.is_dir():
        raise LeadscoreError(f"{path}: is a folder; one file is accepted here.", f"Name a file: {ACCEPTED}.")
    if not path.exists():
        raise LeadscoreError(f"{path}: no such file.", "Check the path, or the name of the export.")
    if path.stat().st_size == 0:
        raise LeadscoreError(f"{path.name}: is empty (0 bytes).", "Export the list again.")
    with path.open("rb") as file:
        columnar = file.read(4) == _PARQUET
    if path.stat().st_size > LARGEST_TEXT and not columnar:
        raise too_large(path)


def _known(path: Path, content: bytes) -> tuple[bytes, FileKind]:
    """The content with its kind, or the error that says what else it is."""
    if content.startswith(_PARQUET):
        return content, "parquet"
    if content.startswith(_ZIP) and _is_workbook(path, content):
        return content, "xlsx"
    if content.startswith(_OLE):
        raise _old_or_locked(path, content)
    for magic, (what, remedy) in _FOREIGN.items():
        if content.startswith(magic):
            raise LeadscoreError(f"{path.name}: is {what}; accepted are {ACCEPTED}.", remedy)
    if content.lstrip(b"\xef\xbb\xbf \t\r\n")[:15].lower().startswith(_WEB):
        raise LeadscoreError(
            f"{path.name}: is a web page or XML, as some CRMs write under the name .xls; "
            f"accepted are {ACCEPTED}.",
            "Export again as CSV, or open it in a spreadsheet and save it as XLSX.",
        )
    if _JSON.match(content[:1000]):
        raise LeadscoreError(
            f"{path.name}: is JSON; accepted are {ACCEPTED}.",
            "Export again as CSV (DuckDB: COPY (FROM 'file.json') TO 'file.csv') and name that file.",
        )
    if _is_binary(content):
        raise LeadscoreError(
            f"{path.name}: holds binary bytes, not text; accepted are {ACCEPTED}.",
            "Export the list again, or name the right file.",
        )
    if not content.strip(b"\xef\xbb\xbf \t\r\n\x00"):
        raise LeadscoreError(f"{path.name}: holds no text, only blank lines.", "Export the list again.")
    return content, "text"


def _is_binary(content: bytes) -> bool:
    """Whether the start of `content` is no text in any encoding: UTF-16 is text, in spite of its zeros."""
    head = content[:65536]
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return False
    zeros = (head[0::2].count(0), head[1::2].count(0))
    if max(zeros) > 0.3 * len(head) / 2 and min(zeros) == 0:
        return False
    controls = sum(head.count(bytes([code])) for code in range(32) if code not in (9, 10, 12, 13, 26, 27))
    return controls > 0.01 * len(head)


def _old_or_locked(path: Path, content: bytes) -> LeadscoreError:
    """An OLE container is a workbook before 2007, or a newer one that is encrypted."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        return LeadscoreError(
            f"{path.name}: is protected by a password.",
            "Save a copy without the password ('File, Info, Protect'), and name that.",
        )
    return LeadscoreError(
        f"{path.name}: is a workbook of Excel 97-2003 (.xls); accepted are {ACCEPTED}.",
        "Open it in a spreadsheet and save it as XLSX or CSV.",
    )


def _gunzip(path: Path, content: bytes) -> bytes:
    try:
        with gzip.open(BytesIO(content)) as file:
            inner = file.read(LARGEST_TEXT + 1)
    except (OSError, EOFError, zlib.error):
        raise LeadscoreError(f"{path.name}: the gzip is damaged.", "Copy or download it again.") from None
    if len(inner) > LARGEST_TEXT:
        raise too_large(path)
    return inner


def is_workbook(path: Path) -> bool:
    """Whether the file is a workbook as it stands; a damaged one is none."""
    if not path.is_file() or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return "xl/workbook.xml" in archive.namelist()


def _is_workbook(path: Path, content: bytes) -> bool:
    return "xl/workbook.xml" in _archive(path, content).namelist()


def _archive(path: Path, content: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(BytesIO(content))
    except zipfile.BadZipFile:
        raise LeadscoreError(
            f"{path.name}: the zip or workbook is damaged or incomplete.", "Copy or export it again."
        ) from None


def _unzip(path: Path, content: bytes, part: str | None) -> tuple[str, bytes]:
    """The table inside a zip that is called `part`, or the only one, with its name."""
    archive = _archive(path, content)
    if "content.xml" in archive.namelist():
        raise LeadscoreError(
            f"{path.name}: is an OpenDocument; accepted are {ACCEPTED}.", "Save it as XLSX or CSV."
        )
    found = [item for item in archive.infolist() if _may_be_table(item)]
    tables = [item for item in found if part in (None, item.filename)]
    if len(tables) != 1:
        names = ", ".join(item.filename for item in found[:10]) or "none"
        if part is not None:
            raise LeadscoreError(
                f"{path.name}: holds no table {part!r}; it has {names}.", "Name one of these."
            )
        raise LeadscoreError(
            f"{path.name}: holds {len(tables)} files that may be tables ({names}); one is accepted.",
            "Unpack the archive and name its files.",
        )
    if tables[0].file_size > LARGEST_TEXT:
        raise too_large(path)
    if tables[0].flag_bits & 1:
        raise LeadscoreError(f"{path.name}: is protected by a password.", "Unpack it and name its files.")
    return tables[0].filename, archive.read(tables[0])


def _may_be_table(item: zipfile.ZipInfo) -> bool:
    name = item.filename.lower()
    hidden = name.startswith("__macosx/") or name.rsplit("/", 1)[-1].startswith(".")
    table = name.endswith((".csv", ".tsv", ".txt", ".xlsx", ".parquet", ".csv.gz"))
    return not item.is_dir() and not hidden and table and "readme" not in name
