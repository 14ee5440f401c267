"""The events of an export brought to the blocks of their leads: who has which, by hashes of the ids."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from features.exports import Spool
from features.recipe import Recipe
from features.sql import named, quoted
from features.tables.columns import require_columns
from features.tables.events import LINE

Keys = NDArray[np.uint64]
Rows = NDArray[np.intp]
Blocks = NDArray[np.int32]
_ZEROS = (
    "{} events would have their lead if ids had no leading zeros: one of the files has lost them; "
    "export it again with its ids as text"
)


class PartedEvents(NamedTuple):
    """How many events there are, of how many the lead is not in the export, and of how many of these it would
    be if ids had no leading zeros."""

    rows: int
    unknown: int
    zeros: int

    def quality(self) -> list[tuple[str, str, int, str]]:
        """Rows (table, what, count, treatment) of these counts."""
        read = [("events", "rows read", self.rows, "")]
        return read + [("events", "rows of unknown leads", self.unknown, "dropped")] * (self.unknown > 0)

    def warnings(self) -> list[str]:
        """What to say of ids that a spreadsheet took for numbers; nothing is joined by guess."""
        return [_ZEROS.format(f"{self.zeros:,}")] if self.zeros else []


class Owners(NamedTuple):
    """The ids of an export: `keys` are their hashes, sorted, `blocks` a block that has a row of each.

    A key stands there as often as there are blocks with copies of a row. 12 bytes each. Two ids of one hash
    would both get the events of both, of which a block drops those that are of no lead of its own.
    """

    keys: Keys
    blocks: Blocks

    @classmethod
    def of(cls, con: Any) -> Owners:
        """Of the table `ids` (row, block, id) without the rows of the table `others`."""
        query = "SELECT hash(id), block FROM (FROM ids ANTI JOIN others USING (row)) WHERE id IS NOT NULL"
        keys, blocks = (column.to_numpy() for column in con.con.sql(query).to_arrow_table().columns)
        order = np.lexsort((blocks, keys))
        keys, blocks = keys[order], blocks[order]
        again = (keys[1:] == keys[:-1]) & (blocks[1:] == blocks[:-1])  # copies in one block
        if again.any():
            kept = np.append(True, ~again)
            keys, blocks = keys[kept], blocks[kept]
        return cls(keys, blocks)

    def places(self, keys: Keys, known: NDArray[np.bool_]) -> tuple[Rows, Blocks]:
        """Places in `keys`, and a block of each, as often as it has one; what is not `known` has none."""
        rows = np.flatnonzero(known)
        rows = rows[np.argsort(keys[rows])]  # near ones are looked up one after the other
        at = np.searchsorted(self.keys, keys[rows])
        found, blocks = [rows[:0]], [self.blocks[:0]]
        while len(rows):
            inside = at < len(self.keys)
            rows, at = rows[inside], at[inside]
            hit = self.keys[at] == keys[rows]
            rows, at = rows[hit], at[hit]
            found.append(rows)
            blocks.append(self.blocks[at])
            at = at + 1
        return np.concatenate(found), np.concatenate(blocks)


def by_block(rows: Rows, blocks: Blocks) -> Iterator[tuple[int, Rows]]:
    """Each block with its `rows`, in their order."""
    order = np.lexsort((rows, blocks))
    rows, blocks = rows[order], blocks[order]
    bounds = np.append(np.flatnonzero(np.diff(blocks, prepend=-1)), len(rows))
    for start, end in pairwise(bounds.tolist()):
        yield int(blocks[start]), rows[start:end]


def events_sql(recipe: Recipe, events: Spool) -> str:
    """The columns of the events that the recipe names, and their line; what is absent is NULL.

    Raises:
        LeadscoreError: a column that no event can be read without is absent.
    """
    declared = recipe.events
    assert declared is not None
    roles = ("lead_id", "occurred_at", "kind", "event_id", "ingested_at", "value")
    columns = {role: getattr(declared, role) for role in roles if getattr(declared, role) is not None}
    needed = {f"[events] {role}": columns[role] for role in roles[:3]}
    require_columns("events", needed, list(events.names))
    cells = [
        f"{named(events.stored(name))} AS {named(name)}"
        if name in events.names
        else f"NULL::VARCHAR AS {named(name)}"
        for name in dict.fromkeys(columns.values())
    ]
    line = "file_row_number + 1" if events.own else "line"
    source = f"read_parquet({quoted(str(events.path))}, file_row_number = true)"
    return f"SELECT {', '.join(cells)}, {line} AS {named(LINE)} FROM {source}"
