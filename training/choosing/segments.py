"""Who answers for a segment: a model of its own, its own Bayes rung, or the scorer of all leads.

The three are compared on the segment's newest fit rows (see `segment_trial`); here are the choice, its words,
and the fit of those that were chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from serving.calibration import MonotoneMap
from serving.scorers import Bayes, Model, Segmented, Served
from training.calibration import MapChoice
from training.choosing.choose import choose_settings
from training.choosing.trial import MIN_TRIED, MIN_WON_LEADS, Contender, Trial, segment_bayes, trials_of
from training.figures import LEVEL, Interval, known
from training.fitting import Settings, fit_model
from training.history import History, Rows, SplitRows, rows_of, won_leads

Answers = Literal["parent", "model", "bayes"]
_WHO: dict[str, str] = {
    "parent": "the scorer of all answers",
    "model": "its own model answers",
    "bayes": "its own Bayes rung answers, which borrows from that of all",
}
_NAMES = {"model": "its own model", "bayes": "its own Bayes rung"}


class Tried(BaseModel):
    """A segment's own scorer minus that of all, in log loss on rows before the test."""

    model_config = ConfigDict(frozen=True)

    scorer: Contender
    difference: float
    low: float | None
    high: float | None


class SegmentChoice(BaseModel):
    """Who answers for a segment, what was tried, and why in words."""

    model_config = ConfigDict(frozen=True)

    segment: str
    scorer: Answers
    rows: int
    converted_leads: int
    tried: tuple[Tried, ...] = ()
    words: str


@dataclass(frozen=True)
class Member:
    """How to fit a segment's own scorer: a model by `settings`, or without them the Bayes rung.

    `bounds` are maps to the ends of its interval, from margins of rows that a fit of it had not seen.
    """

    segment: str
    settings: Settings | None
    bounds: tuple[MonotoneMap, MonotoneMap] | None = None


@dataclass(frozen=True)
class SegmentPlan:
    """The choice for every segment, and how to fit those that have a scorer of their own."""

    choices: tuple[SegmentChoice, ...] = ()
    members: tuple[Member, ...] = ()
    uncovered: int = 0

    def as_dict(self) -> dict[str, object]:
        """JSON-ready; `uncovered` counts fit rows of no segment, for which the scorer of all answers."""
        models = {m.segment: m.settings.as_dict() for m in self.members if m.settings is not None}
        return {
            "segments": [choice.model_dump() for choice in self.choices],
            "uncovered": self.uncovered,
            "settings": models,
        }


def plan_segments(
    history: History,
    parent: Settings,
    fit: Rows,
    earlier: SplitRows | None,
    top: Literal["model", "bayes"] = "model",
    repair: MapChoice | None = None,
) -> SegmentPlan | None:
    """Try scorers of its own for each segment of the `fit` rows, on the split `earlier` in them.

    One is used where its log loss is below that of the scorer of all (by `parent`, or the Bayes rung where
    `top` says so), beyond the paired interval; of two that are, the better one. Among k tries each interval
    has the level 1 − 0.05/k. `repair` is that of the Bayes rung of all. None without segments.
    """
    segments = history.recipe.segments
    if segments is None:
        return None
    trials = trials_of(history, parent, segments, fit, earlier, top, repair)
    tries = sum(len(trial.losses) for trial in trials)
    level = 1 - (1 - LEVEL) / max(tries, 1)
    choices, members = [], []
    for trial in trials:
        rows = rows_of(history, segments, fit, trial.segment)
        choice = _choice(trial, len(rows), won_leads(history, rows), level)
        choices.append(choice)
        if choice.scorer == "model":
            settings = choose_settings(history.recipe, history.excerpt(rows))
            members.append(Member(trial.segment, settings, settings.map.bounds))
        elif choice.scorer == "bayes":
            members.append(Member(trial.segment, None, trial.bayes_bounds))
    inside = sum(choice.rows for choice in choices)
    return SegmentPlan(tuple(choices), tuple(members), len(fit) - inside)


def with_segments(
    history: History, parent: Model, plan: SegmentPlan | None, rows: Rows, rates: Bayes
) -> Served:
    """`parent` with the segments' own scorers fitted on their part of `rows`; itself where there are none.

    `rates` is the Bayes rung of all `rows`, from which those of segments borrow.
    """
    segments = history.recipe.segments
    if plan is None or segments is None or not plan.members:
        return parent
    fitted: list[tuple[str, Model]] = []
    for member in plan.members:
        own = rows_of(history, segments, rows, member.segment)
        fitted.append((member.segment, _fitted(history, member, own, rates)))
    return Segmented(segments, parent, tuple(fitted))


def _fitted(history: History, member: Member, rows: Rows, rates: Bayes) -> Model:
    if member.settings is None:
        return segment_bayes(history, rows, rates)
    return fit_model(history.excerpt(rows), history.recipe.train, member.settings)


def _choice(trial: Trial, rows: int, won: int, level: float) -> SegmentChoice:
    """The best of those that are surely better than the scorer of all."""
    gaps = {name: Interval.of(drawn, level) for name, drawn in trial.losses.items()}
    means = {name: float(np.mean(drawn)) for name, drawn in trial.losses.items()}
    surely: list[Contender] = [name for name, gap in gaps.items() if gap.high < 0]
    best = min(surely, key=lambda name: means[name], default=None)
    tried = tuple(
        Tried(scorer=name, difference=means[name], low=known(gap.low), high=known(gap.high))
        for name, gap in gaps.items()
    )
    return SegmentChoice(
        segment=trial.segment,
        scorer=best or "parent",
        rows=rows,
        converted_leads=won,
        tried=tried,
        words=_words(gaps, best or "parent", won),
    )


def _words(gaps: dict[Contender, Interval], scorer: Answers, won: int) -> str:
    if not gaps:
        few = f"too few outcomes were known early enough to try one of its own, {MIN_TRIED} are asked for"
        return f"{few}: {_WHO['parent']}"
    spans = [f"{_NAMES[name]} [{gap.low:+.4f}, {gap.high:+.4f}]" for name, gap in gaps.items()]
    few = "" if "model" in gaps else f"; {won} converted leads, a model is tried from {MIN_WON_LEADS}"
    return f"minus the scorer of all in log loss: {', '.join(spans)}{few}: {_WHO[scorer]}"
