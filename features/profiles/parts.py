"""An export's tables: one for most files, several for a workbook; without a header it is refused."""

from __future__ import annotations

from pathlib import Path

from features.cells import moment, number
from features.cells.contact import looks_like_email
from features.errors import LeadscoreError
from features.exports import read_raw
from features.exports.container import table_address
from features.exports.reader import list_parts
from features.profiles.profile import profile
from features.profiles.table import ColumnProfile, TableProfile

_SHARE = 0.5
_FEW = 200


def refuse_headerless(table: TableProfile, outcome: str | None) -> str | None:
    """Raises where the "names" of the columns are cells: the first lead of a file without a header.

    A name that recurs among the cells of its own column, a date above dates, an address above addresses is
    none. Numbers above numbers may be years, and count only beside such. Where the reader saw that itself it
    made names ("column 1"); then it is enough that the option `outcome` says which is the outcome.

    Returns: a sentence on names that were made, None where the file has its own.

    Raises:
        LeadscoreError: with how many names look like cells, and what to write above them.
    """
    columns = list(table.columns.values())
    if table.raw.dialect.text is not None and table.raw.dialect.header_line is None:
        if outcome is not None:
            return (
                f"{table.raw.name}: has no header; its columns are called 'column 1' to '{columns[-1].name}'"
            )
        raise LeadscoreError(
            f"{table.raw.name}: has no header, so that nothing says which column is the outcome.",
            "Write a line of names above the first row (such as: id, created, source, outcome); or go on "
            f"with 'column 1' to 'column {len(columns)}', and name the outcome: --outcome 'column 5=VALUE'.",
        )
    surely = sum(_is_a_cell(table, column) for column in columns)
    perhaps = sum(column.format.type == "number" and number(column.name) is not None for column in columns)
    if surely == 0 or surely + perhaps < max(2, _SHARE * len(columns)):
        return None
    raise LeadscoreError(
        f"{table.raw.name}: has no header: {surely + perhaps} of the {len(columns)} cells of its first line "
        "are like those below them, so that they name no column.",
        "Write a line of names above the first row (such as: id, created, source, outcome), or export the "
        "file with its header; or leave this file out.",
    )


def _is_a_cell(table: TableProfile, column: ColumnProfile) -> bool:
    name = column.name.strip()
    if column.format.type == "date":
        order = (column.format.format or "").removeprefix("excel_") or None
        return moment(name, order) is not None or moment(name, None) is not None  # type: ignore[arg-type]
    if column.format.type == "email":
        return looks_like_email(name)
    if column.format.type not in ("category", "boolean") or column.format.distinct > _FEW:
        return False
    return bool((table.cells(column.name) == name).any())


def read_tables_of(path: Path, *, strict: bool = False) -> list[TableProfile]:
    """The tables in the file `path`, each with its columns; a part is called `file#part`, as in a recipe.

    A `path` may itself name one part so.

    Sheets and files of a single column or without rows are notes, not tables, where others hold some.

    Raises:
        LeadscoreError: the file or one of its parts cannot be read as a table.
    """
    parts = () if table_address(path)[1] else list_parts(path)
    if not parts:
        return [profile(path, read_raw(path, strict=strict))]
    read = [profile(Path(f"{path}#{part}"), read_raw(path, part=part, strict=strict)) for part in parts]
    tables = [table for table in read if table.rows > 1 and len(table.columns) > 1]
    return tables or read[:1]
