"""Leads that are no record of their own any more: merged into another, deleted, erased; and their way back.

Each is a decision with the moment at which it was taken in the CRM, and a lead's state is the last of them: a
merge that comes after its undoing does not bring it back.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from sqlalchemy import Connection, bindparam, delete, insert, select

from features.errors import FieldProblem, LeadError
from serving.ledger.schema import DECISIONS, METADATA
from serving.ledger.sent import DecisionSent, Kept, kept

Gone = Literal["deletion", "merge", "erasure"]
_AWAY: dict[str, Gone | None] = {
    "deletion": "deletion", "restore": None, "merge": "merge", "unmerge": None, "erasure": "erasure",
}  # fmt: skip
ABSORBED = "absorb"
"""Beside each merge, under the survivor's name, so that both ends of it are found by a lead's id."""
_AT_ONCE = 500
_EVER = 2**62
"""After every moment."""
ERASED = FieldProblem(
    "lead_id", "was erased for good", "Nothing is kept of this lead any more; stop sending it."
)
DELETION = "deletion"
"""The kind of job under which the receipt of a person's deletion is kept."""
_WORDS = {"deletion": "was deleted in the CRM", "erasure": "was erased"}


@dataclass(frozen=True)
class _State:
    """What became of a lead, and which one it was merged into."""

    gone: Gone | None = None
    into: str | None = None


def merge_of(source: str, away: str, into: str, at_us: int, by: str = "") -> list[DecisionSent]:
    """What is to be sent where the record `away` was merged into the record `into`."""
    return [
        DecisionSent(source, away, "merge", at_us, by, content=into),
        DecisionSent(source, into, ABSORBED, at_us, by, content=away),
    ]


def same_lead(connection: Connection, lead_id: str, as_of_us: int) -> list[str]:
    """The ids that are one lead at `as_of_us`, the surviving one first.

    Raises:
        LeadError: it was deleted or erased by then.
    """
    root, state = _root(connection, lead_id, as_of_us)
    if state.gone in _WORDS:
        remedy = "Leave it out, or restore it in the CRM and send it again."
        raise LeadError([FieldProblem("lead_id", _WORDS[state.gone], remedy)])
    return _with_absorbed(connection, root, as_of_us)


def ids_of_person(connection: Connection, lead_id: str) -> list[str]:
    """Every id under which something may be kept of the person who is `lead_id` now, also of one deleted."""
    return _with_absorbed(connection, _root(connection, lead_id, _EVER)[0], _EVER)


def _root(connection: Connection, lead_id: str, as_of_us: int) -> tuple[str, _State]:
    """The lead that `lead_id` is part of, itself where it was merged into none, and what became of it."""
    followed = {lead_id}
    while (state := _state_of(connection, lead_id, as_of_us)).gone == "merge" and state.into not in followed:
        lead_id = state.into or lead_id
        followed.add(lead_id)
    return lead_id, state


def _with_absorbed(connection: Connection, root: str, as_of_us: int) -> list[str]:
    """`root`, and every lead that is merged into it at `as_of_us`, or into one that is."""
    found, waiting = [root], [root]
    while waiting:
        query = _decisions([waiting.pop()]).where(DECISIONS.c.kind == ABSORBED)
        for row in connection.execute(query.where(DECISIONS.c.decided_us <= as_of_us)):
            away = row.content
            if away not in found and _state_of(connection, away, as_of_us).into == row.lead_id:
                found.append(away)
                waiting.append(away)
    return found


def survivors(connection: Connection) -> dict[str, str | None]:
    """Of each lead that is gone now the one that it is part of, None where it was deleted or erased."""
    rows = defaultdict[str, list[Any]](list)
    for row in connection.execute(select(DECISIONS).where(DECISIONS.c.kind.in_(_AWAY))):
        rows[row.lead_id].append(row)
    states = {lead_id: _folded(decided) for lead_id, decided in rows.items()}
    return {lead_id: _end(states, lead_id) for lead_id, state in states.items() if state.gone}


