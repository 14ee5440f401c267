"""From exports that nobody has seen to a recipe: what each table and column is, and what must not be used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.clock import now_us
from features.errors import LeadscoreError
from features.rawtable import read_raw
from training.account_join import with_accounts
from training.column_profile import ColumnProfile, TableProfile, masked, profile
from training.history_shape import propose_horizon, propose_start
from training.leaks import Suspect, find_leaks
from training.outcome_guess import find_column
from training.outcome_source import OutcomeSource, find_outcome
from training.recipe_writer import Draft, DraftField, field_names, write_recipe
from training.table_kinds import Company, date_column, stage_column, tell_apart

_NEVER_FIELDS = frozenset(
    {"id", "created_at", "account_id", "cost", "opted_out", "outcome_at", "modified_at", "person"}
)
_WHY_NOT = {
    "modified_at": "changes with every edit",
    "person": "names a person",
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
        """The finding as cells of a printed table."""
        return (
            self.table, self.column, self.role, f"{self.fill:.0%}", f"{self.distinct:,}", self.example,
            self.remark,
        )  # fmt: skip


@dataclass(frozen=True)
class Discovery:
    """A recipe for exports, as text, with what it rests on.

    `findings` has one row a column; `suspects` are the columns left out because they know the outcome;
    `remarks` are sentences on what was assumed or not understood; `quality` counts (file, kind, rows,
    treatment) of what was odd in the files.
    """

    recipe_toml: str
    findings: tuple[Finding, ...]
    suspects: tuple[Suspect, ...]
    remarks: tuple[str, ...]
    quality: tuple[tuple[str, str, int, str], ...]


def discover(
    paths: Sequence[Path | str],
    *,
    outcome: str | None = None,
    time: str | None = None,
    id: str | None = None,
    exclude: Sequence[str] = (),
    folder: Path | None = None,
    name: str | None = None,
    strict: bool = False,
) -> Discovery:
    """The recipe that fits the exports `paths`: leads, and perhaps events, outcomes, accounts, history.

    `outcome` is "COLUMN=VALUE" (values cut by '|'), `time` and `id` are columns of the leads, `exclude`
    columns that no model may see. File names in the recipe are relative to `folder`, where it will be saved.

    Raises:
        LeadscoreError: a file is not readable, or a question is left that only an option can answer.
    """
    tables = [profile(Path(path), read_raw(path, strict=strict)) for path in paths]
    _check(tables)
    company = tell_apart(tables, id)
    leads, relation = with_accounts(company, folder)
    company = replace(company, leads=leads)
    excluded = {find_column(leads, column, "--exclude") for column in exclude}
    _answer(leads, id, time)
    ended = find_outcome(company, outcome)
    order, dated = _order(leads)
    suspects = _suspects(leads, ended, order, dated, excluded)
    draft = _draft(company, ended, suspects, excluded, folder, name, relation)
    remarks = [remark for table in tables for remark in table.remarks] + draft.remarks
    return Discovery(
        recipe_toml=write_recipe(draft),
        findings=tuple(_findings(company, ended, draft, suspects, excluded)),
        suspects=suspects,
        remarks=tuple(remarks),
        quality=tuple((t.raw.name, *count) for t in tables for count in t.raw.counts()),
    )


def _check(tables: Sequence[TableProfile]) -> None:
    if not tables:
        raise LeadscoreError("no export was given.", "Name at least the export of the leads.")
    for table in tables:
        if table.rows == 0:
            raise LeadscoreError(
                f"{table.raw.name}: has a header and no rows.", "Export the list again, with its rows."
            )
        if len(table.columns) < 2:
            raise LeadscoreError(
                f"{table.raw.name}: has one column; leads need an outcome and something known of them.",
                "Export more columns, or check that the file's delimiter is a comma, semicolon, tab or bar.",
            )


def _answer(leads: TableProfile, id_column: str | None, time: str | None) -> None:
    """Enters what the options say, and where nothing says when leads came, the fullest early date."""
    columns = leads.columns
    if id_column is not None:
        _give_role(leads, find_column(leads, id_column, "--id"), "id")
    if time is not None:
        column = columns[find_column(leads, time, "--time")]
        if column.format.type not in ("date", "number", "id"):
            raise LeadscoreError(
                f"--time {time}: holds neither dates nor numbers that order the leads.",
                "Name a column of dates, or leave the option out: the order of rows stands for time.",
            )
        _give_role(leads, column.name, "created_at")
    elif leads.role("created_at") is None and (guess := _earliest_date(leads)) is not None:
        _give_role(leads, guess, "created_at")
        leads.remarks.append(f"{guess}: taken for the creation of the lead, as its earliest date")
    created = leads.role("created_at")
    if created is not None and created.format.type == "date":
        values = leads.values(created.name)
        if float(np.nanmin(values.astype(np.float64), initial=np.inf)) > now_us():
            raise LeadscoreError(
                f"{leads.raw.name}: every date in column '{created.name}' lies in the future.",
                "Check the clock and the date format, or name another column: --time COLUMN.",
            )


def _give_role(leads: TableProfile, name: str, role: Any) -> None:
    for column in list(leads.columns.values()):
        if column.role == role:
            leads.columns[column.name] = replace(column, role=None)
    leads.columns[name] = replace(leads.columns[name], role=role)


def _earliest_date(leads: TableProfile) -> str | None:
    """The full date column that comes first in most rows; none that a preset gives another role."""
    dates = [
        column.name
        for column in leads.columns.values()
        if column.format.type == "date" and column.role is None and column.format.filled >= 0.8 * leads.rows
    ]
    middle = {name: float(np.nanmedian(leads.values(name))) for name in dates}
    return min(middle, key=lambda name: middle[name], default=None)


def _order(leads: TableProfile) -> tuple[NDArray[np.float64], bool]:
    """What sorts the leads in time, and whether it is a date: else a column, else the order of rows."""
    created = leads.role("created_at")
    if created is None:
        return np.arange(leads.rows, dtype=np.float64), False
    values = np.asarray(leads.values(created.name), dtype=np.float64)
    return np.where(np.isfinite(values), values, np.nanmin(values)), created.format.type == "date"


def _usable(column: ColumnProfile, rows: int) -> bool:
    """Whether a column could be a field: it varies, recurs, and has no other part to play."""
    varies = column.format.distinct > 1 or 0 < column.format.filled < rows
    words = column.format.type != "text" or column.means is not None
    return varies and words and column.format.type not in ("id", "empty") and column.role not in _NEVER_FIELDS


def _suspects(
    leads: TableProfile, ended: OutcomeSource, order: NDArray[np.float64], dated: bool, excluded: set[str]
) -> tuple[Suspect, ...]:
    """Leaks by measurement, and dates that lie after the lead's creation."""
    names = [
        name
        for name, column in leads.columns.items()
        if _usable(column, leads.rows) and name not in excluded and name not in ended.columns
    ]
    columns = {name: leads.values(name) for name in names}
    found = find_leaks(columns, ended.won, order, closed=ended.closed, dated=dated)
    known = {suspect.column for suspect in found}
    late = [
        Suspect(
            name, "after creation", "its dates lie after the lead's creation, so that it was not known then"
        )
        for name in names
        if dated
        and name not in known
        and leads.columns[name].format.type == "date"
        and _lies_after(columns[name].astype(np.float64), order)
    ]
    return (*found, *late)


