"""What became of an export, in figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from features.clock import from_us
from serving.score import Score

_HOTTEST = 10


@dataclass
class BatchSummary:
    """What became of an export: counts by status and by who answered, what to know, the most probable leads.

    `quality` has a row (table, what, count, treatment) for everything odd about the files.
    """

    rows: int
    as_of_us: int
    out: str | None = None
    statuses: Counter[str] = field(default_factory=Counter)
    rungs: Counter[str] = field(default_factory=Counter)
    warnings: list[str] = field(default_factory=list)
    quality: list[tuple[str, str, int, str]] = field(default_factory=list)
    hottest: list[Score] = field(default_factory=list)

    @property
    def errors(self) -> int:
        """Rows that could not be scored; each says why in its `error` column."""
        return self.statuses["error"]

    def oddities(self) -> list[tuple[str, str, int, str]]:
        """`quality` without what is no oddity: how many rows were read."""
        return [row for row in self.quality if row[1] != "rows read"]

    def add(self, scores: Sequence[Score]) -> None:
        """Count some more answers."""
        self.statuses.update(score.status for score in scores)
        self.rungs.update(score.scored_by.who for score in scores if score.scored_by)
        known = [score for score in scores if score.probability is not None]
        ranked = sorted([*self.hottest, *known], key=lambda score: -(score.probability or 0.0))
        self.hottest = ranked[:_HOTTEST]

    def as_dict(self) -> dict[str, Any]:
        """The same for `--json`."""
        return {
            "rows": self.rows,
            "as_of": from_us(self.as_of_us).isoformat(),
            "out": self.out,
            "statuses": dict(self.statuses),
            "rungs": dict(self.rungs),
            "errors": self.errors,
            "warnings": self.warnings,
            "quality": [list(row) for row in self.quality],
            "hottest": [score.model_dump(mode="json") for score in self.hottest],
        }
