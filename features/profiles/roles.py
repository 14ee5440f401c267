"""Which column plays which role: by its name, and by whether its cells can."""

from __future__ import annotations

import re
from dataclasses import replace

from features.profiles.presets import Role
from features.profiles.table import ColumnProfile

_SINGLE: tuple[Role, ...] = (
    "id", "created_at", "account_id", "origin", "cost", "opted_out", "outcome_at", "amount",
)  # fmt: skip

_MOST_TITLES, _TITLE_RECURS = 12, 20
_MOST_ENDS = 40
"""A column of more values than this, whatever its name, is no outcome and no stage."""


def settle_roles(columns: dict[str, ColumnProfile], rows: int) -> None:
    """One column a role: the likeliest name among those whose cells can play it; others are plain fields."""
    for column in [c for c in columns.values() if c.role == "person" and not _can(c, "person", rows)]:
        columns[column.name] = replace(column, role=None)
    for role in _SINGLE:
        able = [c for c in columns.values() if c.role == role and _can(c, role, rows)]
        chosen = min(able, key=lambda column: column.place, default=None)
        for column in [c for c in columns.values() if c.role == role and c is not chosen]:
            columns[column.name] = replace(column, role=None)
    for column in [c for c in columns.values() if c.role in ("outcome", "status")]:
        if column.format.distinct > _MOST_ENDS:
            columns[column.name] = replace(column, role=None)
    if not any(column.role == "id" for column in columns.values()):
        _settle_id(columns, rows)


def _settle_id(columns: dict[str, ColumnProfile], rows: int) -> None:
    """The id where no preset knows it: by the words of its name, else the first that tells all rows apart."""
    named = re.compile(
        r"(?:\bid|\bno|\bnum\w*|\bref\w*|\buuid|\bkey|code)$|^(?:n|no|id) (?!of )", re.IGNORECASE
    )
    able = [c for c in columns.values() if c.role is None and _can(c, "id", rows)]
    for column in able:
        spaced = re.sub(r"[_\W]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column.name)).strip()
        if named.search(spaced):
            columns[column.name] = replace(column, role="id")
            return
    unique = [c for c in able if c.format.type == "id" and c.format.distinct == rows]
    if unique:
        columns[unique[0].name] = replace(unique[0], role="id")


def _can(column: ColumnProfile, role: Role, rows: int) -> bool:
    """Whether the cells of a column can play a role."""
    found = column.format
    match role:
        case "id":
            unique = found.distinct >= 0.9 * found.filled and found.filled >= 0.95 * rows
            return unique and found.type not in ("date", "boolean", "text") and rows > 0
        case "created_at":
            return found.type == "date" and found.filled >= 0.8 * rows
        case "outcome_at":
            return found.type == "date"
        case "cost" | "amount":
            return found.type == "number"
        case "opted_out":
            return found.type == "boolean"
        case "account_id":
            return found.distinct > 1
        case "origin":
            return found.type == "category"
        case "person":  # a few forms of address name nobody: "Title" may hold Dr, Mr and Ms
            return found.distinct > _MOST_TITLES or found.filled < _TITLE_RECURS * found.distinct
    return True
