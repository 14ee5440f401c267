"""What was read, what was dropped and why: the data-quality summary of a company's tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

import pandas as pd

PROBLEM_COLUMNS = ("table", "row", "lead_id", "field", "problem")


@dataclass
class Quality:
    """Counts by table, and the cells that could not be read; never a cell's value."""

    APART: ClassVar[str] = "drawn apart"
    """What was done with leads that belong together and that no lot kept together."""

    counts: list[tuple[str, str, int, str]] = field(default_factory=list)
    cells: list[pd.DataFrame] = field(default_factory=list)

    def count(self, table: str, what: str, count: int, treatment: str) -> None:
        """Note that `count` rows of `table` were `what`, and what was done; nothing when there is none."""
        if count or what == "rows read":
            self.counts.append((table, what, int(count), treatment))

    def cell_problems(self, problems: pd.DataFrame) -> None:
        """Note cells [table, row, lead_id, field, problem] that could not be read."""
        if len(problems):
            self.cells.append(problems[list(PROBLEM_COLUMNS)])

    def rows(self) -> list[tuple[str, str, int, str]]:
        """(table, what, count, treatment) in the order in which it was found."""
        by_field = [
            (str(table), f"cells of {name} that do not parse", len(part), "treated as missing, row reported")
            for (table, name), part in self.problems.groupby(["table", "field"], sort=False)
        ]
        return [*self.counts, *by_field]

    @property
    def problems(self) -> pd.DataFrame:
        """One row per cell: table, row (0-based), lead_id, field, problem (what was expected)."""
        if not self.cells:
            return pd.DataFrame({name: pd.Series(dtype=object) for name in PROBLEM_COLUMNS})
        return pd.concat(self.cells, ignore_index=True)


def count_dropped(con: Any, table: str, quality: Quality) -> None:
    """Count the rows of `staged_<table>` by the reason in their column `dropped`."""
    rows = con.raw_sql(
        f"SELECT dropped, count(*) FROM staged_{table} GROUP BY dropped ORDER BY dropped NULLS LAST"
    ).fetchall()
    quality.count(table, "rows read", sum(count for _, count in rows), "")
    for reason, count in rows:
        if reason is not None:
            quality.count(table, f"rows {reason}", count, "dropped")
