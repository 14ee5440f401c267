"""Which rows of a scored export say something else than an earlier output of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import LeadscoreError
from features.exports import Spool
from serving.returned.crms import Language, crm_columns

WATCHED = ("ls_status", "ls_score", "ls_grade", "ls_maturity", "ls_next_action")
"""What a salesperson sees change; a probability moves a little with every day."""
_ROWS = 50_000


class Before:
    """What an earlier output said of each lead, kept as hashes: neither ids nor answers are."""

    def __init__(self, earlier: Spool, id_column: str | None, crm: str | None, language: Language) -> None:
        """Read an earlier output, of `crm`'s columns where one is named.

        Raises:
            LeadscoreError: it has no such columns.
        """
        named = crm_columns(crm, language) if crm else {name: name for name in WATCHED}
        self.columns = [named[name] for name in WATCHED]
        if id_column is None:
            raise LeadscoreError(
                "--changed-since needs leads with an id, and the recipe names no column of ids.",
                "Name it in the recipe: [lead] id.",
            )
        lacking = [name for name in (id_column, *self.columns) if name not in earlier.names]
        if lacking:
            raise LeadscoreError(
                f"{earlier.name}: has no column {', '.join(lacking)}, so it cannot be compared with.",
                "Name a former output of 'leadscore score' with the same --for and --language.",
            )
        pairs = [
            self._pairs(_texts(table.column(id_column).to_pylist()), table)
            for _, table in earlier.blocks([*range(0, earlier.rows, _ROWS)], columns=self._read(id_column))
        ]
        self.pairs = np.unique(np.concatenate(pairs))

    def moved(self, ids: Sequence[str | None], answers: Any) -> NDArray[np.bool_]:
        """Whether each lead is new, or its answer (Arrow table with the watched columns) another."""
        return ~np.isin(self._pairs(_texts(ids), answers), self.pairs)

    def _read(self, id_column: str) -> list[str]:
        return list(dict.fromkeys([id_column, *self.columns]))

    def _pairs(self, ids: list[str], table: Any) -> NDArray[np.uint64]:
        """A hash of the id and the watched columns of each row."""
        columns = [ids, *(_texts(table.column(name).to_pylist()) for name in self.columns)]
        rows = ["\x1f".join(cells) for cells in zip(*columns, strict=True)]
        return pd.util.hash_array(np.array(rows, dtype=object)) if rows else np.zeros(0, dtype=np.uint64)


def _texts(cells: Iterable[Any]) -> list[str]:
    return ["" if cell is None or cell != cell else str(cell).strip() for cell in cells]
