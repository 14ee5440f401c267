"""What became of an export, in figures."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field

from features.clock import from_us
from features.language import Language
from serving.returned.drift import ScoreDrift
from serving.returned.matches import Match
from serving.score import Score

HOTTEST = 10
_CELLS = ("filled", "unreadable")
_PLACE = re.compile(r"\[[^]]*\]")


class BatchSummary(BaseModel):
    """What became of an export, or of a block of it; never a lead's values, but for the most probable leads.

    `quality` has a row (table, what, count, treatment) for everything odd about the files. `faults` counts
    the errors of rows by what is wrong; `scores` the leads by score (1–99); `outside` the leads by the signal
    whose number lies outside what was learned from; `persons` the rows of a person who has an earlier row
    under another id, by what they share. `newest_us` is the newest date of the files, 0 where there is none.
    `ours` are the columns that are added. `written` is the number of rows that were chosen; `filled` and
    `unreadable` count cells by column, and `columns` says how each was found.
    """

    rows: int
    as_of_us: int
    language: Language = "en"
    out: str | None = None
    ours: list[str] = Field(default_factory=list)
    written: int | None = None
    statuses: Counter[str] = Field(default_factory=Counter)
    rungs: Counter[str] = Field(default_factory=Counter)
    maturities: Counter[str] = Field(default_factory=Counter)
    faults: Counter[str] = Field(default_factory=Counter)
    scores: Counter[int] = Field(default_factory=Counter)
    outside: Counter[str] = Field(default_factory=Counter)
    persons: Counter[str] = Field(default_factory=Counter)
    expected: float = 0.0
    newest_us: int = 0
    warnings: list[str] = Field(default_factory=list)
    quality: list[tuple[str, str, int, str]] = Field(default_factory=list)
    hottest: list[Score] = Field(default_factory=list)
    filled: Counter[str] = Field(default_factory=Counter)
    unreadable: Counter[str] = Field(default_factory=Counter)
    columns: list[Match] = Field(default_factory=list)
    drift: ScoreDrift | None = None

    @property
    def errors(self) -> int:
        """Rows that could not be scored; each says why in its `error` column."""
        return self.statuses["error"]

    @property
    def known(self) -> int:
        """Rows with a probability."""
        return sum(self.scores.values())

    def oddities(self) -> list[tuple[str, str, int, str]]:
        """`quality` without what is no oddity: how many rows were read."""
        return [row for row in self.quality if row[1] != "rows read"]

    def add(self, scores: Sequence[Score]) -> None:
        """Count some more answers."""
        self.statuses.update(score.status for score in scores)
        self.rungs.update(score.scored_by.who for score in scores if score.scored_by)
        self.maturities.update(score.maturity for score in scores if score.maturity)
        self.scores.update(score.score for score in scores if score.score is not None)
        for score in scores:
            if score.error is not None:
                kinds = {f"{_PLACE.sub('', p.field)}: {p.problem}" for p in score.error.problems}
                self.faults.update(kinds)
        known = [score for score in scores if score.probability is not None]
        self.expected += sum(score.probability or 0.0 for score in known)
        self._keep_hottest(known)

    def add_alike(
        self,
        alike: Sequence[tuple[Score, int]],
        scores: Sequence[int],
        expected: float,
        hottest: Sequence[Score],
    ) -> None:
        """Count answers of which each of `alike` stands for so many; `scores` and `expected` are those of all
        with a probability, `hottest` at least the most probable ten of them."""
        for score, times in alike:
            self.statuses[score.status] += times
            if score.scored_by is not None:
                self.rungs[score.scored_by.who] += times
            if score.maturity is not None:
                self.maturities[score.maturity] += times
        self.scores.update(scores)
        self.expected += expected
        self._keep_hottest(hottest)

    def join(self, other: BatchSummary) -> None:
        """Count what a further block counted."""
        for name in ("statuses", "rungs", "maturities", "faults", "scores", "outside", "persons", *_CELLS):
            getattr(self, name).update(getattr(other, name))
        self.expected += other.expected
        self.newest_us = max(self.newest_us, other.newest_us)
        self.warnings += [warning for warning in other.warnings if warning not in self.warnings]
        self.find(other.quality)
        self._keep_hottest(other.hottest)

    def find(self, rows: Sequence[tuple[str, str, int, str]]) -> None:
        """Add to `quality`; counts of what is the same are added up."""
        counts: dict[tuple[str, str, str], int] = {}
        for table, what, count, treatment in [*self.quality, *rows]:
            counts[table, what, treatment] = counts.get((table, what, treatment), 0) + count
        self.quality = [(table, what, count, how) for (table, what, how), count in counts.items()]

    def _keep_hottest(self, more: Sequence[Score]) -> None:
        ranked = sorted([*self.hottest, *more], key=lambda score: -(score.probability or 0.0))
        self.hottest = ranked[:HOTTEST]

    def as_dict(self) -> dict[str, Any]:
        """The same for `--json`."""
        return {
            "rows": self.rows,
            "as_of": from_us(self.as_of_us).isoformat(),
            "out": self.out,
            "written": self.written,
            "statuses": dict(self.statuses),
            "rungs": dict(self.rungs),
            "maturities": dict(self.maturities),
            "errors": self.errors,
            "faults": dict(self.faults),
            "same_person": dict(self.persons),
            "outside": dict(self.outside),
            "drift": self.drift.model_dump() if self.drift else None,
            "columns": [match.model_dump() for match in self.columns],
            "warnings": self.warnings,
            "quality": [list(row) for row in self.quality],
            "hottest": [score.model_dump(mode="json") for score in self.hottest],
        }
