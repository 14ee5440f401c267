"""An export in blocks of rows: which rows share an id or a person, and the events of each block.

Ids and hashed contacts of the whole file are in an engine that goes to the disk beyond its memory, and are
compared a part of their hashes at a time: the memory does not follow the rows. Held are 12 bytes a row while
the events are brought to their blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.cells import is_missing
from features.cells.contact import contact_key
from features.exports import Spool
from features.recipe import Recipe
from features.sql import quoted
from features.tables.columns import require_columns
from features.tables.duck import connect
from features.tables.leads import lead_ids
from features.tables.parted import Owners, PartedEvents, by_block, events_sql
from features.tables.sql_cells import text_sql, types_of

_MEMORY, _IDLE_MEMORY = "200MB", "30MB"
"""What the engine holds while it compares ids or contacts, and while blocks are scored."""
_AT_ONCE = 1_000_000
"""Rows of the file whose ids or contacts are compared at once, of a larger file a part of the hashes."""
_PAIR = "row", "first"
_EVENTS = 400_000
"""Events that are brought to their blocks at once."""
_SHARED_BY_MORE = 20
"""Rows with one number or address that are still one person's; more are a switchboard's, or a placeholder."""


class FileRows:
    """Ids and contacts of all rows of the export `leads`, by their 0-based row; what spills is in `folder`.

    Blocks begin at the rows `starts`. Of an id's rows the first is scored; `copies` counts those with the
    same cells again, `others` are the rows with other cells, in their order. `nameless` counts the rows
    without an id. More than `at_once` rows are compared a part at a time, which changes no answer.
    """

    def __init__(
        self, recipe: Recipe, leads: Spool, starts: Sequence[int], folder: Path, at_once: int = _AT_ONCE
    ) -> None:
        self.recipe, self.leads, self.starts = recipe, leads, list(starts)
        self._parts = max(1, -(-leads.rows // at_once))
        self.con = connect(_MEMORY)
        self.con.raw_sql(f"SET temp_directory = {quoted(str(folder / 'spill'))}")
        self.con.raw_sql("CREATE TABLE ids (row BIGINT, block INTEGER, id VARCHAR)")
        self.con.raw_sql("CREATE TABLE others (row BIGINT)")
        self.con.raw_sql("CREATE TABLE contacts (row BIGINT, kind VARCHAR, key UBIGINT)")
        self.con.raw_sql("CREATE TABLE strangers (plain UBIGINT)")
        self._read()
        self.nameless = int(self._one("SELECT count(*) FROM ids WHERE id IS NULL"))
        self.copies, self.others = self._compared()
        self._add("others", {"row": self.others})
        self._hold(_IDLE_MEMORY)

    def close(self) -> None:
        """Let the engine go."""
        self.con.disconnect()

    def same_person(self) -> Any:
        """Rows of a person who has an earlier row under another id: a table of Arrow of row, kind (email,
        phone) and first_id, by row.

        By the e-mail address where that is shared, else by the phone number; a contact of more than 20 rows
        is no one person's.
        """
        import pyarrow as pa

        self._hold(_MEMORY)
        parts = [self._persons(part) for part in range(self._parts)]
        self._hold(_IDLE_MEMORY)
        found = pa.concat_tables(parts).sort_by([(name, "ascending") for name in ("row", "kind", "first")])
        best = np.diff(found.column("row").to_numpy(), prepend=-1) != 0
        return found.filter(best).drop_columns(["first"])

    def part_events(self, events: Spool, put: Callable[[int, Any], None]) -> PartedEvents:
        """Hand the raw events of the leads to `put`: a block and an Arrow table, for a block many times.

        Raises:
            LeadscoreError: a column that no event can be read without is absent.
        """
        import pyarrow as pa

        self._hold(_MEMORY)
        self.con.raw_sql(f"CREATE OR REPLACE VIEW raw AS {events_sql(self.recipe, events)}")
        declared = self.recipe.events
        assert declared is not None
        owner = text_sql(declared.lead_id, types_of(self.con, "raw")[declared.lead_id])
        owners = Owners.of(self.con)
        unknown = 0
        keys = f"hash({owner}), hash(ltrim({owner}, '0')), {owner} IS NULL"
        reader = self._reader(f"SELECT *, {keys} FROM raw")
        for block in range(len(self.starts)):  # a block without events has their columns too
            put(block, reader.schema.empty_table().select(range(len(reader.schema) - 3)))
        for batch in reader:
            table = pa.Table.from_batches([batch])
            own, plain, absent = (table.column(place).to_numpy() for place in (-3, -2, -1))
            rows, found = owners.places(own, ~absent)
            cells = table.select(range(table.num_columns - 3))
            for block, of_block in by_block(rows, found):
                put(block, cells.take(of_block))
            strange = np.ones(len(own), dtype=bool)
            strange[rows] = False
            unknown += int(strange.sum())
            self._add("strangers", {"plain": plain[strange & ~absent]})
        zeros = self._zeros() if unknown else 0
        self._hold(_IDLE_MEMORY)
        return PartedEvents(events.rows, unknown, zeros)

    def _persons(self, part: int) -> Any:
        """Rows of a person with an earlier row under another id, by each contact of a part of the hashes."""
        return self.con.con.sql(f"""
            WITH own AS (SELECT * FROM contacts WHERE key % {self._parts} = {part}),
            firsts AS (SELECT kind, key, min(row) AS first FROM own GROUP BY ALL
                       HAVING count(*) BETWEEN 2 AND {_SHARED_BY_MORE}),
            pairs AS (SELECT c.row, c.kind, f.first FROM own c JOIN firsts f USING (kind, key)
                      WHERE f.first < c.row)
            SELECT p.row, p.kind, p.first, earlier.id AS first_id
            FROM pairs p JOIN ids own ON own.row = p.row JOIN ids earlier ON earlier.row = p.first
            WHERE own.id IS DISTINCT FROM earlier.id""").to_arrow_table()

    def _zeros(self) -> int:
        """How many events of unknown leads would have one if ids had no leading zeros."""
        query = "SELECT plain, count(*) FROM strangers GROUP BY plain"
        plains, counts = (column.to_numpy() for column in self.con.con.sql(query).to_arrow_table().columns)
        known = np.zeros(len(plains), dtype=bool)
        for batch in self._reader("SELECT hash(ltrim(id, '0')) FROM ids WHERE id IS NOT NULL"):
            known |= np.isin(plains, batch.column(0).to_numpy())
        return int(counts[known].sum())

    def _reader(self, query: str) -> Any:
        """The rows of `query` as they come, while other queries are asked."""
        cursor = self.con.con.cursor()
        cursor.execute("SET TimeZone = 'UTC'")
        return cursor.sql(query).to_arrow_reader(_EVENTS)

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

    def _compared(self) -> tuple[int, NDArray[np.int64]]:
        """How many rows are copies of the first of their id, and which rows hold other cells under one."""
        if self.recipe.lead.id is None:
            return 0, np.zeros(0, dtype=np.int64)
        found = [
            self.con.con.sql(f"""
            SELECT row, first FROM (SELECT row, min(row) OVER (PARTITION BY id) AS first FROM ids
                                    WHERE id IS NOT NULL AND hash(id) % {self._parts} = {part})
            WHERE row <> first""").to_arrow_table()
            for part in range(self._parts)
        ]
        rows, firsts = (np.concatenate([one.column(name).to_numpy() for one in found]) for name in _PAIR)
        wanted = np.unique(np.concatenate([rows, firsts]))
        cells = self._cells(wanted)
        same = cells[np.searchsorted(wanted, rows)] == cells[np.searchsorted(wanted, firsts)]
        return int(same.sum()), np.sort(rows[~same])

    def _cells(self, ordered: NDArray[np.int64]) -> NDArray[np.int64]:
        """A hash of the cells of each of the rows `ordered`."""
        found = [np.zeros(0, dtype=np.int64)]
        for start, table in self.leads.blocks(self.starts) if len(ordered) else ():
            ends = np.searchsorted(ordered, [start, start + table.num_rows])
            own = table.select(list(self.leads.names)).take(ordered[ends[0] : ends[1]] - start)
            found.append(np.fromiter(_hashes(own), np.int64, len(own)))
        return np.concatenate(found)

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
