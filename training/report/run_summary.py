"""What a run says of itself, for scripts: the object of `train --json`, kept with the run as summary.json."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from training.choosing.ladder import LadderChoice
from training.judging import Check, Figures, Group
from training.judging.ages import AgeFigures
from training.judging.figures import only_set
from training.judging.latency import Latency


class EarlierTest(BaseModel):
    """The main figures on the rows before the test, with the same settings; they decide nothing."""

    model_config = ConfigDict(frozen=True)

    test_from: str | None
    n_test: int
    won: int
    comparison: list[Figures]


class RunSummary(BaseModel):
    """Counts, verdict, figures and words of one run.

    `rows` counts rows from the tables to the test; `quality` has (table, what was wrong, count, what was
    done). `incumbent` is who would answer without this model, `ages` the main figures by age of the lead,
    `seconds` how long each step took. From `best_baseline` on there is nothing where nothing was fitted,
    and `run_id` and `artefact` are known at the end of the run: a field that was not given has no key in
    the JSON.
    """

    model_config = ConfigDict(frozen=True)

    run_id: str | None = None
    name: str
    verdict: str
    reasons: list[str]
    horizon_days: float
    n_train: int
    n_train_leads: int
    n_test: int
    n_test_leads: int
    base_rate: float | None
    test_from: str | None
    history_end: str | None
    comparison: list[Figures] = Field(default_factory=list)
    rows: list[tuple[str, int]]
    quality: list[tuple[Any, ...]]
    recommendation: str
    warnings: list[str]
    best_baseline: str | None = None
    checks: list[Check] = Field(default_factory=list)
    incumbent: str | None = None
    ages: list[AgeFigures] = Field(default_factory=list)
    settings: dict[str, Any] = Field(default_factory=dict)
    judged: str | None = None
    served: str | None = None
    shift: dict[str, float] = Field(default_factory=dict)
    seconds: dict[str, float] = Field(default_factory=dict)
    ladder: LadderChoice | None = None
    models_by_segment: dict[str, Any] | None = None
    segments: list[Group] = Field(default_factory=list)
    new_accounts: Group | None = None
    latency: Latency | None = None
    earlier: list[EarlierTest] = Field(default_factory=list)
    doubts: list[str] = Field(default_factory=list)
    artefact: str | None = None

    @model_serializer(mode="wrap")
    def _json(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return only_set(self, dump)

    def row(self, scorer: str) -> Figures | None:
        """The comparison row of `scorer`, or None where it was not compared."""
        return next((row for row in self.comparison if row.scorer == scorer), None)
