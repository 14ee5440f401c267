"""How far scores move between two models on the same leads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from features.columns import Floats
from serving.calibration import log_odds
from training.judging.shift import spearman

_BINS = 10


@dataclass(frozen=True)
class Shift:
    """`psi` is the population stability index over tenths of the first model's probabilities.

    0.1 and 0.25, its usual thresholds, are folklore: both models saw the same leads here, so any `psi` is
    the models' doing. `median_log_odds` is the median of |b − a|; `rank_agreement` is Spearman's correlation.
    """

    psi: float
    median_log_odds: float
    mean_probability_a: float | None
    mean_probability_b: float | None
    rank_agreement: float


def shift_of(a: Floats, b: Floats) -> Shift:
    """From probabilities of the same leads, shape `(n_leads,)` each."""
    if not len(a):
        return Shift(0.0, 0.0, None, None, 1.0)
    return Shift(
        psi(a, b),
        float(np.median(np.abs(log_odds(b) - log_odds(a)))),
        float(a.mean()),
        float(b.mean()),
        spearman(a, b),
    )


def psi(a: Floats, b: Floats) -> float:
    """Σ (share_b − share_a) · ln(share_b / share_a) over tenths of `a`; half a lead is added to each bin.

    The index is the symmetrised Kullback-Leibler divergence (Jeffreys 1946). Ties make fewer bins.
    """
    edges = np.unique(np.quantile(a, np.linspace(0, 1, _BINS + 1)[1:-1], method="nearest"))
    shares = []
    for part in (a, b):
        counts = np.bincount(np.searchsorted(edges, part, side="right"), minlength=len(edges) + 1) + 0.5
        shares.append(counts / counts.sum())
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())
