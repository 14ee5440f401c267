"""Up to where a source was pulled: a cursor moves in the transaction that stores what it points past."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from serving.ledger.schema import CURSORS
from serving.ledger.store import Ledger


@dataclass(frozen=True)
class CursorMove:
    """From `before` (None: the source was never pulled) to `after`; refused where it stands elsewhere.

    So of two that pull the same source at once one is told, and nothing is stored twice or passed over.
    """

    source: str
    before: str | None
    after: str


def cursor_of(ledger: Ledger, source: str) -> str | None:
    """Where the cursor of `source` stands, None where it was never pulled."""
    with ledger.reading() as connection:
        found: str | None = connection.scalar(_position(source))
        return found


def moved(connection: Connection, move: CursorMove, now_us: int) -> bool:
    """Move it in the transaction of `connection`; False where it did not stand at `before`."""
    found = connection.scalar(_position(move.source).with_for_update())
    if found != move.before:
        return False
    row = {"position": move.after, "moved_us": now_us}
    if move.before is None:
        connection.execute(insert(CURSORS).values(source=move.source, **row))
    else:
        connection.execute(update(CURSORS).where(CURSORS.c.source == move.source).values(row))
    return True


def _position(source: str) -> Select[Any]:
    return select(CURSORS.c.position).where(CURSORS.c.source == source)
