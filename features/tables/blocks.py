"""An export in blocks of rows: which rows share an id or a person, and the events of each block.

Only ids and hashed contacts of the whole file are held, in an engine that goes to the disk beyond its memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from features.cells import is_missing
from features.cells.contact import contact_key
from features.exports import Spool
from features.recipe import Recipe
from features.sql import named, quoted
from features.tables.columns import require_columns
from features.tables.duck import connect
from features.tables.events import LINE
from features.tables.leads import lead_ids
from features.tables.sql_cells import text_sql, types_of

_MEMORY_MB, _A_ROW, _IDLE_MEMORY = 200, 60, "30MB"
"""What the engine holds while it sorts the events or groups the contacts, and while blocks are scored."""
_SHARED_BY_MORE = 20
"""Rows with one number or address that are still one person's; more are a switchboard's, or a placeholder."""
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


class FileRows:
    """Ids and contacts of all rows of the export `leads`, by their 0-based row; what spills is in `folder`.

    Blocks begin at the rows `starts`. Of an id's rows the first is scored; `copies` (row → first) are the
    same cells again, `others` (row → first) hold other cells. `nameless` counts the rows without an id.
    """

    def __init__(self, recipe: Recipe, leads: Spool, starts: Sequence[int], folder: Path) -> None:
        self.recipe, self.leads, self.starts = recipe, leads, list(starts)
        self._memory = f"{_MEMORY_MB + leads.rows * _A_ROW // 10**6}MB"
        self.con = connect(self._memory)
        self.con.raw_sql(f"SET temp_directory = {quoted(str(folder / 'spill'))}")
        self.con.raw_sql("CREATE TABLE ids (row BIGINT, block INTEGER, id VARCHAR)")
        self.con.raw_sql("CREATE TABLE others (row BIGINT)")
        self.con.raw_sql("CREATE TABLE contacts (row BIGINT, kind VARCHAR, key UBIGINT)")
        self._read()
        self.nameless = int(self._one("SELECT count(*) FROM ids WHERE id IS NULL"))
        self.copies: dict[int, int] = {}
        self.others: dict[int, int] = {}
        self._compare()

    def close(self) -> None:
        """Let the engine go."""
        self.con.disconnect()

    def same_person(self) -> pd.DataFrame:
        """Rows of a person who has an earlier row under another id: row, kind (email, phone), first_id.

        By the e-mail address where that is shared, else by the phone number; a contact of more than 20 rows
        is no one person's.
        """
        self._hold(self._memory)  # all contacts are grouped at once
        query = f"""
            WITH firsts AS (SELECT kind, key, min(row) AS first FROM contacts GROUP BY ALL
                            HAVING count(*) BETWEEN 2 AND {_SHARED_BY_MORE}),
            pairs AS (SELECT c.row, c.kind, f.first FROM contacts c JOIN firsts f USING (kind, key)
                      WHERE f.first < c.row)
            SELECT p.row, p.kind, earlier.id AS first_id
            FROM pairs p JOIN ids own ON own.row = p.row JOIN ids earlier ON earlier.row = p.first
            WHERE own.id IS DISTINCT FROM earlier.id
            QUALIFY row_number() OVER (PARTITION BY p.row ORDER BY p.kind, p.first) = 1 ORDER BY p.row"""
        found = self.con.raw_sql(query).fetchall()
        self._hold(_IDLE_MEMORY)
        return pd.DataFrame(found, columns=["row", "kind", "first_id"])

    def part_events(self, events: Spool, out: Path) -> PartedEvents:
        """Write the raw events of the leads to the Parquet file `out`, block after block.

        Raises:
            LeadscoreError: a column that no event can be read without is absent.
        """
        relation = self._events(events)
        self.con.raw_sql(f"CREATE OR REPLACE VIEW raw AS {relation}")
        declared = self.recipe.events
        assert declared is not None
        owner = text_sql(declared.lead_id, types_of(self.con, "raw")[declared.lead_id])
        self._add("others", {"row": np.array(list(self.others), dtype=np.int64)})
        self.con.raw_sql(f"""
            COPY (SELECT e.* EXCLUDE (owner), b.block
                  FROM (SELECT *, {owner} AS owner FROM raw) e
                  JOIN (SELECT DISTINCT id, block FROM ids ANTI JOIN others USING (row)) b ON b.id = e.owner
                  ORDER BY b.block)
            TO {quoted(str(out))} (FORMAT parquet, ROW_GROUP_SIZE 20480)""")
        strangers = f"(SELECT {owner} AS id FROM raw) ANTI JOIN ids USING (id)"
        unknown = int(self._one(f"SELECT count(*) FROM {strangers}"))
        plain = "(SELECT ltrim(id, '0') AS plain FROM {}) "
        zeros = 0
        if unknown:
            joined = f"{plain.format(f'(FROM {strangers})')} SEMI JOIN {plain.format('ids')} k USING (plain)"
            zeros = int(self._one(f"SELECT count(*) FROM {joined}"))
        self._hold(_IDLE_MEMORY)
        return PartedEvents(events.rows, unknown, zeros)

    def _events(self, events: Spool) -> str:
        """The columns of the events that the recipe names, and their line; what is absent is NULL."""
        declared = self.recipe.events
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

    def _read(self) -> None:
        """Ids and contacts into the engine, a block at a time."""
        import pyarrow as pa

        if self.recipe.lead.id is not None:
            require_columns("leads", {"[lead] id": self.recipe.lead.id}, list(self.leads.names))
        fields = self.recipe.lead.fields
        contacts = {
            field.column or name: field.type
            for name, field in fields.items()
            if field.type in ("email", "phone")
        }
        wanted = [name for name in {self.recipe.lead.id, *contacts} if name in self.leads.names]
        for block, (start, table) in enumerate(self.leads.blocks(self.starts, columns=wanted)):
            frame = self.leads.raw(start, table).frame
            rows = np.arange(start, start + table.num_rows)
            ids = [_text(cell) for cell in lead_ids(self.recipe, frame, start)]
            self._add(
                "ids", {"row": rows, "block": np.full(len(rows), block), "id": pa.array(ids, pa.string())}
            )
            for column, kind in contacts.items():
                if column in frame.columns:
                    self._add("contacts", _keys(frame[column], kind, rows))

    def _add(self, table: str, columns: dict[str, Any]) -> None:
        import pyarrow as pa

        self.con.con.register("arriving", pa.table(columns))
        self.con.raw_sql(f"INSERT INTO {table} SELECT * FROM arriving")
        self.con.con.unregister("arriving")

    def _compare(self) -> None:
        """Tell the copies of a first row from rows that hold other cells under its id."""
        if self.recipe.lead.id is None:
            return
        pairs = self.con.raw_sql("""
            SELECT row, first FROM (SELECT row, min(row) OVER (PARTITION BY id) AS first FROM ids
                                    WHERE id IS NOT NULL) WHERE row <> first ORDER BY row""").fetchall()
        cells = dict(self._cells({row for pair in pairs for row in pair}))
        for row, first in pairs:
            (self.copies if cells[row] == cells[first] else self.others)[row] = first

    def _cells(self, rows: set[int]) -> Iterator[tuple[int, int]]:
        """A hash of the cells of each of `rows`."""
        if not rows:
            return
        ordered = np.array(sorted(rows), dtype=np.int64)
        for start, table in self.leads.blocks(self.starts):
            ends = np.searchsorted(ordered, [start, start + table.num_rows])
            own = ordered[ends[0] : ends[1]] - start
            for place, cells in zip(
                own.tolist(), _hashes(table.select(list(self.leads.names)).take(own)), strict=True
            ):
                yield start + place, cells

    def _hold(self, most: str) -> None:
        self.con.raw_sql(f"SET memory_limit = '{most}'")

    def _one(self, query: str) -> Any:
        return self.con.raw_sql(query).fetchone()[0]


def _hashes(table: Any) -> Iterator[int]:
    columns = [table.column(place).to_pylist() for place in range(table.num_columns)]
    return (hash(tuple(map(str, cells))) for cells in zip(*columns, strict=True))


def _text(cell: Any) -> str | None:
    return None if cell is None or cell != cell else str(cell)


def _keys(cells: pd.Series[Any], kind: str, rows: Any) -> dict[str, Any]:
    """Hashed contacts: no address or number is kept."""
    keys = [None if is_missing(cell) else contact_key(kind, str(cell)) for cell in cells.tolist()]
    known = np.array([key is not None for key in keys], dtype=bool)
    texts = np.array([key for key in keys if key is not None], dtype=object)
    hashed = pd.util.hash_array(texts) if len(texts) else np.zeros(0, dtype=np.uint64)
    return {"row": rows[known], "kind": [kind] * int(known.sum()), "key": hashed}
