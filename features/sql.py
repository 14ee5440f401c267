"""Words of SQL: texts and names as the engine reads them."""

from __future__ import annotations

TRIM = " \t\n\r\v\f"  # what the engine trims


def quoted(text: str) -> str:
    """`text` as an SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def named(column: str) -> str:
    """`column` as an SQL identifier."""
    return '"' + column.replace('"', '""') + '"'
