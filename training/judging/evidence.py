"""The comparison that a promotion rests on: every scorer on the same matured rows, with paired intervals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from features.columns import Floats
from features.recipe import Recipe
from training.figures import Bootstrap, Interval, known
from training.figures.metrics import figures, within_periods
from training.history import Labelled, Rows
from training.judging.ages import AgeFigures, by_age
from training.judging.figures import Figures, Gap, VersusBest
from training.judging.groups import Group, new_accounts, segments
from training.judging.latency import Latency
from training.judging.outlook import OutlookFigures
from training.judging.protected import Protected

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

    `comparison` has one row a scorer. `differences` holds the model against every other scorer.
    `won` counts rows, `won_leads` the leads that they belong to (None in evidence of former versions).
    `champion_version` says which version was champion then (None: none), and stands in the row `champion`
    unless `champion_missing` says why it could not be compared. `segments` are the
    groups of rows that a model may serve worse than others, `new_accounts` those of accounts that it has
    never seen; `latency` is of one prediction with reasons. `earlier` holds the same comparison at earlier
    origins of the forecast, which informs and decides nothing; `pooled` the gain over several origins, each
    with settings of its own, which decides where the newest test is small. `outlook` tells how curves and
    values came true, where the recipe asks for them; `accounts_gain` what counting an account's other leads
    saves of log loss, with 95 % ends; `protected` who is disadvantaged by declared attributes.
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
    comparison: list[Figures]
    differences: list[Difference]
    ages: list[AgeFigures] = Field(default_factory=list)
    champion_version: str | None = None
    champion_missing: str = ""
    segments: list[Group] = Field(default_factory=list)
    new_accounts: Group | None = None
    latency: Latency | None = None
    earlier: list[Evidence] = Field(default_factory=list)
    pooled: Pooled | None = None
    outlook: OutlookFigures | None = None
    accounts_gain: tuple[float, float, float] | None = None
    protected: list[Protected] = Field(default_factory=list)

    def row(self, scorer: str) -> Figures | None:
        """The comparison row of `scorer`, or None where it was not compared."""
        return next((row for row in self.comparison if row.scorer == scorer), None)

    def figure(self, scorer: str, name: str) -> float | None:
        """One figure of one scorer, or None where it is not known."""
        row = self.row(scorer)
        return None if row is None else row.figure(name)

    def without(self, scorer: str) -> Evidence:
        """The same evidence as if `scorer` had not been compared."""
        rows = [row for row in self.comparison if row.scorer != scorer]
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
        row = self.row(scorer)
        low, high = (None, None) if row is None else row.intervals.get(figure, (None, None))
        return None if low is None or high is None else Interval(low, high)


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
        comparison=[_against(best, row, rows, samples) for row in rows],
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


def _row(recipe: Recipe, labelled: Labelled, test: Rows, name: str, p: Floats, samples: Samples) -> Figures:
    """One scorer's figures and intervals."""
    y = labelled.y(test)
    leads = labelled.frame["lead_id"].to_numpy(object)[test]
    found = figures(y, p) | within_periods(y, p, labelled.periods(test), leads, recipe.gate.capacity_per_week)
    drawn = {figure: Interval.of(values) for figure, values in samples[name].items()}
    ends = {figure: (known(end.low), known(end.high)) for figure, end in drawn.items()}
    return Figures.model_validate({"scorer": name, **found, "intervals": ends})


def _best_baseline(rows: Sequence[Figures]) -> str:
    """The baseline with the lowest log loss."""
    baselines = [row for row in rows if row.scorer in BASELINES]
    return min(baselines or rows, key=lambda row: row.loss).scorer


def _against(best: str, row: Figures, rows: Sequence[Figures], samples: Samples) -> Figures:
    """`row` with the differences of its scorer to the best baseline, which has none to itself."""
    if row.scorer == best:
        return row
    found = (_difference(row.scorer, best, figure, rows, samples) for figure in COMPARED)
    gaps = {one.figure: Gap(difference=one.difference, low=one.low, high=one.high) for one in found}
    return row.model_copy(update={"versus_best": VersusBest(baseline=best, **gaps)})


def _model_differences(rows: Sequence[Figures], samples: Samples) -> list[Difference]:
    """The model against every other scorer, in every compared figure."""
    names = [row.scorer for row in rows]
    if JUDGED not in names:
        return []
    others = [name for name in names if name != JUDGED]
    return [_difference(JUDGED, name, figure, rows, samples) for name in others for figure in COMPARED]


def _difference(
    scorer: str, versus: str, figure: str, rows: Sequence[Figures], samples: Samples
) -> Difference:
    """One paired difference."""
    value = {row.scorer: row.figure(figure) for row in rows}
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
