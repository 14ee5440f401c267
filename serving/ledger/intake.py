"""One commit: rows in by their natural keys, each told whether it is new, known, or in conflict."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from itertools import islice
from typing import Any, Literal

from sqlalchemy import Connection, Table, select, update
from sqlalchemy.dialects import postgresql, sqlite

from features.errors import FieldProblem
from serving.ledger.cursors import CursorMove, moved
from serving.ledger.gone import ABSORBED, erase, erasures, without_erased
from serving.ledger.schema import IDEMPOTENCY_KEYS, LEADS
from serving.ledger.sent import Kept, Sent, kept

Noted = Literal["stored", "known", "conflict", "refused"]
_AT_ONCE = 500
"""Rows of one statement: SQLite takes so many parameters."""
_CONFLICT = FieldProblem(
    "event_id", "was sent before with other content", "Give each event an id of its own within its source."
)
_OTHER = FieldProblem("key", "was sent before with other content", "Send it under a key of its own.")


@dataclass(frozen=True)
class Submission:
    """What one caller sent at once, with its idempotency key and the digest of its body.

    `moves`: the cursor of the source that it was pulled from.
    """

    items: tuple[Sent, ...]
    caller: str
    key: str | None
    digest: str
    now_us: int
    moves: CursorMove | None = None

    @property
    def name(self) -> tuple[str, str | None]:
        """Whose request it is."""
        return self.caller, self.key


@dataclass(frozen=True)
class Receipt:
    """What became of the items of one submission, in their order; all of it is on the disk.

    `problems` stand beside `items`, None where there is none. `replayed`: the idempotency key was used before
    with the same body, and this is that receipt. `key_conflict`: with another body; nothing was stored.
    `cursor_conflict`: another one has moved the source's cursor; nothing was stored.
    """

    items: tuple[Noted, ...] = ()
    problems: tuple[FieldProblem | None, ...] = ()
    replayed: bool = False
    key_conflict: bool = False
    cursor_conflict: bool = False

    def count(self, noted: Noted) -> int:
        """How many items are so."""
        return self.items.count(noted)


def store(connection: Connection, submissions: Sequence[Submission]) -> list[Receipt]:
    """Store all of `submissions` in the transaction of `connection`; one receipt each."""
    answered: dict[int, Receipt] = {}
    again: dict[int, int] = {}  # a key that comes twice within this commit → where it came first
    fresh: list[int] = []
    for place, one in enumerate(submissions):
        claimed = _claimed(connection, one)
        if one.moves is not None and not moved(connection, one.moves, one.now_us):
            answered[place] = Receipt(cursor_conflict=True)
        elif isinstance(claimed, Receipt):
            answered[place] = claimed
        elif claimed:
            fresh.append(place)
        else:
            again[place] = next(p for p in fresh if submissions[p].name == one.name)
    rows = [[kept(item, submissions[place].now_us) for item in submissions[place].items] for place in fresh]
    rows = without_erased(connection, rows)
    flat = [row for one in rows for row in one if isinstance(row, Kept)]
    found = _insert_all(connection, flat)
    _add_leads(connection, flat)
    if erased := erasures(flat):
        erase(connection, erased, submissions[0].now_us)
    for place, one_rows in zip(fresh, rows, strict=True):
        answered[place] = _receipt(one_rows, found)
        _keep_receipt(connection, submissions[place], answered[place])
    answered |= {place: replace(answered[first], replayed=True) for place, first in again.items()}
    return [answered[place] for place in range(len(submissions))]


class _Found:
    """Digests that the ledger holds by (table, natural key), and which of them are new with this commit."""

    def __init__(self) -> None:
        self.digests: dict[tuple[str, str], str] = {}
        self.new: set[tuple[str, str]] = set()

    def note(self, row: Kept) -> tuple[Noted, FieldProblem | None]:
        """What became of `row`; a row is new once."""
        place = (row.table.name, row.natural_key)
        if self.digests[place] != row.digest:
            return "conflict", _CONFLICT if row.table.name == "events" else _OTHER
        if place not in self.new:
            return "known", None
        self.new.remove(place)
        return "stored", None


def _receipt(rows: Iterable[Kept | FieldProblem], found: _Found) -> Receipt:
    noted = [("refused", row) if isinstance(row, FieldProblem) else found.note(row) for row in rows]
    return Receipt(tuple(word for word, _ in noted), tuple(problem for _, problem in noted))


def _insert_all(connection: Connection, rows: Sequence[Kept]) -> _Found:
    found, by_table = _Found(), defaultdict[str, dict[str, Kept]](dict)
    for row in rows:
        by_table[row.table.name].setdefault(row.natural_key, row)  # of two alike the first
    for name, distinct in sorted(by_table.items()):
        for part in _parts(_ordered(connection, distinct)):
            table = part[0].table
            new = _inserted(connection, table, [row.row for row in part])
            found.new |= {(name, key) for key in new}
            known = [row.natural_key for row in part if row.natural_key not in new]
            found.digests |= {(name, row.natural_key): row.digest for row in part}
            found.digests |= {(name, key): digest for key, digest in _digests(connection, table, known)}
    return found


def _ordered(connection: Connection, rows: dict[str, Kept]) -> list[Kept]:
    """In the order of arrival; where others write too, in one that all keep, so that none blocks another."""
    alone = connection.dialect.name == "sqlite"
    return list(rows.values()) if alone else [rows[key] for key in sorted(rows)]


def _inserted(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> set[str]:
    """The natural keys that were not there before."""
    return set(connection.execute(_inserting(connection.dialect.name, table), rows).scalars())


@cache
def _inserting(dialect: str, table: Table) -> Any:
    """What `_inserted` asks for at every commit, made once."""
    return _insert_new(dialect, table).returning(table.c.natural_key)


def insert_new(connection: Connection, table: Table) -> Any:
    """An INSERT that passes over rows whose key is there already."""
    return _insert_new(connection.dialect.name, table)


def _insert_new(dialect: str, table: Table) -> Any:
    return (sqlite if dialect == "sqlite" else postgresql).insert(table).on_conflict_do_nothing()


def _digests(connection: Connection, table: Table, keys: Sequence[str]) -> list[tuple[str, str]]:
    if not keys:
        return []
    query = select(table.c.natural_key, table.c.digest).where(table.c.natural_key.in_(keys))
    return [(key, digest) for key, digest in connection.execute(query)]


def _add_leads(connection: Connection, rows: Sequence[Kept]) -> None:
    """Each lead of whom something was sent, or into which another was merged.

    A change of an imported history does not make a lead.
    """
    leads: dict[str, dict[str, Any]] = {}
    for table, row in ((row.table.name, row.row) for row in rows):
        sent = table == "field_history" and row["origin"] != "history"
        if sent or (table == "decisions" and row["kind"] == ABSORBED):
            leads.setdefault(
                row["lead_id"], {name: row[name] for name in ("lead_id", "source", "recorded_us")}
            )
    for part in _parts(leads.values()):
        connection.execute(insert_new(connection, LEADS), part)


def _claimed(connection: Connection, one: Submission) -> Receipt | bool:
    """The receipt of a key that was used before; True where it is new, and from now on taken.

    False where it came before in this very commit.
    """
    if one.key is None:
        return True
    table = IDEMPOTENCY_KEYS
    row = {
        "caller": one.caller,
        "key": one.key,
        "digest": one.digest,
        "receipt": "",
        "recorded_us": one.now_us,
    }
    if connection.execute(insert_new(connection, table).values(row).returning(table.c.key)).first():
        return True
    query = select(table.c.digest, table.c.receipt).where(
        table.c.caller == one.caller, table.c.key == one.key
    )
    digest, receipt = connection.execute(query).one()
    if digest != one.digest:
        return Receipt(key_conflict=True)
    return _read_receipt(receipt) if receipt else False


def _keep_receipt(connection: Connection, one: Submission, receipt: Receipt) -> None:
    if one.key is None:
        return
    problems = [problem and asdict(problem) for problem in receipt.problems]
    content = json.dumps({"items": receipt.items, "problems": problems})
    table = IDEMPOTENCY_KEYS
    where = (table.c.caller == one.caller) & (table.c.key == one.key) & (table.c.receipt == "")
    connection.execute(update(table).where(where).values(receipt=content))


def _read_receipt(text: str) -> Receipt:
    content = json.loads(text)
    problems = tuple(problem and FieldProblem(**problem) for problem in content["problems"])
    return Receipt(tuple(content["items"]), problems, replayed=True)


def _parts(rows: Iterable[Any]) -> Iterable[list[Any]]:
    rows = iter(rows)
    while part := list(islice(rows, _AT_ONCE)):
        yield part
