"""A level that follows the newest matured outcomes: where the base rate moves, older rows hold a model back.

A model of all rows answers with their mean level. Its residual on the newest of them says how far the level
has moved since; that much is added to the margin, less where outcomes are few.

Made exports, a logistic regression with the level of the newest fifth, log loss on the newest quarter against
without it: a level that wanders −0.093 (with signal) and −0.094 (noise alone), a line whose level wanders
+0.0004, a base rate that halved at three fifths −0.014, one that triples inside the test +0.002, weights that
turn −0.0005; where nothing moves 0.000 to +0.004. On the folds it was surely better more than once, on the
mean and on the newest for those that wander and for the weights that turn: there alone it is used. The
newest tenth and three tenths did as well where it wanders, the tenth worse where nothing moves.
"""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from features.columns import Floats
from training.figures import effective_share
from training.history import Excerpt

NEWEST = 0.2
"""The share of the rows, newest first, whose outcomes the level follows."""
_PRIOR = 20.0
"""The information, in p (1 − p) summed over independent rows, that holds the level where it was."""


def moved_by(excerpt: Excerpt, margin: Floats) -> float:
    """Log-odds by which the level of the newest rows lies above `margin`, shape `(n_rows,)`; 0 for no row."""
    newest = np.argsort(excerpt.order, kind="stable")[int(len(margin) * (1 - NEWEST)) :]
    if not len(newest):
        return 0.0
    at, y = margin[newest], excerpt.y[newest]
    scale = effective_share(y, np.unique(excerpt.clusters[newest].astype(str), return_inverse=True)[1])
    found = 0.0
    for _ in range(30):
        p = expit(at + found)
        slope = scale * float((y - p).sum()) - _PRIOR * found
        found += slope / (scale * float((p * (1 - p)).sum()) + _PRIOR)
    return round(found, 6)
