"""Weights by which newer rows count for more: what holds today may not have held two years ago."""

from __future__ import annotations

import numpy as np

from features.columns import Floats
from training.history import Excerpt

HALF_LIFE = 0.5
"""A row half a history older than the newest counts half. One value is tried, since folds are few.

Out-of-fold log loss of the best candidate, with the weights minus without, and its interval in thousandths:
Olist 0.0 [−2.1, +2.4], Olist from its second origin −13.1 [−28.6, −9.3], BPI +0.6 [−1.7, +4.4] and from its
second origin +5.1 [+0.7, +8.3], the bank +2.8 [+1.6, +2.8] and +0.1 [−0.3, +0.8], a simulated company +0.7
[+0.2, +0.9]. So the weights are used where the interval says so, and nowhere else.
"""


def recency(excerpt: Excerpt, half_life: float | None) -> Floats | None:
    """A weight for each row, with mean 1; `half_life` is a share of the time that they span.

    None without `half_life`: all count alike. Weights depend on as_of alone (its order, without dates).
    """
    if half_life is None or not len(excerpt.rows):
        return None
    moment = excerpt.labelled.frame["as_of_us"].to_numpy(np.float64)[excerpt.rows]
    age = (moment.max() - moment) / max(float(np.ptp(moment)), 1.0)
    weight = 2.0 ** (-age / half_life)
    return np.asarray(weight / weight.mean(), dtype=np.float64)
