"""Tells leads, events, outcomes, accounts and field history apart, and the columns that join them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from features.errors import LeadscoreError
from features.profiles.endings import divide_stages, won_among
from features.profiles.presets import plain
from features.profiles.table import ColumnProfile, TableProfile

TableKind = Literal["leads", "events", "outcomes", "accounts", "field_history", "other"]

_NAMED: dict[TableKind, re.Pattern[str]] = {
    "leads": re.compile(r"\b(?:leads?|contacts?|prospects?|pistes?|mql|qualified)\b"),
    "events": re.compile(r"\b(?:events?|activit\w+|interactions?|log|visits?|evenements?|touch\w*|web)\b"),
    "outcomes": re.compile(
        r"\b(?:outcomes?|deals?|opportunit\w+|closed|won|sales|stages?|ventes|affaires)\b"
    ),
    "accounts": re.compile(r"\b(?:accounts?|compan\w+|organi[sz]ations?|comptes?|entreprises?|societes?)\b"),
    "field_history": re.compile(r"\b(?:history|historique|changes|audit)\b"),
}
_FITS = 0.5


@dataclass(frozen=True)
class Joined:
    """A table beside the leads: its kind, its column that names a lead or account, the leads' column."""

    table: TableProfile
    kind: TableKind
    key: str
    lead_key: str


@dataclass(frozen=True)
class Company:
    """The tables of one company: the leads, what joins them, and what was not understood."""

    leads: TableProfile
    joined: tuple[Joined, ...]
    unknown: tuple[TableProfile, ...]

    def kind(self, kind: TableKind) -> Joined | None:
        """The table of a kind, None where there is none."""
        return next((joined for joined in self.joined if joined.kind == kind), None)


def tell_apart(tables: Sequence[TableProfile], id_column: str | None) -> Company:
    """Which of `tables` holds the leads, and what the others are to it.

    Raises:
        LeadscoreError: no table, or `id_column` is in none of them.
    """
    leads = _leads(tables, id_column)
    joined: list[Joined] = []
    unknown: list[TableProfile] = []
    for table in tables:
        if table is leads:
            continue
        found = _join(table, leads)
        if found is None or any(found.kind == other.kind for other in joined):
            unknown.append(table)
        else:
            joined.append(found)
    return Company(leads, tuple(joined), tuple(unknown))


def _leads(tables: Sequence[TableProfile], id_column: str | None) -> TableProfile:
    """The table that others point to; alone it is the leads."""
    if len(tables) == 1:
        return tables[0]
    with_id = [table for table in tables if id_column is not None and id_column in table.columns]
    able = with_id or [table for table in tables if _key(table) is not None] or list(tables)
    if not able:
        raise LeadscoreError("no table was given.", "Name at least the export of the leads.")
    return max(
        able, key=lambda table: (_pointed_at(table, tables), _calls_itself(table, "leads"), table.rows)
    )


def _calls_itself(table: TableProfile, kind: TableKind) -> bool:
    file, _, part = table.path.name.partition("#")
    return _NAMED[kind].search(plain((part or file).split(".")[0])) is not None


def _pointed_at(table: TableProfile, tables: Sequence[TableProfile]) -> float:
    """How many other tables name rows of this one, events and deals more than the accounts above it."""
    key = _key(table)
    if key is None:
        return 0.0
    count = sum(
        _pointer(other, set(table.cells(key).dropna())) is not None for other in tables if other is not table
    )
    return count - (0.5 if _calls_itself(table, "accounts") else 0.0)


def _key(table: TableProfile) -> str | None:
    column = table.role("id") or _unique(table)
    return column.name if column else None


def _unique(table: TableProfile) -> ColumnProfile | None:
    """A column whose values are all different."""
    return next(
        (
            column
            for column in table.columns.values()
            if column.format.distinct == column.format.filled == table.rows > 1
            and column.format.type in ("id", "category", "number", "email")
        ),
        None,
    )


