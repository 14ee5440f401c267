"""Where few leads converted: how few, and by what a line is chosen there."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.figures import effective_share
from training.figures.newton import log_marginal
from training.fitting.logistic_path import Path
from training.history import Excerpt

FEW_TO_MANY = 150, 250
"""Converted leads among the newer rows of the folds up to which they are few, and from which on they are
many. Between them one way goes over into the other in a straight line, so that one lead moves little.
"""
LEAST_ALONE, STRONGER_ALONE = 10.0, 0.5
"""The weakest penalty, and the power of a penalty that it is likely by beforehand, where no fold has a say.

Where columns are as many as leads, any line tells the leads apart, and the approximation of the likelihood
then favours weak penalties. Log loss against the strongest penalty in thousandths, means over companies of 4,
10 and 25 columns, 24 of each, with leads of one or two rows:

    leads                            20     40    100    300
    noise, the likelihood by itself +92    +58     +7     +1
    noise, as here                    0      0     +1      0
    signal, by itself               +85    −63   −147    −98
    signal, as here                  −6    −57   −150    −94
"""


def share_of_many(won: int) -> float:
    """0 where `won` converted leads are few, 1 where they are many."""
    return float(np.interp(won, FEW_TO_MANY, (0.0, 1.0)))


def likelihood_of(excerpt: Excerpt, path: Path, *, alone: bool = False) -> Callable[[float], float]:
    """By penalty: how likely the line of `path`, which was made of the `excerpt`, makes all its outcomes.

    It is the logarithm of the marginal likelihood, a row; rows of one lead or account count as fewer. Where
    it chooses `alone`, strong penalties are likelier beforehand, and ones below `LEAST_ALONE` not possible.
    """
    scale = effective_share(path.y, np.unique(excerpt.repeating.astype(str), return_inverse=True)[1])

    def of(penalty: float) -> float:
        linear = path.step(penalty).linear
        solution = np.r_[linear.intercept, linear.weights]
        found = log_marginal(path.older, path.y, penalty, solution, scale)
        if alone:
            found += STRONGER_ALONE * np.log(penalty) if penalty >= LEAST_ALONE else -np.inf
        return float(found / (scale * len(path.y)))

    return of
