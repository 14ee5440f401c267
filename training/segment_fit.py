"""Which segments get a model of their own, and the fit of all of them: the rest borrows from the parent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from features import Columns
from features.recipe import Segments
from serving.blend import Model
from serving.segment import Segmented, Served, route_of, segments_of
from training.bootstrap import Bootstrap, Interval
from training.fit import fit_model
from training.history import History
from training.metrics import known
from training.settings import Settings, choose_settings
from training.split import Rows, SplitRows

Floats = NDArray[np.float64]

MIN_WON_LEADS = 250
"""Converted leads that a segment needs before a model of its own is even tried."""
MIN_TRIED = 30
"""Converted (and other) rows on which it must prove itself."""


class SegmentChoice(BaseModel):
    """Who answers for a segment, and why: own minus parent in log loss, before the test."""

    model_config = ConfigDict(frozen=True)

    segment: str
    own: bool
    rows: int
    converted_leads: int
    low: float | None = None
    high: float | None = None
    words: str


@dataclass(frozen=True)
class SegmentPlan:
    """The choice for every segment, and the settings of those that have a model of their own."""

    choices: tuple[SegmentChoice, ...] = ()
    settings: tuple[tuple[str, Settings], ...] = ()
    uncovered: int = 0

    def as_dict(self) -> dict[str, object]:
        """JSON-ready; `uncovered` counts fit rows of no segment, for which the parent answers."""
        return {
            "segments": [choice.model_dump() for choice in self.choices],
            "uncovered": self.uncovered,
            "settings": {name: settings.as_dict() for name, settings in self.settings},
        }


def plan_segments(
    history: History, parent: Settings, fit: Rows, earlier: SplitRows | None
) -> SegmentPlan | None:
    """Try a model for each segment of the `fit` rows that is large enough, on the split `earlier` in them.

    It is used where its log loss is below the parent's, beyond the paired interval; None without segments.
    """
    segments = history.recipe.segments
    if segments is None:
        return None
    general = _fit(history, earlier.fit, parent) if earlier is not None else None
    choices, settings = [], []
    for name in segments.groups:
        rows = rows_of(history, segments, fit, name)
        choice = _tried(history, segments, name, rows, earlier, general)
        choices.append(choice)
        if choice.own:
            settings.append((name, _chosen(history, rows)))
    inside = sum(choice.rows for choice in choices)
    return SegmentPlan(tuple(choices), tuple(settings), len(fit) - inside)


def rows_of(history: History, segments: Segments, rows: Rows, name: str) -> Rows:
    """Those of `rows` whose lead is in the segment called `name`."""
    column = history.labelled.columns[route_of(segments).name]
    levels = [None if level is None else str(level) for level in column[rows].tolist()]
    return rows[np.array([one == name for one in segments_of(segments, levels)], dtype=np.bool_)]


def with_segments(history: History, parent: Model, plan: SegmentPlan | None, rows: Rows) -> Served:
    """`parent` with the segments' own models fitted on their part of `rows`; itself where there are none."""
    segments = history.recipe.segments
    if plan is None or segments is None or not plan.settings:
        return parent
    members = [
        (name, _fit(history, rows_of(history, segments, rows, name), settings))
        for name, settings in plan.settings
    ]
    return Segmented(segments, parent, tuple(members))


def _tried(
    history: History,
    segments: Segments,
    name: str,
    rows: Rows,
    earlier: SplitRows | None,
    general: Model | None,
) -> SegmentChoice:
    """Own against parent on the segment's newest fit rows."""
    labelled = history.labelled
    won = labelled.n_leads(rows[labelled.y(rows) == 1]) if len(rows) else 0

    def told(words: str, own: bool = False, gap: Interval | None = None) -> SegmentChoice:
        ends = (known(gap.low), known(gap.high)) if gap else (None, None)
        return SegmentChoice(
            segment=name, own=own, rows=len(rows), converted_leads=won, low=ends[0], high=ends[1], words=words
        )

    if won < MIN_WON_LEADS:
        return told(f"{won} converted leads, {MIN_WON_LEADS} are asked for: the model of all answers")
    older, newer = (
        (rows_of(history, segments, part, name) for part in (earlier.fit, earlier.test))
        if earlier is not None
        else (rows[:0], rows[:0])
    )
    if general is None or min(_fewest(history, older), _fewest(history, newer)) < MIN_TRIED:
        return told("too few outcomes were known early enough to try it: the model of all answers")
    own = _fit(history, older, _chosen(history, older))
    y, columns = labelled.y(newer), labelled.at(newer)
    bootstrap = Bootstrap(y, labelled.clusters(newer), history.recipe.gate.draws, history.recipe.train.seed)
    drawn = bootstrap.samples({"own": _answers(own, columns), "parent": _answers(general, columns)})
    gap = Interval.of(drawn["own"]["log_loss"] - drawn["parent"]["log_loss"])
    better = gap.high < 0
    answers = "its own model answers" if better else "the model of all answers"
    return told(f"own minus parent in log loss [{gap.low:+.4f}, {gap.high:+.4f}]: {answers}", better, gap)


def _answers(model: Model, columns: Columns) -> Floats:
    return model.probability(model.margin(columns))


def _chosen(history: History, rows: Rows) -> Settings:
    return choose_settings(history.recipe, history.labelled, history.features, rows)


def _fit(history: History, rows: Rows, settings: Settings) -> Model:
    return fit_model(history.recipe, history.labelled, history.features, rows, settings)


def _fewest(history: History, rows: Rows) -> float:
    y = history.labelled.y(rows)
    return min(float(y.sum()), float((1 - y).sum()))
