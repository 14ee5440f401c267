"""What a report is made of: plain arrays and texts of one run, gathered from what training holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.catalogue import Feature, FieldValue
from features.columns import Columns, Floats
from features.leaks import Suspect, find_leaks, is_filled
from features.recipe import Gate
from serving.answer import Ladder
from serving.scorer import Contributions
from serving.words import Moments, Voice
from training.history import History, SplitRows
from training.judging import Check, Evidence
from training.judging.groups import attributes_of
from training.packing import Trained
from training.report.facts import data_facts, horizon_of, model_facts
from training.report.run_summary import RunSummary

_EXPLAINED = 2000
"""Test rows whose contributions are averaged: reasons cost a hundred times a prediction."""


@dataclass(frozen=True)
class SegmentAnswer:
    """Who answers for the leads of one segment, and why, in words; `rows` and leads are those fitted on."""

    segment: str
    levels: str
    rows: int
    converted_leads: int
    answers: str
    why: str


@dataclass(frozen=True)
class ReportInput:
    """One run as arrays.

    `test` has a row a test row, in time, with columns lead_id, cluster (account or lead), as_of_us, age_days,
    label (0 or 1) and period (weeks, or blocks of rows where not `dated`); `probabilities` and `segments`
    are columns of the same length by scorer and by field. `contributions` explain the model on some of the
    rows, whose features' values are `explained`, as seen at `moments`; `voice` puts them
    into words. `horizon_days` is 0 where outcomes are known at once.
    `facts` are shown as they are, in their order. `answering` has for each segment of the recipe who answers
    and why; `fills` (field, share filled in the fit rows, in the test rows). Without a model only texts and
    counts are there.
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
    timed: bool = True
    incumbent: str = ""
    run_id: str | None = None
    checks: Sequence[Check] = ()
    warnings: Sequence[str] = ()
    test: pd.DataFrame | None = None
    probabilities: Mapping[str, Floats] = field(default_factory=dict)
    segments: Mapping[str, NDArray[np.object_]] = field(default_factory=dict)
    evidence: Evidence | None = None
    gate: Gate | None = None
    suspects: Sequence[Suspect] = ()
    features: Mapping[str, Feature] = field(default_factory=dict)
    contributions: Contributions | None = None
    voice: Voice | None = None
    moments: Moments = field(default_factory=Moments)
    explained: Columns = field(default_factory=lambda: Columns({}, 0))
    facts: Mapping[str, str] = field(default_factory=dict)
    answering: Sequence[SegmentAnswer] = ()
    fills: Sequence[tuple[str, float, float]] = ()


def report_input(
    history: History,
    split: SplitRows,
    summary: RunSummary,
    trained: Trained | None = None,
    suspects: Sequence[Suspect] | None = None,
) -> ReportInput:
    """The input of a run's report, from what `record_run` is given.

    `suspects` are what the leak rules named; without it they are asked about the features of the fit rows.
    """
    common: dict[str, Any] = {
        "name": history.recipe.name,
        "verdict": summary.verdict,
        "reasons": summary.reasons,
        "recommendation": summary.recommendation,
        "horizon_days": horizon_of(history.recipe),
        "account": summary.rows,
        "quality": history.quality,
        "capacity": history.recipe.gate.capacity_per_week,
        "dated": history.recipe.dated,
        "timed": history.recipe.timed,
        "run_id": summary.run_id,
        "warnings": summary.warnings,
        "facts": data_facts(history),
    }
    if trained is None:
        return ReportInput(**common)
    rows, explained = _some(len(split.test)), trained.judged.model.features
    columns = history.labelled.at(split.test[rows])
    speech = Ladder.of(trained.judged).speech
    as_of = history.labelled.frame["as_of_us"].to_numpy(np.int64)[split.test[rows]]
    return ReportInput(
        **common | {"facts": common["facts"] | model_facts(trained)},
        incumbent=trained.judgement.incumbent,
        checks=trained.judgement.checks,
        test=_test_frame(history, split),
        probabilities=trained.probabilities,
        segments=attributes_of(history.recipe, history.labelled.columns, split.test),
        evidence=trained.evidence,
        gate=history.recipe.gate,
        suspects=feature_suspects(history, split) if suspects is None else suspects,
        features={feature.name: feature for feature in explained},
        contributions=trained.judged.model.contributions(columns),
        voice=speech.voice,
        moments=speech.moments(as_of),
        explained=columns,
        answering=answering(trained),
        fills=fills_of(history, split),
    )


def feature_suspects(history: History, split: SplitRows) -> tuple[Suspect, ...]:
    """What the leak rules say of the model's features, on the fit rows."""
    fit, labelled = split.fit, history.labelled
    order = labelled.frame["order"].to_numpy(np.int64)[fit]
    columns = labelled.at(fit, history.features)
    dated = history.recipe.dated
    return find_leaks(columns, labelled.y(fit), order, dated=dated, training_share=1.0)


def answering(trained: Trained) -> list[SegmentAnswer]:
    """Who answers for each segment of the recipe and why."""
    plan, segments = trained.choices.segments, trained.history.recipe.segments
    if plan is None or segments is None:
        return []
    return [
        SegmentAnswer(
            segment=choice.segment,
            levels=", ".join(segments.groups[choice.segment]),
            rows=choice.rows,
            converted_leads=choice.converted_leads,
            answers=_ANSWERS[choice.scorer],
            why=choice.words,
        )
        for choice in plan.choices
    ]


_ANSWERS = {
    "model": "a model of its own",
    "bayes": "Bayes rates of its own",
    "parent": "the scorer of all leads",
}


def fills_of(history: History, split: SplitRows) -> list[tuple[str, float, float]]:
    """How full each field that the model may read is, on the fit rows and on the test rows."""
    found = []
    for feature in history.features:
        if isinstance(feature, FieldValue):
            filled = is_filled(history.labelled.columns[feature.name])
            found.append((feature.label, float(filled[split.fit].mean()), float(filled[split.test].mean())))
    return found


def _test_frame(history: History, split: SplitRows) -> pd.DataFrame:
    labelled, test = history.labelled, split.test
    frame = labelled.frame.iloc[test][["lead_id", "as_of_us", "age_days", "label"]].reset_index(drop=True)
    return frame.assign(cluster=labelled.clusters(test), period=labelled.periods(test))


def _some(rows: int) -> NDArray[np.intp]:
    """At most `_EXPLAINED` places, evenly over the test."""
    return np.unique(np.linspace(0, max(rows - 1, 0), min(rows, _EXPLAINED)).astype(np.intp))
