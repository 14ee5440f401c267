"""Tells leads, events, outcomes, accounts and field history apart, and the columns that join them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from features.errors import LeadscoreError
from features.profiles.endings import divide_stages, won_among
from features.profiles.keys import FITS, Pointer, find_pointer, keys_of, nearly_keys, refuse_no_match
from features.profiles.presets import plain
from features.profiles.table import TableProfile

TableKind = Literal["leads", "events", "outcomes", "accounts", "field_history", "other"]

_NAMED: dict[TableKind, re.Pattern[str]] = {
    "leads": re.compile(r"\b(?:leads?|contacts?|prospects?|pistes?|mql|qualified|kontakte|interessenten)\b"),
    "events": re.compile(
        r"\b(?:events?|activit\w+|aktivit\w+|interactions?|log|visits?|evenements?|touch\w*|web)\b"
    ),
    "outcomes": re.compile(
        r"\b(?:outcomes?|deals?|opportunit\w+|closed|won|sales|stages?|ventes|affaires|verkaufschancen)\b"
    ),
    "accounts": re.compile(
        r"\b(?:accounts?|compan\w+|organi[sz]ations?|comptes?|entreprises?|societes?|firmen|unternehmen)\b"
    ),
    "field_history": re.compile(r"\b(?:history|historique|changes|audit)\b"),
}
_LISTS = re.compile(
    r"\b(?:products?\d*|produits?|produkte?|artikel|prices?|tarifs?|preise|users?|sellers?|owners?|teams?"
    r"|equipes?|vendeurs?|agents?|reps?|costs?|budgets?|couts?|kosten|calendar|calendrier|kalender|dictionary)\b"
)
_SHORT = 50
"""Fewer rows than this are a list of goods or teams, where another table has five times as many."""


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
        LeadscoreError: no table; or one has a column of the leads' id, and none of its cells names a lead.
    """
    leads = _leads(tables, id_column)
    beside = [table for table in tables if table is not leads]
    pointers = _pointers(beside, leads, id_column)
    joined: list[Joined] = []
    unknown: list[TableProfile] = []
    for table in sorted(beside, key=lambda table: not _calls_itself(table, "accounts")):
        found = _join(table, leads, pointers.get(table.path))
        if found is None:
            refuse_no_match(table, leads)
            unknown.append(table)
        elif found.kind != "accounts" and any(found.kind == other.kind for other in joined):
            joined.append(replace(found, kind="other"))
        else:
            joined.append(found)
    return Company(leads, tuple(joined), tuple(unknown))


def _leads(tables: Sequence[TableProfile], id_column: str | None) -> TableProfile:
    """The table that is most like a list of leads; alone it is the leads."""
    if not tables:
        raise LeadscoreError("no table was given.", "Name at least the export of the leads.")
    with_id = [table for table in tables if id_column is not None and id_column in table.columns]
    return max(with_id or tables, key=lambda table: (_likeness(table, tables), table.rows))


def _likeness(table: TableProfile, tables: Sequence[TableProfile]) -> float:
    """How much a table is like a list of leads, beside the others.

    Other tables tell of its rows, its name says so, it says how cases ended and when they began; a short
    list beside a long one, or one of accounts, goods or sellers, is what leads point to.
    """
    keys = keys_of(table)
    told = sum(_tells_of(other, table, keys) for other in tables if other is not table)
    named = _calls_itself(table, "leads") - (_calls_itself(table, "accounts") or _is_list(table))
    short = table.rows < _SHORT and max(other.rows for other in tables) >= 5 * table.rows
    return 2 * min(told, 2) + 4 * named + 3 * _says_ends(table) + _has_date(table) - 6 * short


def _tells_of(other: TableProfile, table: TableProfile, keys: Sequence[str]) -> bool:
    """Whether a dated table names rows of `table`, most of its values being keys there."""
    pointer = find_pointer(other, table, keys) if keys and _has_date(other) else None
    return pointer is not None and pointer.share >= FITS


def _says_ends(table: TableProfile) -> bool:
    """Whether a column that is called an outcome or a status has a value that reads as a win."""
    ended = [column for column in table.columns.values() if column.role in ("outcome", "status")]
    return any(column.won or won_among(table.cells(column.name).dropna().unique()) for column in ended)


def _has_date(table: TableProfile) -> bool:
    return any(column.format.type == "date" for column in table.columns.values())


def _calls_itself(table: TableProfile, kind: TableKind) -> bool:
    return _NAMED[kind].search(_file_words(table)) is not None


def _is_list(table: TableProfile) -> bool:
    """Whether the file is called after what leads point to: goods, sellers, costs."""
    return _LISTS.search(_file_words(table)) is not None


def _file_words(table: TableProfile) -> str:
    file, _, part = table.path.name.partition("#")
    return plain((part or file).split(".")[0])


