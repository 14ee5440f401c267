"""What the caller of `train` may ask for beside a recipe and its tables."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from features.progress import Step
from training.choosing import Budget
from training.judging import Limit


@dataclass(frozen=True)
class TrainOptions:
    """How a run is recorded, told, searched and what it writes.

    `tracking` records the run in the store; `progress` is told each step. `predictions` names a Parquet file
    for the test rows' probabilities. `limit` knows true probabilities (a simulator's). `out` receives both
    artefact folders; without it and without `tracking` a temporary folder does. `report` names a file for
    the page that people read; a recorded run keeps one in any case. `engine` computes the features
    ("duckdb", "spark" or a Postgres address). With `budget_seconds` the booster's settings are searched for
    about that long, on the inner folds; an interrupted search keeps its best, and `study`, an SQLite file,
    lets a later run go on with it. `new_bands` lets hot and warm begin where today's open leads say, not
    where the champion's do.
    """

    tracking: bool = True
    progress: Step | None = None
    predictions: Path | None = None
    limit: Limit | None = None
    out: Path | None = None
    report: Path | None = None
    engine: str = "duckdb"
    budget_seconds: float | None = None
    study: Path | None = None
    new_bands: bool = False

    @property
    def budget(self) -> Budget | None:
        """What a search of settings may take; None: there is none."""
        if self.budget_seconds is None:
            return None
        return Budget(self.budget_seconds, self.study, self.progress)
