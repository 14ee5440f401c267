"""Candidates that turn margins into probabilities, as monotone knots; `training.calibration.choice` chooses.

Each takes out-of-fold margins and outcomes, shape `(n_rows,)`, and gives a `MonotoneMap` whose slopes are ≥ 0
and whose probabilities are never 0 or 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit

from features.columns import Floats
from serving.calibration import MonotoneMap
from training.calibration.fit import fit_platt
from training.figures.isotonic import Groups, grouped, pooled

Calibrator = Callable[[Floats, Floats], MonotoneMap]

_BETA_KNOTS = np.linspace(-12.0, 12.0, 49)
"""Half a unit of log-odds apart: straight pieces are nowhere further than 0.008·|a − b| from the curve."""
_PLATT_ROWS = 2.0
"""Rows at Platt's rate that each isotonic block is given, so that no block has the rate 0 or 1."""


def identity(margin: Floats, y: Floats) -> MonotoneMap:
    """Margins are believed as they are."""
    return MonotoneMap.identity()


def platt(margin: Floats, y: Floats) -> MonotoneMap:
    """log-odds = slope × margin + intercept (Platt 1999, on log-odds)."""
    return fit_platt(margin, y)


def beta(margin: Floats, y: Floats) -> MonotoneMap:
    """log-odds = a·ln p − b·ln(1 − p) + c with a, b ≥ 0 for p = logistic(margin) (Kull et al. 2017).

    Bends the line of Platt: `a` is the slope among improbable leads, `b` among probable ones; a = b = 1,
    c = 0 is the identity. A weak prior holds a and b near Platt's slope.
    """
    line = fit_platt(margin, y)
    intercept, slope = line.log_odds[0], line.log_odds[1] - line.log_odds[0]
    below, above = _beta_terms(margin)

    def objective(at: Floats) -> tuple[float, Floats]:
        a, b, c = at
        z = a * below + b * above + c
        error = expit(z) - y
        pull = np.array([a - slope, b - slope])
        gradient = np.array([error @ below, error @ above, error.sum()])
        gradient[:2] += pull
        return float(np.logaddexp(0, z).sum() - y @ z + 0.5 * pull @ pull), gradient

    start = np.array([slope, slope, intercept])
    bounds = [(0.0, None), (0.0, None), (None, None)]
    a, b, c = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    below, above = _beta_terms(_BETA_KNOTS)
    return monotone(_BETA_KNOTS, a * below + b * above + c)


def isotonic(margin: Floats, y: Floats) -> MonotoneMap:
    """Pooled rates of neighbours, joined by straight pieces between the blocks' mean margins.

    Each block also counts two rows at Platt's rate for it, and beyond the outermost blocks Platt's slope
    goes on: what was never seen is not promised by two or three rows at the edge.
    """
    line = fit_platt(margin, y)
    slope = line.log_odds[1] - line.log_odds[0]
    groups = grouped(margin, y)
    blocks = groups.merged(pooled(groups.won / groups.rows, groups.rows))
    expected = line.of(blocks.margin)
    rate = (blocks.won + _PLATT_ROWS * expected) / (blocks.rows + _PLATT_ROWS)
    images = pooled(logit(rate), blocks.rows + _PLATT_ROWS)
    margins = np.r_[blocks.margin[0] - 1, blocks.margin, blocks.margin[-1] + 1]
    return monotone(margins, np.r_[images[0] - slope, images, images[-1] + slope])


def venn_abers(margin: Floats, y: Floats) -> MonotoneMap:
    """p1 / (1 − p0 + p1) of the inductive Venn-Abers pair (Vovk, Petej and Fedorova 2015), as knots.

    p0 and p1 are the isotonic rates at a margin when the lead itself is added as lost, and as won. Platt's
    slope goes on beyond the outermost margins.
    """
    line = fit_platt(margin, y)
    slope = line.log_odds[1] - line.log_odds[0]
    groups = grouped(margin, y)
    knots = groups.knots()
    low, high = pair(groups, knots, weight=1.0)
    point = high / (1 - low + high)
    images = logit(point)
    ends = np.r_[knots[0] - 1, knots, knots[-1] + 1]
    return monotone(ends, np.r_[images[0] - slope, images, images[-1] + slope])


def pair(groups: Groups, at: Floats, weight: float) -> tuple[Floats, Floats]:
    """(p0, p1) at each margin of `at`: the isotonic rate there with `weight` rows added as lost, as won."""
    rates = [[groups.with_row(x, won, weight).rate_at(x)[0] for x in at.tolist()] for won in (0.0, 1.0)]
    return np.maximum.accumulate(rates[0]), np.maximum.accumulate(rates[1])


def monotone(margins: Floats, log_odds: Floats) -> MonotoneMap:
    """The map through these knots, the last bits of rounding taken out of falls."""
    rising = np.maximum.accumulate(log_odds)
    return MonotoneMap(margins=tuple(margins.tolist()), log_odds=tuple(rising.tolist()))


CALIBRATORS: Mapping[str, Calibrator] = MappingProxyType(
    {"identity": identity, "platt": platt, "beta": beta, "isotonic": isotonic, "venn_abers": venn_abers}
)
"""All candidates by name, the simplest first."""


def _beta_terms(margin: Floats) -> tuple[Floats, Floats]:
    """ln p and −ln(1 − p) of p = logistic(margin)."""
    return -np.logaddexp(0.0, -margin), np.logaddexp(0.0, margin)
