"""The same settings judged from an earlier origin of the forecast: is the gain one of this period alone?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from serving.scorer import score
from training.calibration import MapChoice, choose_map
from training.choosing.rungs import fit_rungs
from training.fitting import Settings
from training.history import History, Labelled, Rows, SplitRows, known_before
from training.judging import JUDGED, Evidence, baselines, gather

MIN_WON = 20
"""Fewer converted leads on a side than this, or fewer others, say nothing: rows of a lead are one outcome."""


@dataclass(frozen=True)
class Earlier:
    """What an earlier origin of the forecast teaches: the comparison there, and the map of the Bayes rung."""

    evidence: Evidence
    bayes: MapChoice


def look_back(history: History, settings: Settings, split: SplitRows, draws: int) -> Earlier | None:
    """One origin before `split`, all rungs fitted on what was known by then; None where outcomes are few.

    The settings were chosen on folds that hold these rows, so this informs and the gate does not count it.
    """
    earlier = earlier_split(history.labelled, split)
    if earlier is None:
        return None
    labelled = history.labelled
    columns = labelled.at(earlier.test)
    rungs = fit_rungs(history, earlier.fit, settings)
    probabilities = {name: score(scorer, columns) for name, scorer in rungs.items()}
    probabilities["base_rate"] = baselines.base_rate(labelled, earlier.fit, earlier.test)
    evidence = gather(history.recipe, labelled, earlier.test, probabilities, draws, fit=earlier.fit)
    margin = rungs["bayes"].margin(columns)
    return Earlier(
        evidence, choose_map(margin, history.excerpt(earlier.test), seed=history.recipe.train.seed)
    )


def losses(evidence: Evidence) -> list[str]:
    """The scorers that were better than the model in log loss, beyond the interval."""
    return [
        d.versus
        for d in evidence.differences
        if d.scorer == JUDGED and d.figure == "log_loss" and d.surely_above()
    ]


def earlier_split(labelled: Labelled, split: SplitRows) -> SplitRows | None:
    """A split that ends where `split` begins to judge, with a test of the same share; None where it is thin.

    The same rule: fitted is what was known before the first moment that is judged, a lead is on one side.
    """
    share = len(split.test) / max(len(split.fit) + len(split.test), 1)
    newest = split.fit[int(len(split.fit) * (1 - share)) :]
    if not len(newest):
        return None
    frame = labelled.frame
    as_of = frame["as_of_us"].to_numpy(np.int64)
    first = int(as_of[newest].min())
    before = split.fit[: len(split.fit) - len(newest)]
    fit = before[known_before(frame["label_known_us"].to_numpy(np.int64)[before], first)]
    lead = frame["lead_id"].to_numpy(object).astype(str)
    test = newest[~np.isin(lead[newest], lead[fit])]
    if not all(_enough(labelled, rows) for rows in (fit, test)):
        return None
    return SplitRows(fit, test, first)


def _enough(labelled: Labelled, rows: Rows) -> bool:
    y = labelled.y(rows)
    return min(labelled.n_leads(rows[y == won]) for won in (0, 1)) >= MIN_WON
