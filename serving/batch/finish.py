"""The second pass over a scored export: ranks of the whole file, the chosen rows, the file to hand back."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.exports import Dialect, Handback, Spool, spool, write_export
from features.recipe import Recipe
from features.tables import lead_ids
from serving.batch.resume import Work
from serving.returned import VALUE, Added, Selection
from serving.returned.columns import RANK, SAME, TINTS, in_order, ranks_among
from serving.returned.crms import crm_columns, crm_table
from serving.returned.moved import Before

STDIO = "-"
_SUFFIXES = (".csv.gz", ".csv", ".tsv", ".txt", ".xlsx", ".parquet")
_SORTED_ROWS = 50_000


@dataclass(frozen=True)
class Finished:
    """A scored export: its rows, where blocks begin, the added columns of all rows, what is asked for."""

    recipe: Recipe
    leads: Spool
    starts: Sequence[int]
    added: Spool
    work: Work
    choice: Selection

    @classmethod
    def of(
        cls,
        recipe: Recipe,
        leads: Spool,
        starts: Sequence[int],
        same: Any,
        work: Work,
        choice: Selection,
    ) -> Finished:
        """Of blocks that are all in `work`; `same` are the rows of `FileRows.same_person`."""
        added = _added(leads, starts, same, work, Added.of(recipe).names)
        return cls(recipe, leads, starts, added, work, choice)

    def places(self) -> NDArray[np.int64] | None:
        """The rows to write, in their order; None: all.

        Raises:
            LeadscoreError: a former output cannot be compared with.
        """
        import pyarrow.parquet as pq

        if self.choice.whole:
            return None
        order = VALUE if self.choice.by_value else RANK
        table = pq.read_table(self.added.path, columns=[order, "ls_maturity"])
        ranks = table.column(0).to_numpy().astype(np.float64)
        if self.choice.by_value:
            ranks = ranks_among(in_order(ranks), ranks)
        return self.choice.places(ranks, table.column(1), self._moved())

    def write(self, out: Path | str, places: NDArray[np.int64] | None) -> None:
        """Write the rows `places` to `out` (`-`: stdout), which appears whole."""
        made = self.work.folder / f"written{_suffix(out)}"
        write_export(self._handback(places), made)
        if str(out) == STDIO:
            with made.open("rb") as file:
                shutil.copyfileobj(file, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        else:
            shutil.move(made, out)

    def _moved(self) -> NDArray[np.bool_]:
        """The rows that say something else than a former output did; all where none is named."""
        choice, column = self.choice, self.recipe.lead.id
        if choice.changed_since is None:
            return np.ones(self.leads.rows, dtype=np.bool_)
        former = spool(choice.changed_since, self.work.folder / "former")
        before = Before(former, column, choice.crm, choice.language or "en")
        found = []
        wanted = [column] if column else []
        for start, original, columns in self._pairs(wanted):
            ids = lead_ids(self.recipe, self.leads.raw(start, original).frame, start).tolist()
            found.append(before.moved(ids, self._view(columns)))
        return np.concatenate(found)

    def _pairs(self, columns: Sequence[str] | None = None) -> Iterator[tuple[int, Any, Any]]:
        """(start, original cells, added columns) of each block."""
        blocks = self.leads.blocks(self.starts, columns=columns)
        for (start, original), (_, added) in zip(blocks, self.added.blocks(self.starts), strict=True):
            yield start, original, added

    def _view(self, columns: Any) -> Any:
        """The added columns as they are written."""
        choice = self.choice
        return crm_table(columns, choice.crm, choice.language or "en") if choice.crm else columns

    def _handback(self, places: NDArray[np.int64] | None) -> Handback:
        """Rows chosen as they stream by, or sorted on the disk first."""
        choice, source = self.choice, self
        if places is not None and choice.by_rank:
            source, places = self._sorted(places), None
        back = dict(zip(source.leads.names, source.leads.as_written().names, strict=True))
        names = {name: name for name in self.added.names}
        if choice.crm:
            names = crm_columns(choice.crm, choice.language or "en", self.added.names)

        def blocks() -> Iterator[tuple[Any, Any]]:
            for start, original, columns in source._pairs() if source.leads.rows else ():
                original = original.rename_columns([back.get(name, name) for name in original.column_names])
                if places is None:
                    yield original, self._view(columns)
                    continue
                ends = np.searchsorted(places, [start, start + original.num_rows])
                own = places[ends[0] : ends[1]] - start
                if len(own):
                    yield original.take(own), self._view(columns.take(own))

        count = source.leads.rows if places is None else len(places)
        tints = {names["ls_maturity"]: choice.maturities(TINTS)}
        return Handback(
            source.leads.as_written(),
            tuple(names.values()),
            blocks,
            count,
            choice.whole,
            tints,
            plain=bool(choice.crm),
        )

    def _sorted(self, places: NDArray[np.int64]) -> Finished:
        """The same of the rows `places` alone, in that order."""
        leads, added = (one.ordered(places, self.work.folder) for one in (self.leads, self.added))
        starts = list(range(0, max(len(places), 1), _SORTED_ROWS))
        return Finished(self.recipe, leads, starts, added, self.work, self.choice)


def _suffix(out: Path | str) -> str:
    return next((suffix for suffix in _SUFFIXES if str(out).lower().endswith(suffix)), ".csv")


def _added(leads: Spool, starts: Sequence[int], same: Any, work: Work, names: tuple[str, ...]) -> Spool:
    """The columns of all blocks in one file, with those that look at the whole export."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    known = [work.table(block, ["ls_probability"]).column(0).to_numpy() for block in range(len(starts))]
    ordered, later = in_order(np.concatenate(known)), same.column("row").to_numpy()
    path, writer = work.folder / "added.parquet", None
    for block, start in enumerate(starts):
        table = work.table(block)
        ranks = ranks_among(ordered, known[block])
        column = pa.array(ranks, mask=np.isnan(ranks)).cast(pa.int64())
        table = table.add_column(0, RANK, column)
        first, end = np.searchsorted(later, [start, start + table.num_rows])
        at = np.full(table.num_rows, -1)
        at[later[first:end] - start] = np.arange(first, end)
        persons = same.column("first_id").take(pa.array(at, mask=at < 0))
        table = table.append_column(SAME, persons)
        writer = writer or pq.ParquetWriter(path, table.schema, compression="lz4")
        writer.write_table(table)
    assert writer is not None  # an export has a row
    writer.close()
    return Spool("added", path, names, leads.rows, Dialect("parquet"), own=True)
