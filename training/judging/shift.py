"""How far the artefact that is served moved from the one that was judged, on the leads open now."""

from __future__ import annotations

import numpy as np

from serving.artefact import Artefact
from serving.calibration import log_odds
from serving.scorer import score
from training.history import History

LARGE = 0.5
"""A median move of this many log-odds (a probability of 10 % becomes 6 % or 15 %) asks for a look."""


def score_shift(judged: Artefact, served: Artefact, history: History) -> dict[str, float]:
    """{median_log_odds, mean_probability_judged, mean_probability_served, rank_agreement} on open leads.

    `rank_agreement` is Spearman's correlation, 1 for the same order. Without open leads, on the newest
    matured rows.
    """
    columns = history.open_columns
    if not history.n_open:
        rows = np.arange(len(history.labelled.frame))[-1000:]
        columns = history.labelled.at(rows)
    before, after = score(judged.model, columns), score(served.model, columns)
    return {
        "median_log_odds": float(np.median(np.abs(log_odds(after) - log_odds(before)))),
        "mean_probability_judged": float(before.mean()),
        "mean_probability_served": float(after.mean()),
        "rank_agreement": spearman(before, after),
    }


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Rank correlation with shared ranks for ties; 1 where one of them does not vary."""
    ranks = [np.unique(x, return_inverse=True)[1].astype(np.float64) for x in (a, b)]
    if min(float(np.ptp(rank)) for rank in ranks) == 0.0:
        return 1.0
    mid = [_mid_ranks(rank.astype(np.intp)) for rank in ranks]
    return float(np.corrcoef(mid[0], mid[1])[0, 1])


def _mid_ranks(group: np.ndarray) -> np.ndarray:
    """The mean rank of each group, per row."""
    counts = np.bincount(group)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[group])
