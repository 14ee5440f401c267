"""How far the leads of one account convert together, measured on history; the probability of any of them.

Each lead's own probability is kept as it is; a Gaussian copula with one common factor an account (Li, "On
default correlation", 2000; Vasicek's one-factor model) ties them by one number, rho: 0 when they are
independent, 1 when they convert together. It is the rho for which as many pairs of leads of one account are
expected to have both converted as have. Whatever it is, the probability of any lies between the largest of
the leads' own (all together) and that of independent leads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from features.columns import Floats

_NODES, _PAIR_NODES = 200, 60
"""Of the rule over the common factor: for one account, and for the sums over all pairs."""
_MOST_RHO = 0.99
_LEAST_PAIRS, _LEAST_BOTH = 50, 10
"""With fewer pairs, or fewer that are expected to convert both, chance alone would make the number."""
_DRAWS = 60
_LEADS_OF_AN_ACCOUNT = 20
"""An account with more counts with so many, drawn by their order: else it alone would make the number."""


@dataclass(frozen=True)
class Dependence:
    """rho with its 95 % interval over accounts, and what it was measured on; None with too few pairs."""

    rho: float | None
    low: float | None
    high: float | None
    accounts: int
    pairs: int
    both: int

    @property
    def words(self) -> str:
        """How it was found."""
        on = f"{self.pairs:,} pairs of leads of {self.accounts:,} accounts, {self.both:,} converted both"
        if self.rho is None:
            return f"how far leads of one account convert together is not known ({on}): bounds alone"
        interval = f"{self.rho:.2f} [{self.low:.2f}, {self.high:.2f}]"
        return f"leads of one account convert together with rho {interval} ({on})"


def any_of(p: Floats, rho: float) -> float:
    """The probability that at least one converts, of leads with probabilities `p`, shape (n_leads,).

    >>> round(any_of(np.array([0.1, 0.2]), 0.0), 4), round(any_of(np.array([0.1, 0.2]), 1.0), 4)
    (0.28, 0.2)
    """
    if rho >= 1.0 or len(p) == 1:
        return float(p.max())
    if rho <= 0.0:
        return float(1 - np.prod(1 - p))
    given, weights = _given(p, rho, _NODES)
    return float(1 - weights @ np.prod(1 - given, axis=1))


def measure(p: Floats, converted: NDArray[np.bool_], account: Sequence[object], seed: int = 0) -> Dependence:
    """The dependence of matured leads: their probabilities, whether they converted, whose they are.

    `p` is first shifted in log-odds until as many are expected as have converted: a probability that is too
    low for all would look like dependence.
    """
    p = _shifted(p, converted)
    groups = _groups(account)
    counts = np.array([len(one) * (len(one) - 1) // 2 for one in groups])
    both = sum(int(converted[one].sum()) * (int(converted[one].sum()) - 1) // 2 for one in groups)
    told = (len(groups), int(counts.sum()), both)
    if counts.sum() < _LEAST_PAIRS:
        return Dependence(None, None, None, *told)
    curves = _curves(p, groups)
    if max(curves[:, 0].sum(), both) < _LEAST_BOTH:
        return Dependence(None, None, None, *told)
    seen = np.array([converted[one].sum() * (converted[one].sum() - 1) / 2 for one in groups], dtype=float)
    rng = np.random.default_rng(seed)
    drawn = [rng.integers(0, len(groups), len(groups)) for _ in range(_DRAWS)]
    found = [_solved(curves[rows].sum(axis=0), seen[rows].sum()) for rows in drawn]
    low, high = np.quantile(found, [0.025, 0.975])
    return Dependence(_solved(curves.sum(axis=0), seen.sum()), float(low), float(high), *told)


_GRID = np.linspace(0.0, _MOST_RHO, 23)


def _curves(p: Floats, groups: Sequence[NDArray[np.intp]]) -> Floats:
    """Pairs that are expected to convert both, by account and by rho of the grid."""
    own = p[np.concatenate(groups)]
    starts = np.cumsum([0, *(len(one) for one in groups[:-1])])
    curves = np.empty((len(groups), len(_GRID)))
    for place, rho in enumerate(_GRID):
        given, weights = _given(own, float(rho), _PAIR_NODES)
        sums, squares = (np.add.reduceat(part, starts, axis=1) for part in (given, given**2))
        curves[:, place] = weights @ ((sums**2 - squares) / 2)
    return curves


def _solved(curve: Floats, seen: float) -> float:
    """The rho whose expectation is what was seen; it rises with rho."""
    return float(np.interp(seen, np.maximum.accumulate(curve), _GRID))


def _given(p: Floats, rho: float, nodes: int) -> tuple[Floats, Floats]:
    """Each lead's probability at values of the common factor, (nodes, n_leads), and their weights.

    Gauss-Legendre over the factor's quantiles: exact enough in its tails, where rare leads convert, and where
    rho is near 1 and a probability given the factor is a step.
    """
    from scipy.special import ndtr, ndtri

    factor, weights = _rule(nodes)
    threshold = ndtri(np.clip(p, 1e-12, 1 - 1e-12))
    given: Floats = ndtr((threshold[None, :] - np.sqrt(rho) * factor[:, None]) / np.sqrt(1 - rho))
    return given, weights


@lru_cache(maxsize=4)
def _rule(nodes: int) -> tuple[Floats, Floats]:
    from scipy.special import ndtri

    places, weights = np.polynomial.legendre.leggauss(nodes)
    return ndtri((places + 1) / 2), weights / 2


def _shifted(p: Floats, converted: NDArray[np.bool_]) -> Floats:
    from scipy.optimize import brentq
    from scipy.special import expit, logit

    margin = logit(np.clip(p, 1e-9, 1 - 1e-9))
    total = float(converted.sum())
    if not 0 < total < len(p):
        return p
    shift = brentq(lambda s: float(expit(margin + s).sum()) - total, -40, 40)
    found: Floats = expit(margin + shift)
    return found


def _groups(account: Sequence[object]) -> list[NDArray[np.intp]]:
    """The places of the leads of each account that has two or more."""
    places: dict[object, list[int]] = {}
    for place, name in enumerate(account):
        if name is not None:
            places.setdefault(name, []).append(place)
    return [np.array(one[:_LEADS_OF_AN_ACCOUNT], dtype=np.intp) for one in places.values() if len(one) > 1]
