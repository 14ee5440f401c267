"""What was found in exports, column by column, as a table for people: no personal value is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from features.discovery.usable import NEVER_FIELDS, why_unused
from features.leaks import WhenKnown
from features.profiles import ColumnProfile, Company, TableProfile, date_column, stage_column
from features.profiles.table import masked

FINDING_COLUMNS = ("table", "column", "role", "filled", "distinct", "example", "remark")
LEAST = ("example", "distinct", "filled", "table")
"""The columns that a narrow terminal leaves out, the first one first."""
_LOOKED_AT = 10_000
_DONE = {"left out": "left out", "marked": "kept, marked"}
_WHY_NOT = {
    "modified_at": "changes with every edit",
    "person": "names a person or a case",
    "outcome_at": "dates the outcome",
}


@dataclass(frozen=True)
class Finding:
    """One column as found: table, column, its role or type, fill in [0, 1], distinct values, an example."""

    table: str
    column: str
    role: str
    fill: float
    distinct: int
    example: str
    remark: str

    def row(self) -> tuple[str, str, str, str, str, str, str]:
        """The finding as cells of a printed table, under `FINDING_COLUMNS`."""
        return (
            self.table, self.column, self.role, f"{self.fill:.0%}", f"{self.distinct:,}", self.example,
            self.remark,
        )  # fmt: skip


def list_findings(
    company: Company,
    outcome: str | None,
    used: set[str],
    judged: tuple[WhenKnown, ...],
    decided: Mapping[str, str],
) -> list[Finding]:
    """One row a column: of the leads, then of the tables beside them; `used` are the columns of fields,
    `decided` what is remarked on those that a person decided on.
    """
    remarks = {one.column: f"{_DONE[one.treatment]}: {one.kind}, {one.reason}" for one in judged if one.kind}
    remarks |= decided
    rows = []
    for column in company.leads.columns.values():
        role = "outcome" if column.name == outcome else column.role or str(column.format.type)
        remark = remarks.get(column.name) or _remark_of(column, column.name in used, role == "outcome")
        rows.append(_finding(company.leads, column, role, remark, personal=column.personal))
    for joined in company.joined:
        special = {
            joined.key: "lead id",
            date_column(joined.table): "time",
            stage_column(joined.table, joined.key): "kind",
        }
        rows.extend(
            _finding(
                joined.table,
                column,
                special.get(column.name, str(column.format.type)),
                joined.kind,
                personal=column.personal or column.name == joined.key,
            )
            for column in joined.table.columns.values()
        )
    return rows


def fold_empty(findings: Sequence[Finding], most: int = 5) -> tuple[list[Finding], str | None]:
    """The findings without empty columns where these are more than `most`, and a sentence on them."""
    empty = [found.column for found in findings if found.distinct == 0]
    if len(empty) <= most:
        return list(findings), None
    kept = [found for found in findings if found.distinct]
    return kept, f"{len(empty):,} columns without a value are not listed: {', '.join(empty[:3])}, …"


def _finding(
    table: TableProfile, column: ColumnProfile, role: str, remark: str, *, personal: bool
) -> Finding:
    cells = table.raw.frame[column.name].dropna().head(_LOOKED_AT).astype(str)
    cells = cells[~cells.isin(column.format.missing)]
    commonest = str(cells.value_counts().index[0]) if len(cells) else ""
    fill = column.format.filled / max(table.rows, 1)
    example = masked(commonest, personal)
    return Finding(table.raw.name, column.name, role, fill, column.format.distinct, example, remark)


def _remark_of(column: ColumnProfile, used: bool, ended: bool) -> str:
    """Why a column is not a field, or what is odd about it."""
    parts = []
    if not used and column.role is not None and column.role in _WHY_NOT:
        parts.append(f"not used: {_WHY_NOT[column.role]}")
    elif not used and not ended and column.role not in NEVER_FIELDS:
        parts.append(f"not used: {why_unused(column)}")
    if column.format.missing:
        parts.append(f"{', '.join(repr(text) for text in column.format.missing[:3])} = missing")
    if column.format.misfits:
        parts.append(f"{column.format.misfits:,} cells are no {column.format.type}")
    if column.format.dated:
        parts.append(f"{column.format.dated:,} cells are dates, written in several ways: write all in one")
    return "; ".join(part for part in parts if part)
