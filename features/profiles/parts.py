"""An export's tables: one for most files, several for a workbook with sheets or a zip with files."""

from __future__ import annotations

from pathlib import Path

from features.exports import read_raw
from features.exports.container import table_address
from features.exports.reader import list_parts
from features.profiles.profile import profile
from features.profiles.table import TableProfile


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