def _end(states: dict[str, _State], lead_id: str) -> str | None:
    followed: set[str] = set()
    while (state := states.get(lead_id, _State())).gone == "merge" and lead_id not in followed:
        followed.add(lead_id)
        lead_id = state.into or lead_id
    return None if state.gone in _WORDS else lead_id


_ERASED_OF = select(DECISIONS.c.lead_id).where(
    DECISIONS.c.lead_id.in_(bindparam("ids", expanding=True)), DECISIONS.c.kind == "erasure"
)
"""Asked at every commit, so it is made once."""


def erased_of(connection: Connection, lead_ids: Iterable[str]) -> set[str]:
    """Those of `lead_ids` that were erased for good: nothing may be kept of them."""
    parts = _parts(sorted(lead_ids))
    return {one for part in parts for one in connection.execute(_ERASED_OF, {"ids": part}).scalars()}


def without_erased(
    connection: Connection, rows: Sequence[Sequence[Kept | FieldProblem]]
) -> list[list[Kept | FieldProblem]]:
    """`rows` with a refusal in place of each that speaks of a lead that was erased, or is with them."""
    flat = [row for one in rows for row in one if isinstance(row, Kept)]
    erased = erasures(flat)
    erased |= erased_of(connection, {str(row.row["lead_id"]) for row in flat} - erased)
    if not erased:
        return [list(one) for one in rows]
    return [[ERASED if _speaks_of(row, erased) else row for row in one] for one in rows]


def _speaks_of(row: Kept | FieldProblem, erased: set[str]) -> bool:
    return isinstance(row, Kept) and row.row["lead_id"] in erased and not _erases(row)


def _erases(row: Kept) -> bool:
    return row.table.name == "decisions" and row.row["kind"] == "erasure"


def erasures(rows: Iterable[Kept]) -> set[str]:
    """The leads that `rows` ask to be erased."""
    return {str(row.row["lead_id"]) for row in rows if _erases(row)}


def erase(connection: Connection, lead_ids: set[str], now_us: int) -> None:
    """Delete all that is kept of `lead_ids` and of what is merged into them, but the erasures themselves.

    What was merged into an erased lead is erased itself: sent once more, it does not come back either.
    """
    whole = {one for lead_id in lead_ids for one in _with_absorbed(connection, lead_id, _EVER)}
    for one in sorted(whole - lead_ids):
        row = kept(
            DecisionSent("leadscore", one, "erasure", now_us, reason="merged into an erased lead"), now_us
        )
        assert isinstance(row, Kept)
        connection.execute(insert(DECISIONS).values(row.row))
    for table in METADATA.tables.values():
        if "lead_id" not in table.c:
            continue
        for part in _parts(sorted(whole)):
            statement = delete(table).where(table.c.lead_id.in_(part))
            if table is DECISIONS:
                statement = statement.where(table.c.kind != "erasure")
            connection.execute(statement)


def _state_of(connection: Connection, lead_id: str, as_of_us: int) -> _State:
    query = _decisions([lead_id]).where(DECISIONS.c.kind.in_(_AWAY), DECISIONS.c.decided_us <= as_of_us)
    return _folded(list(connection.execute(query)))


def _folded(rows: Sequence[Any]) -> _State:
    """The state after the last decision; an erasure is for good, of equal moments the one that takes away."""
    if not rows:
        return _State()
    last = max(rows, key=lambda row: (row.kind == "erasure", row.decided_us, bool(_AWAY[row.kind]),
                                      row.kind, row.content or ""))  # fmt: skip
    gone = _AWAY[last.kind]
    return _State(gone, last.content if gone == "merge" else None)


def _decisions(lead_ids: Sequence[str]) -> Any:
    return select(DECISIONS).where(DECISIONS.c.lead_id.in_(lead_ids))


def digest_of_id(lead_id: str) -> str:
    """How the receipt of a deletion names a lead."""
    return hashlib.sha256(f"leadscore lead {lead_id}".encode()).hexdigest()


def _parts(ids: Iterable[str]) -> Iterable[list[str]]:
    ids = iter(ids)
    while part := list(islice(ids, _AT_ONCE)):
        yield part
