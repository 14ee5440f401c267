"""Whether the level should follow the newest outcomes (see `moving_level`), decided on the forward folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from training.calibration import mean_interval
from training.calibration.choice import FoldGain, MapTrial
from training.choosing.bench import Bench
from training.choosing.candidate import Candidate
from training.figures.reliability import log_losses_of_margins
from training.fitting.logistic_path import Step
from training.fitting.moving_level import moved_by


def follow_level(bench: Bench, steps: Sequence[Step], chosen: Candidate) -> tuple[Candidate, bool]:
    """`chosen` with margins at the level of each fold's newest older rows, and True; else itself, and False.

    As a map is: where it is surely better on more than one fold, better on the newest, and on the mean of
    all. How far a level has moved is read from the linear model of each fold (`steps`), whose margins of the
    older rows are known; the final fit reads it from its own. By lot no rows are the newest.
    """
    if not bench.excerpt.labelled.timed:
        return chosen, False
    gains, moved = [], []
    for step, (older, newer), margin in zip(steps, bench.folds, chosen.newer, strict=True):
        judged = bench.excerpt.on(newer)
        moved.append(margin + moved_by(bench.excerpt.on(older), step.older))
        before, after = (log_losses_of_margins(judged.y, one) for one in (margin, moved[-1]))
        interval = mean_interval(before - after, judged.clusters, bench.recipe.train.seed)
        gains.append(FoldGain(float(np.mean(before - after)), interval))
    loss = bench.loss(moved)
    if MapTrial("level", chosen.name, tuple(gains)).wins and loss < chosen.loss:
        return replace(chosen, newer=moved, loss=loss), True
    return chosen, False
