"""The comparison that a promotion rests on: every scorer on the same matured rows, with paired intervals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from features.columns import Floats
from features.recipe import Recipe
from training.figures import Bootstrap, Interval, known
from training.figures.metrics import by_age, figures, within_periods
from training.history import Labelled, Rows
from training.judging.groups import Group, new_accounts, segments
from training.judging.latency import Latency

Samples = Mapping[str, Mapping[str, Floats]]

BASELINES = ("base_rate", "newest_first", "rules", "pls", "bayes", "logistic")
"""What a model must be compared with; those that could be made are in the comparison."""
COMPARED = ("auc", "average_precision", "log_loss", "brier", "lift_10", "precision_10")
"""Figures whose differences get an interval."""
JUDGED = "model"
INCUMBENTS = ("champion", "rules", "base_rate")
"""Who would answer if the model were refused, the first that was compared: see the gate."""
POOLED = ("rules", "base_rate")
"""Whom the model is held against over several origins: a champion saw the rows of the earlier ones."""


class Difference(BaseModel):
    """`scorer` minus `versus` in `figure`, with its paired bootstrap interval."""

    model_config = ConfigDict(frozen=True)

    scorer: str
    versus: str
    figure: str
    difference: float | None
    low: float | None
    high: float | None

    def surely_above(self, bound: float = 0.0) -> bool:
        """Whether the whole interval lies above `bound`."""
        return self.low is not None and self.low > bound

    def surely_below(self, bound: float = 0.0) -> bool:
        """Whether the whole interval lies below `bound`."""
        return self.high is not None and self.high < bound


class Pooled(BaseModel):
    """The model against what would answer without it, over `origins` tests together.

    `n` test rows, of which `won` converted, of `won_leads` converted leads; a lead is in one test only.
    """

    model_config = ConfigDict(frozen=True)

    origins: int
    n: int
    won: int
    won_leads: int
    differences: list[Difference]


class Evidence(BaseModel):
    """What was measured on the test rows; written beside the run that it judges, read by the gate.

    `comparison` has one row a scorer: its figures, `intervals` of some of them, and `versus_best`, the
    differences to the best baseline. `differences` holds the model against every other scorer.
    `won` counts rows, `won_leads` the leads that they belong to (None in evidence of former versions).
    `champion_version` says which version was champion then (None: none), and stands in the row `champion`
    unless `champion_missing` says why it could not be compared. `segments` are the
    groups of rows that a model may serve worse than others, `new_accounts` those of accounts that it has
    never seen; `latency` is of one prediction with reasons. `earlier` holds the same comparison at earlier
    origins of the forecast, which informs and decides nothing; `pooled` the gain over several origins, each
    with settings of its own, which decides where the newest test is small.
    """

    model_config = ConfigDict(frozen=True)

    n_test: int
    n_test_leads: int
    won: int
    won_leads: int | None = None
    base_rate: float
    first_us: int
    last_us: int
    draws: int
    best_baseline: str
    comparison: list[dict[str, Any]]
    differences: list[Difference]
    ages: list[dict[str, float | None]] = Field(default_factory=list)
    champion_version: str | None = None
    champion_missing: str = ""
    segments: list[Group] = Field(default_factory=list)
    new_accounts: Group | None = None
    latency: Latency | None = None
    earlier: list[Evidence] = Field(default_factory=list)
    pooled: Pooled | None = None

    def row(self, scorer: str) -> dict[str, Any] | None:
        """The comparison row of `scorer`, or None where it was not compared."""
        return next((row for row in self.comparison if row["scorer"] == scorer), None)

    def without(self, scorer: str) -> Evidence:
        """The same evidence as if `scorer` had not been compared."""
        rows = [row for row in self.comparison if row["scorer"] != scorer]
        kept = [d for d in self.differences if d.versus != scorer]
        return self.model_copy(update={"comparison": rows, "differences": kept})

    def difference(self, versus: str, figure: str) -> Difference | None:
        """The model minus `versus`, or None where it was not compared."""
        wanted = (d for d in self.differences if d.versus == versus and d.figure == figure)
        return next(wanted, None)

    def gain(self, versus: str) -> Difference | None:
        """The model minus `versus` in log loss, over all origins that hold both."""
        over_all = self.pooled.differences if self.pooled else []
        return next((d for d in over_all if d.versus == versus), self.difference(versus, "log_loss"))

    def judged_by(self, versus: str) -> int | None:
        """Converted leads in the tests that `gain` is over."""
        return self.pooled.won_leads if self.pooled and versus in POOLED else self.won_leads

    def interval(self, scorer: str, figure: str) -> Interval | None:
        """The interval of one figure of one scorer, or None where it is not known."""
        ends = (self.row(scorer) or {}).get("intervals", {}).get(figure)
        return None if ends is None or None in ends else Interval(*ends)


def gather(
    recipe: Recipe,
    labelled: Labelled,
    test: Rows,
    probabilities: Mapping[str, Floats],
    draws: int,
    champion_version: str | None = None,
    fit: Rows | None = None,
) -> Evidence:
    """Compare scorers, each `probabilities` of shape `(n_test,)`, on the `test` rows in the order of time.

    `fit` are the rows that they were fitted on, by which an account is new to the test.
    """
    y, clusters = labelled.y(test), labelled.clusters(test)
    samples = Bootstrap(y, clusters, draws, recipe.train.seed).samples(probabilities)
    rows = [_row(recipe, labelled, test, name, p, samples) for name, p in probabilities.items()]
    best = _best_baseline(rows)
    for row in rows:
        if row["scorer"] != best:
            row["versus_best"] = _versus(row, best, rows, samples)
    as_of = labelled.frame["as_of_us"].to_numpy(np.int64)[test]
    age = labelled.frame["age_days"].to_numpy(np.float64)[test]
    rivals = {name: probabilities[name] for name in (JUDGED, *INCUMBENTS) if name in probabilities}
    judged = JUDGED in probabilities
    return Evidence(
        n_test=len(test),
        n_test_leads=labelled.n_leads(test),
        won=int(y.sum()),
        won_leads=labelled.won_leads(test),
        base_rate=float(y.mean()),
        first_us=int(as_of.min()),
        last_us=int(as_of.max()),
        draws=draws,
        best_baseline=best,
        comparison=rows,
        differences=_model_differences(rows, samples),
        ages=by_age(y, probabilities[JUDGED], age) if JUDGED in probabilities else [],
        champion_version=champion_version,
        segments=segments(recipe, labelled, test, rivals, JUDGED, draws) if judged else [],
        new_accounts=(
            new_accounts(recipe, labelled, fit, test, rivals, JUDGED, draws)
            if judged and fit is not None
            else None
        ),
    )


def _row(
    recipe: Recipe, labelled: Labelled, test: Rows, name: str, p: Floats, samples: Samples
) -> dict[str, Any]:
    """One scorer's figures and intervals."""
    y = labelled.y(test)
    leads = labelled.frame["lead_id"].to_numpy(object)[test]
    found: dict[str, Any] = {"scorer": name, **figures(y, p)}
    found |= within_periods(y, p, labelled.periods(test), leads, recipe.gate.capacity_per_week)
    ends = {figure: Interval.of(drawn) for figure, drawn in samples[name].items()}
    found["intervals"] = {figure: [known(end.low), known(end.high)] for figure, end in ends.items()}
    return found