def _lies_after(values: NDArray[np.float64], created: NDArray[np.float64]) -> bool:
    day = 86_400_000_000
    filled = np.isfinite(values)
    return bool(filled.any() and (values[filled] > created[filled] + day).mean() > 0.2)


def _draft(
    company: Company,
    ended: OutcomeSource,
    suspects: tuple[Suspect, ...],
    excluded: set[str],
    folder: Path | None,
    name: str | None,
    relation: str | None,
) -> Draft:
    """Everything that the recipe says."""
    leads, events = company.leads, company.kind("events")
    reasons = {suspect.column: f"{suspect.kind}: {suspect.reason}" for suspect in suspects}
    reasons |= dict.fromkeys(excluded, "left out by --exclude")
    usable = [
        column
        for column in leads.columns.values()
        if _usable(column, leads.rows) and column.name not in ended.columns
    ]
    names = field_names(usable)
    fields = [DraftField(names[column.name], column, reasons.get(column.name)) for column in usable]
    created = leads.role("created_at")
    draft = Draft(
        name=name or leads.path.name.split(".")[0],
        leads=leads,
        fields=fields,
        outcome=ended,
        crm=leads.crm,
        folder=folder,
        relation=relation,
        events=events,
        history=company.kind("field_history"),
    )
    if created is not None and created.format.type == "date" and ended.occurred is not None:
        values = np.asarray(leads.values(created.name), dtype=np.float64)
        draft.horizon, draft.horizon_reason = propose_horizon(values, ended.occurred)
        draft.train_from = propose_start(values, ended.occurred)
    _remark(draft, company, created)
    return draft


