"""What a report is made of: plain arrays and texts of one run, gathered from what training holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features import Columns, Feature, FieldValue, Recipe
from features.clock import from_us
from serving.artefact import Artefact
from serving.scorer import Contributions
from training.evidence import Evidence
from training.gate import Check
from training.history import History
from training.leaks import Suspect, find_leaks
from training.split import SplitRows
from training.trained import Trained

Floats = NDArray[np.float64]

_EXPLAINED = 2000
"""Test rows whose contributions are averaged: reasons cost a hundred times a prediction."""
_ATTRIBUTES = ("origin", "market", "country", "region", "industry", "campaign")
"""Meanings of fields by which results are told apart, in this order."""


@dataclass(frozen=True)
class ReportInput:
    """One run as arrays.

    `test` has a row a test row, in time, with columns lead_id, cluster (account or lead), as_of_us, age_days,
    label (0 or 1) and period (weeks, or blocks of rows where not `dated`); `probabilities` and `segments`
    are columns of the same length by scorer and by field. `contributions` explain the model on some of the
    rows, whose features' values are `explained`. `horizon_days` is 0 where outcomes are known at once.
    `facts` are shown as they are, in their order. Without a model only texts and counts are there.
    """

    name: str
    verdict: str
    reasons: Sequence[str]
    recommendation: str
    horizon_days: float
    account: Sequence[tuple[str, int]]
    quality: Sequence[Sequence[Any]]
    capacity: int = 50
    dated: bool = True
    incumbent: str = ""
    run_id: str | None = None
    checks: Sequence[Check] = ()
    warnings: Sequence[str] = ()
    test: pd.DataFrame | None = None
    probabilities: Mapping[str, Floats] = field(default_factory=dict)
    segments: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)
    evidence: Evidence | None = None
    suspects: Sequence[Suspect] = ()
    features: Mapping[str, Feature] = field(default_factory=dict)
    contributions: Contributions | None = None
    explained: Columns = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)


def report_input(
    history: History,
    split: SplitRows,
    summary: Mapping[str, Any],
    trained: Trained | None = None,
    suspects: Sequence[Suspect] | None = None,
) -> ReportInput:
    """The input of a run's report, from what `record_run` is given.

    `suspects` are what the leak rules named; without it they are asked about the features of the fit rows.
    """
    common: dict[str, Any] = {
        "name": history.recipe.name,
        "verdict": str(summary["verdict"]),
        "reasons": list(summary["reasons"]),
        "recommendation": str(summary.get("recommendation", "")),
        "horizon_days": _horizon(history.recipe),
        "account": [(str(what), int(count)) for what, count in summary["rows"]],
        "quality": history.quality,
        "capacity": history.recipe.gate.capacity_per_week,
        "dated": history.recipe.dated,
        "run_id": summary.get("run_id"),
        "warnings": list(summary.get("warnings", [])),
        "facts": _data_facts(history),
    }
    if trained is None:
        return ReportInput(**common)
    rows, explained = _some(len(split.test)), trained.judged.model.features
    columns = history.labelled.at(split.test[rows], explained)
    return ReportInput(
        **common | {"facts": common["facts"] | _model_facts(trained)},
        incumbent=trained.judgement.incumbent,
        checks=trained.judgement.checks,
        test=_test_frame(history, split),
        probabilities=trained.probabilities,
        segments=segments_of(history.recipe, history.labelled.columns, split.test),
        evidence=trained.evidence,
        suspects=feature_suspects(history, split) if suspects is None else suspects,
        features={feature.name: feature for feature in explained},
        contributions=trained.judged.model.contributions(columns),
        explained=columns,
    )


def feature_suspects(history: History, split: SplitRows) -> tuple[Suspect, ...]:
    """What the leak rules say of the model's features, on the fit rows."""
    fit, labelled = split.fit, history.labelled
    order = labelled.frame["order"].to_numpy(np.int64)[fit]
    columns = labelled.at(fit, history.features)
    dated = history.recipe.dated
    return find_leaks(columns, labelled.y(fit), order, dated=dated, training_share=1.0)


def segments_of(recipe: Recipe, columns: Columns, rows: NDArray[np.intp]) -> dict[str, NDArray[np.object_]]:
    """Declared category fields whose meaning tells groups of leads apart, at `rows`."""
    found: dict[str, NDArray[np.object_]] = {}
    for meaning in _ATTRIBUTES:
        for name, declared in recipe.lead.fields.items():
            column = columns.get(FieldValue(name, "category").name)
            if declared.means == meaning and declared.type == "category" and column is not None:
                found[name] = column[rows].astype(object)
    return found


def _test_frame(history: History, split: SplitRows) -> pd.DataFrame:
    labelled, test = history.labelled, split.test
    frame = labelled.frame.iloc[test][["lead_id", "as_of_us", "age_days", "label"]].reset_index(drop=True)
    return frame.assign(cluster=labelled.clusters(test), period=labelled.periods(test))


def _some(rows: int) -> NDArray[np.intp]:
    """At most `_EXPLAINED` places, evenly over the test."""
    return np.unique(np.linspace(0, max(rows - 1, 0), min(rows, _EXPLAINED)).astype(np.intp))


def _horizon(recipe: Recipe) -> float:
    """Days, 0 where the outcome is known at once."""
    return 0.0 if recipe.outcomes.at_once else recipe.recipe.horizon_days


def _data_facts(history: History) -> dict[str, str]:
    recipe, days = history.recipe, _horizon(history.recipe)
    facts = {
        "Model's name": recipe.name,
        "Predicts": "the probability that a lead converts" + (f" within {days:g} days" if days else ""),
        "Market": {"b2b": "companies", "b2c": "private persons"}.get(recipe.recipe.market, "both kinds"),
        "Recipe": recipe.hash[:12],
        "Data": history.data_hash[:12],
    }
    return facts | ({"End of the history": _day(history.end_us)} if recipe.dated else {})


_KINDS = {
    "linear": "logistic regression",
    "offset": "trees that start from a logistic regression",
    "mean": "mean of trees and a logistic regression, in log-odds",
    "trees": "trees",
    "bayes": "shrunken rates (Bayes)",
}


def _model_facts(trained: Trained) -> dict[str, str]:
    """What was fitted on what, for the model card."""
    judged, served = trained.judged.manifest, trained.served.manifest
    model = trained.served.model
    facts = {
        "Kind of model": _KINDS.get(trained.choices.kind, trained.choices.kind),
        "Calibration": trained.choices.model.map_name.replace("_", "-"),
        "Features": f"{len(model.features)}",
        "Judged artefact": f"{trained.judged.version}, {_fitted(trained.judged)}",
        "Served artefact": f"{trained.served.version}, {_fitted(trained.served)}",
        "Converted among those rows (judged, served)": f"{judged.base_rate:.1%}, {served.base_rate:.1%}",
        "Made with": ", ".join(f"{name} {version}" for name, version in served.versions.items()),
    }
    if trained.choices.model.calendars:
        facts["Calendars, which trees do not see"] = ", ".join(trained.choices.model.calendars)
    return facts


def _fitted(artefact: Artefact) -> str:
    manifest = artefact.manifest
    size = f"fitted on {manifest.n_rows:,} rows of {manifest.n_leads:,} leads"
    if not manifest.recipe.dated:
        return size
    return f"{size}, seen {_day(manifest.window_us[0])} to {_day(manifest.window_us[1])}"


def _day(us: int) -> str:
    return from_us(us).date().isoformat()
