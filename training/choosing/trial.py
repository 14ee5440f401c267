"""What a scorer of its own would have been worth to each segment, on the rows before the test.

Measured, own minus that of all in log loss on the test. In a company whose two markets read size in
opposite ways, some 85 converted leads each were enough for a Bayes rung of its own to gain 0.12 and 0.15.
In four simulated companies (10,000 and 20,000 leads; by market and by origin, 32 segments), where a signal
means the same in every market, nothing was chosen before the test, and rightly: with 150 converted leads or
more, own scorers were between 0.001 better and 0.006 worse on it. A segment too thin to be tried may be
lucky, which is not known before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from features.columns import Columns, Floats
from features.recipe import Segments
from serving.calibration import MonotoneMap
from serving.scorers import Bayes, Model
from training.bayes import fit_bayes
from training.calibration import MapChoice, interval_maps
from training.choosing.choose import choose_settings
from training.choosing.rungs import bayes_rung
from training.figures import Bootstrap
from training.fitting import Settings, fit_model
from training.history import History, Rows, SplitRows, rows_of, won_leads

Contender = Literal["bayes", "model"]

MIN_WON_LEADS = 250
"""Converted leads that a segment needs before a model of its own is even tried.

Learning curves of a segment, in companies whose two markets read size in opposite ways; log loss on the test,
means of two markets and two seeds:

    signal strong: conversions        34       60      104      243      457      937
      own Bayes minus that of all  -0.149   -0.159   -0.107   -0.115   -0.112   -0.121
      own model minus own Bayes    +0.052   +0.004   -0.001   +0.004   -0.005   -0.003
    signal weak: conversions          24       44       79      182      344      698
      own Bayes minus that of all  +0.017   -0.014   -0.011   -0.014   -0.005   -0.020
      own model minus own Bayes    +0.006    0.000    0.000   +0.002   -0.001   -0.001

Between 250 and 450 a model begins to be worth its fit; before, Bayes is as good, and better below 60.
"""
MIN_TRIED = 30
"""Converted (and other) rows to learn from, and as many to be judged on, before anything is tried."""
_DRAWS = 1000
"""Fewer draws than this have no tail to speak of."""


@dataclass(frozen=True)
class Trial:
    """Log loss of each of a segment's own scorers minus that of the scorer of all, `(n_draws,)` paired draws.

    Empty where outcomes were too few. `bayes_bounds` are the maps to the ends of the interval of its own
    Bayes rung, from the margins of the rows that it was judged on.
    """

    segment: str
    losses: Mapping[Contender, Floats]
    bayes_bounds: tuple[MonotoneMap, MonotoneMap] | None = None


def trials_of(
    history: History,
    parent: Settings,
    segments: Segments,
    fit: Rows,
    earlier: SplitRows | None,
    top: Literal["model", "bayes"],
    repair: MapChoice | None = None,
) -> list[Trial]:
    """A trial of each segment, in the order of the recipe; `repair` is that of the Bayes rung of all."""
    everybody = _Everybody(history, parent, earlier.fit, top, repair) if earlier is not None else None
    found = []
    for name in segments.groups:
        if earlier is None or everybody is None:
            found.append(Trial(name, {}))
            continue
        older, newer = (rows_of(history, segments, rows, name) for rows in (earlier.fit, earlier.test))
        large = won_leads(history, rows_of(history, segments, fit, name)) >= MIN_WON_LEADS
        found.append(_trial(history, name, older, newer, everybody, large))
    return found


def segment_bayes(history: History, rows: Rows, parent: Bayes) -> Bayes:
    """The Bayes rung of a segment's `rows`: its parent's rates, and what these rows say beyond them.

    It keeps the parent's map: what repairs the parent's margins repairs those that are built on them.
    """
    excerpt = history.excerpt(rows)
    read = {feature.name: feature for feature in (*excerpt.features, *parent.features)}
    columns = excerpt.reading(tuple(read.values())).columns
    y, clusters, order = excerpt.y, excerpt.clusters, excerpt.order
    own = fit_bayes(excerpt.features, columns, y, clusters, order, version="", parent=parent)
    return replace(own, calibration=parent.calibration)


@dataclass(frozen=True)
class _Everybody:
    """What is fitted on all `older` rows, once for all segments, and only if one is tried."""

    history: History
    settings: Settings
    older: Rows
    top: Literal["model", "bayes"]
    repair: MapChoice | None

    @cached_property
    def rates(self) -> Bayes:
        return bayes_rung(self.history, self.older, self.repair)

    @cached_property
    def scorer(self) -> Model:
        if self.top == "bayes":
            return self.rates
        history = self.history
        return fit_model(history.excerpt(self.older), history.recipe.train, self.settings)


def _trial(
    history: History, name: str, older: Rows, newer: Rows, everybody: _Everybody, large: bool
) -> Trial:
    """Fitted on the segment's `older` rows, judged on its `newer` ones."""
    if min(_fewest(history, older), _fewest(history, newer)) < MIN_TRIED:
        return Trial(name, {})
    labelled, train = history.labelled, history.recipe.train
    bayes = segment_bayes(history, older, everybody.rates)
    own: dict[Contender, Model] = {"bayes": bayes}
    if large:
        excerpt = history.excerpt(older)
        own["model"] = fit_model(excerpt, train, choose_settings(history.recipe, excerpt))
    y, clusters, columns = labelled.y(newer), labelled.clusters(newer), labelled.at(newer)
    answers: dict[str, Floats] = {contender: _answers(scorer, columns) for contender, scorer in own.items()}
    answers["parent"] = _answers(everybody.scorer, columns)
    drawn = Bootstrap(y, clusters, max(history.recipe.gate.draws, _DRAWS), train.seed).samples(answers)
    losses = {contender: drawn[contender]["log_loss"] - drawn["parent"]["log_loss"] for contender in own}
    return Trial(name, losses, interval_maps(bayes.margin(columns), y, clusters, bayes.calibration))


def _answers(model: Model, columns: Columns) -> Floats:
    return model.probability(model.margin(columns))


def _fewest(history: History, rows: Rows) -> float:
    y = history.labelled.y(rows)
    return min(float(y.sum()), float((1 - y).sum()))
