"""Leads that somebody worked or not, as the estimate of what scoring brings looks at them: in strata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.columns import Floats

Bools = NDArray[np.bool_]
_BANDS, _FEWEST = 10, 5
"""By score, and the clusters of known leads in each; with fewer it is put together with the next one."""
NEUTRAL = 1 / 3
"""Wins, and losses, by which what is not known of few leads is widened; the median stays at what was seen."""
_LIKE_BAND = 1.0
"""Leads that tell, at the rate of its whole band, beside those of each cell of a band.

A cell holds few leads that tell, often none or one: what the rules choose below the calls' reach is known by
those alone that were drawn there. Without it one win was a rate of 1, and a cell where nobody tells was drawn
evenly from 0 to 1. With 2 the error is a tenth less, and so is what is left of what rules know beside the
score.
"""


@dataclass(frozen=True)
class WorkedLeads:
    """One row a lead whose outcome is known; all arrays have shape (n_leads,).

    `score` and `rules` as they stood when it came; `drawn` by lot, with the probability `share`; `worked`:
    somebody called it; `won` within the horizon, 1 or 0; `cluster` is what was drawn together.
    """

    score: Floats
    rules: Floats
    drawn: Bools
    share: Floats
    worked: Bools
    won: Floats
    cluster: NDArray[np.object_]
    whole_weeks: bool = False
    """Weeks were drawn: in them leads are called as they came as far as time allows, and who was not called
    tells nothing."""


@dataclass(frozen=True)
class Strata:
    """Sums by cluster, shape (n_clusters, 2 · n_bands) each: of leads in a band of the score and chosen by
    the rules or not; `rows` all, `best` those that scoring calls, `known` and `won` of those that tell.
    `neutral` is the part of a cell, (2 · n_bands,), in the leads on its side of the calls' reach, `each` the
    number of leads for which one that tells stands there."""

    n: int
    rows: Floats
    best: Floats
    known: Floats
    won: Floats
    neutral: Floats
    each: Floats

    @classmethod
    def of(cls, leads: WorkedLeads) -> Strata:
        """From leads; one that tells stands for as many as there are in its band with its share of drawing.

        Below the reach of the calls drawn ones alone tell: whom sellers choose there is no random sample.
        """
        share = float(leads.worked.mean())
        best, ruled = best_of(leads.score, share), best_of(leads.rules, share)
        known = leads.worked if leads.whole_weeks else leads.drawn | (leads.worked & best)
        cluster = pd.factorize(pd.Series(leads.cluster).astype(str))[0]
        band = _bands(leads.score, best, known, cluster)
        n_bands = int(band.max()) + 1
        group = pd.factorize(pd.Series(leads.share))[0] * n_bands + band
        worked = np.bincount(group, known) / np.maximum(np.bincount(group), 1)
        weight = known / np.where(worked[group] > 0, worked[group], 1.0)
        n, cells = int(cluster.max()) + 1, 2 * n_bands

        def summed(values: NDArray[Any]) -> Floats:
            at = cluster * cells + 2 * band + ruled
            return np.asarray(np.bincount(at, values, n * cells).reshape(n, cells), dtype=np.float64)

        rows, reached = summed(np.ones(len(best))), summed(best * 1.0)
        return cls(n, rows, reached, summed(weight), summed(weight * leads.won),
                   _parts(rows.sum(axis=0), reached.sum(axis=0)), _each(band, weight, known))  # fmt: skip

    def values(self) -> Floats:
        """Conversions per call by score, first come first served and the rules."""
        none = np.zeros(len(self.each))
        band, known, won = self._sums(np.ones(self.n), none, none)
        return self._per_call(np.ones(self.n), band, known, won, band, 1 - band)

    def draw(self, rng: np.random.Generator) -> Floats:
        """The same of clusters with random weights, and of what is not known of a few leads."""
        more = (rng.gamma(NEUTRAL * self.neutral) * self.each for _ in range(2))
        weights = rng.exponential(size=self.n)
        band, known, won = self._sums(weights, *more)
        like = (rng.gamma(_LIKE_BAND * share) / _LIKE_BAND for share in (band, 1 - band))
        return self._per_call(weights, band, known, won, *like)

    def _sums(self, weights: Floats, more_won: Floats, more_lost: Floats) -> tuple[Floats, Floats, Floats]:
        """By cell: the rate of its whole band, leads that tell and those of them that were won."""
        known, won = weights @ self.known + more_won + more_lost, weights @ self.won + more_won
        with np.errstate(invalid="ignore", divide="ignore"):
            rate = won.reshape(-1, 2).sum(axis=1) / known.reshape(-1, 2).sum(axis=1)
        return np.repeat(rate, 2), known, won

    def _per_call(
        self, weights: Floats, band: Floats, known: Floats, won: Floats, like_won: Floats, like_lost: Floats
    ) -> Floats:
        """From rates by band, and by cell from what was seen there beside leads that are like its band."""
        rows, best = weights @ self.rows, weights @ self.best
        like = _LIKE_BAND * self.each
        with np.errstate(invalid="ignore", divide="ignore"):
            cell = (won + like * like_won) / (known + like * (like_won + like_lost))
        ruled = np.where(np.arange(len(rows)) % 2 == 1, rows, 0.0)
        return np.array([_mean(band, best), _mean(band, rows), _mean(cell, ruled)])


def _parts(rows: Floats, best: Floats) -> Floats:
    """The part of each cell in all leads above the calls' reach, or below it: wherever most of it is."""
    above = 2 * best.reshape(-1, 2).sum(axis=1) > rows.reshape(-1, 2).sum(axis=1)
    side = np.repeat(above, 2)
    return np.asarray(rows / np.where(side, rows[side].sum(), rows[~side].sum()))


def _each(band: NDArray[np.intp], weight: Floats, known: Bools) -> Floats:
    """The mean weight of the leads that tell, by cell of each band."""
    return np.repeat(np.bincount(band, weight) / np.maximum(np.bincount(band, known), 1), 2)


def _bands(score: Floats, best: Bools, known: Bools, cluster: NDArray[np.intp]) -> NDArray[np.intp]:
    """The tenth by score of each lead, best first, cut at the reach of the calls too.

    Neighbours are put together until each holds 5 clusters of leads that tell.
    """
    place = np.empty(len(best), dtype=np.intp)
    place[np.argsort(-score, kind="stable")] = np.arange(len(best))
    fine = place * _BANDS // len(best) + ~best
    telling = [len(np.unique(cluster[known & (fine == at)])) for at in range(_BANDS + 1)]
    coarse, at, held = np.zeros(_BANDS + 1, dtype=np.intp), 0, 0
    for one, many in enumerate(telling):
        coarse[one], held = at, held + many
        if held >= _FEWEST:
            at, held = at + 1, 0
    # what is left at the end belongs to the last full one
    return np.asarray(np.minimum(coarse, max(at - 1, 0))[fine], dtype=np.intp)


def _mean(value: Floats, weight: Floats) -> float:
    """The weighted mean; NaN where a value that counts is not known."""
    used = weight > 0
    return float((value[used] * weight[used]).sum() / weight[used].sum()) if used.any() else float("nan")


def best_of(score: Floats, share: float) -> Bools:
    """The best `share`, of equal scores the first."""
    best = np.zeros(len(score), dtype=np.bool_)
    best[np.argsort(-score, kind="stable")[: round(share * len(score))]] = True
    return best