def _best_baseline(rows: list[dict[str, Any]]) -> str:
    """The baseline with the lowest log loss."""
    baselines = [row for row in rows if row["scorer"] in BASELINES]
    return str(min(baselines or rows, key=lambda row: row["log_loss"])["scorer"])


def _versus(row: dict[str, Any], best: str, rows: list[dict[str, Any]], samples: Samples) -> dict[str, Any]:
    """Differences of one scorer to the best baseline: {baseline, figure: {difference, low, high}}."""
    found: dict[str, Any] = {"baseline": best}
    for figure in COMPARED:
        between = _difference(row["scorer"], best, figure, rows, samples)
        found[figure] = between.model_dump(include={"difference", "low", "high"})
    return found


def _model_differences(rows: list[dict[str, Any]], samples: Samples) -> list[Difference]:
    """The model against every other scorer, in every compared figure."""
    names = [row["scorer"] for row in rows]
    if JUDGED not in names:
        return []
    others = [name for name in names if name != JUDGED]
    return [_difference(JUDGED, name, figure, rows, samples) for name in others for figure in COMPARED]


def _difference(
    scorer: str, versus: str, figure: str, rows: list[dict[str, Any]], samples: Samples
) -> Difference:
    """One paired difference."""
    value = {row["scorer"]: row.get(figure) for row in rows}
    a, b = value[scorer], value[versus]
    interval = Interval.of(samples[scorer][figure] - samples[versus][figure])
    return Difference(
        scorer=scorer,
        versus=versus,
        figure=figure,
        difference=None if a is None or b is None else a - b,
        low=known(interval.low),
        high=known(interval.high),
    )


def write_evidence(evidence: Evidence, path: Path) -> None:
    """Evidence as JSON."""
    path.write_text(json.dumps(evidence.model_dump(mode="json"), indent=1) + "\n", encoding="utf-8")