def _remark(draft: Draft, company: Company, created: ColumnProfile | None) -> None:
    """Says what was not understood."""
    if created is None:
        draft.remarks.append(
            "no date says when leads came: the order of rows stands for time (or --time COLUMN)"
        )
    for table in company.unknown:
        draft.remarks.append(
            f"{table.raw.name}: nothing in it names a lead of {draft.leads.raw.name}; not used"
        )
    for joined in company.joined:
        if joined.kind == "other" or (joined.kind == "accounts" and draft.relation is None):
            draft.remarks.append(
                f"{joined.table.raw.name}: belongs to the leads by '{joined.key}', but is not used"
            )


def _findings(
    company: Company, ended: OutcomeSource, draft: Draft, suspects: tuple[Suspect, ...], excluded: set[str]
) -> list[Finding]:
    """One row a column: of the leads, then of the tables beside them."""
    remarks = {suspect.column: f"left out: {suspect.kind}, {suspect.reason}" for suspect in suspects}
    remarks |= dict.fromkeys(excluded, "left out by --exclude")
    used = {field.column.name for field in draft.fields}
    rows = []
    for column in company.leads.columns.values():
        role = "outcome" if column.name == ended.main else column.role or str(column.format.type)
        remark = remarks.get(column.name) or _remark_of(column, column.name in used, company.leads.rows)
        rows.append(_finding(company.leads, column, role, remark))
    for joined in company.joined:
        special = {
            joined.key: "lead id",
            date_column(joined.table): "time",
            stage_column(joined.table, joined.key): "kind",
        }
        rows.extend(
            _finding(joined.table, column, special.get(column.name, str(column.format.type)), joined.kind)
            for column in joined.table.columns.values()
        )
    return rows


def _finding(table: TableProfile, column: ColumnProfile, role: str, remark: str) -> Finding:
    cells = table.cells(column.name).dropna()
    commonest = str(cells.value_counts().index[0]) if len(cells) else ""
    fill = column.format.filled / max(table.rows, 1)
    example = masked(commonest, column.personal)
    return Finding(table.raw.name, column.name, role, fill, column.format.distinct, example, remark)


def _remark_of(column: ColumnProfile, used: bool, rows: int) -> str:
    """Why a column is not a field, or what is odd about it."""
    parts = []
    if not used and column.role is not None and column.role in _WHY_NOT:
        parts.append(f"not used: {_WHY_NOT[column.role]}")
    elif not used and column.role not in _NEVER_FIELDS:
        found = column.format.type
        why = {"empty": "no values", "id": "all values differ", "text": "free text"}.get(
            found, "one value only"
        )
        parts.append(f"not used: {why}" if column.role != "outcome" else "")
    if column.format.missing:
        parts.append(f"{', '.join(repr(text) for text in column.format.missing[:3])} = missing")
    if column.format.misfits:
        parts.append(f"{column.format.misfits:,} cells are no {column.format.type}")
    if column.known == "current" and used:
        parts.append("overwritten as time goes by")
    return "; ".join(part for part in parts if part)