def _pointers(
    beside: Sequence[TableProfile], leads: TableProfile, id_column: str | None
) -> dict[Path, Pointer]:
    """Table → its column that names leads, all by one key; that key becomes the leads' id.

    Where the tables name leads by several keys, it is the one that most rows use; the others are not joined.
    """
    asked = id_column is not None and id_column in leads.columns
    keys = [id_column] if asked and id_column is not None else keys_of(leads)
    found = {table.path: pointer for table in beside if (pointer := find_pointer(table, leads, keys))}
    if not found:
        return {}
    rows = {table.path: table.rows for table in beside}
    used = {pointer.key for pointer in found.values()}
    key = max(used, key=lambda key: sum(rows[path] for path, one in found.items() if one.key == key))
    declared = leads.role("id")
    if declared is None or declared.name != key:
        if declared is not None:
            leads.columns[declared.name] = replace(declared, role=None)
        leads.columns[key] = replace(leads.columns[key], role="id")
        leads.remarks.append(
            f"{key}: names the lead, since the files beside it name leads by it (--id COLUMN)"
        )
    return {path: pointer for path, pointer in found.items() if pointer.key == key}


def _join(table: TableProfile, leads: TableProfile, pointer: Pointer | None) -> Joined | None:
    """How a table hangs together with the leads."""
    if pointer is not None:
        return Joined(table, _kind(table, pointer.column), pointer.column, pointer.key)
    pairs = ((own, _account_column(leads, own, set(table.cells(own).dropna()))) for own in nearly_keys(table))
    own, account = next((pair for pair in pairs if pair[1] is not None), (None, None))
    if own is None or account is None:
        return None
    if _is_list(table):
        return Joined(table, "accounts", own, account)
    if leads.role("account_id") is None:
        leads.columns[account] = replace(leads.columns[account], role="account_id")
    return Joined(table, "accounts", own, account)


def _account_column(leads: TableProfile, own: str, keys: set[str]) -> str | None:
    """The leads' column whose values are `keys`: one of that name, the declared account, else what fits."""
    declared = leads.role("account_id")
    named_so = [c for c in leads.columns.values() if c is not declared and plain(c.name) == plain(own)]
    for column in [*named_so, *([declared] if declared else list(leads.columns.values()))]:
        alike = column is declared or column in named_so or column.format.distinct >= 10
        repeats = column.format.type in ("id", "category", "number", "text") and column.role != "id"
        if not (alike and repeats and 1 < column.format.distinct < column.format.filled):
            continue
        values = set(leads.cells(column.name).dropna())
        if len(values & keys) >= FITS * len(values):
            return column.name
    return None


def _kind(table: TableProfile, pointer: str) -> TableKind:
    """What a table that names leads holds."""
    names = {plain(name) for name in table.columns}
    dated = any(column.format.type == "date" for column in table.columns.values())
    changes = any(name in names for name in ("field", "field event", "property", "champ"))
    if dated and changes and ({"value", "new value", "valeur", "nouvelle valeur"} & names):
        return "field_history"
    if table.changes is not None:
        return "field_history"
    once = table.columns[pointer].format.distinct >= 0.95 * table.columns[pointer].format.filled
    stages = stage_column(table, pointer)
    ended = stages is not None and any(divide_stages(dict.fromkeys(table.cells(stages).dropna(), 1)))
    if _calls_itself(table, "events") and dated and not (once and ended):
        return "events"
    if dated and (ended or once or _calls_itself(table, "outcomes")):
        return "outcomes"
    return "events" if dated and not once else "other"


def stage_column(table: TableProfile, pointer: str) -> str | None:
    """The column that says what happened: a stage, status or kind, by its name, else of few values.

    A column that says the same in every row tells nothing, and is taken only where there is no other: of
    tasks the type is "Task" throughout and the subject says what was done.
    """
    few = [
        column
        for column in table.columns.values()
        if column.name != pointer
        and column.format.type in ("category", "boolean")
        and 1 <= column.format.distinct <= 200
    ]
    named = re.compile(r"\b(?:stage|status|outcome|kind|type|event|activity|action|statut|etape|name)\b")
    subjects = re.compile(r"\b(?:subject|title|objet|sujet|titre|betreff)\b")
    telling = {column.name for column in few if column.format.distinct > 1}
    called = [column.name for column in few if named.search(plain(column.name))]
    topics = [column.name for column in few if subjects.search(plain(column.name))]
    ended = [column.name for column in few if won_among(table.cells(column.name).dropna().unique())]
    words = [column.name for column in few if column.format.type == "category"]
    varied = [[name for name in names if name in telling] for names in (called, topics, ended, words)]
    both = [name for name in called if name in ended]
    return next(iter(sum([both, *varied, called, ended, words], list[str]())), None)


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