def _pointer(table: TableProfile, keys: set[str]) -> str | None:
    """The column of `table` most of whose values are `keys`; the one that fits best."""
    shares: dict[str, float] = {}
    for name, column in table.columns.items():
        if column.format.type in ("id", "category", "number", "email", "text") and column.format.distinct > 1:
            values = set(table.cells(name).dropna())
            shares[name] = len(values & keys) / len(values) if values else 0.0
    best = max(shares, key=lambda name: shares[name], default=None)
    return best if best is not None and shares[best] >= _FITS else None


def _join(table: TableProfile, leads: TableProfile) -> Joined | None:
    """How a table hangs together with the leads."""
    key = _key(leads)
    if key is not None and (pointer := _pointer(table, set(leads.cells(key).dropna()))) is not None:
        return Joined(table, _kind(table, pointer), pointer, key)
    own = _key(table)
    account = None if own is None else _account_column(leads, own, set(table.cells(own).dropna()))
    if own is None or account is None:
        return None
    if leads.role("account_id") is None:
        leads.columns[account] = replace(leads.columns[account], role="account_id")
    return Joined(table, "accounts", own, account)


def _account_column(leads: TableProfile, own: str, keys: set[str]) -> str | None:
    """The leads' column whose values are `keys`: the declared account, else one that repeats and fits."""
    declared = leads.role("account_id")
    for column in [declared] if declared else list(leads.columns.values()):
        alike = declared is not None or plain(column.name) == plain(own) or column.format.distinct >= 10
        repeats = column.format.type in ("id", "category", "number", "text") and column.role != "id"
        if not (alike and repeats and 1 < column.format.distinct < column.format.filled):
            continue
        values = set(leads.cells(column.name).dropna())
        if len(values & keys) >= _FITS * len(values):
            return column.name
    return None


def _kind(table: TableProfile, pointer: str) -> TableKind:
    """What a table that names leads holds."""
    names = {plain(name) for name in table.columns}
    dated = any(column.format.type == "date" for column in table.columns.values())
    changes = any(name in names for name in ("field", "field event", "property", "champ"))
    if dated and changes and ({"value", "new value", "valeur", "nouvelle valeur"} & names):
        return "field_history"
    once = table.columns[pointer].format.distinct >= 0.95 * table.columns[pointer].format.filled
    stages = stage_column(table, pointer)
    ended = stages is not None and any(divide_stages(dict.fromkeys(table.cells(stages).dropna(), 1)))
    if _calls_itself(table, "events") and not once and dated:
        return "events"
    if dated and (ended or once or _calls_itself(table, "outcomes")):
        return "outcomes"
    return "events" if dated and not once else "other"


def stage_column(table: TableProfile, pointer: str) -> str | None:
    """The column that says what happened: a stage, status or kind, by its name, else of few values."""
    few = [
        column
        for column in table.columns.values()
        if column.name != pointer
        and column.format.type in ("category", "boolean")
        and 1 <= column.format.distinct <= 200
    ]
    named = re.compile(r"\b(?:stage|status|outcome|kind|type|event|activity|action|statut|etape|name)\b")
    called = [column.name for column in few if named.search(plain(column.name))]
    ended = [column.name for column in few if won_among(table.cells(column.name).dropna().unique())]
    words = [column.name for column in few if column.format.type == "category"]
    return next(iter([*(name for name in called if name in ended), *called, *ended, *words]), None)


def date_column(table: TableProfile) -> str | None:
    """The column that says when: the fullest date, names of events and outcomes before others."""
    dates = [column for column in table.columns.values() if column.format.type == "date"]
    named = re.compile(r"\b(?:occurred|event|won|closed|time|timestamp|date|at|when)\b")
    best = max(
        dates,
        key=lambda column: (
            column.role != "modified_at" and "ingest" not in column.name.lower(),
            column.format.filled >= 0.95 * table.rows,
            column.role == "outcome_at",
            named.search(plain(column.name)) is not None,
        ),
        default=None,
    )
    return best.name if best else None
