"""The scorecard as a scorer: points by rule, summed on two axes, and turned into log-odds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from features.catalogue import Feature
from features.columns import Columns, Floats, n_leads, numbers_of
from serving.calibration import FLOOR, MonotoneMap, Reference, log_odds
from serving.rules.caps import Axis, Sums, summed
from serving.rules.card import Scorecard
from serving.rules.product import Product
from serving.scorer import Contributions
from serving.scorers.agreement import require_columns


@dataclass(frozen=True)
class CompiledRule:
    """A rule bound to the features that it reads.

    `points(columns)` has shape `(n_leads, len(features))`; an exclusion has hit where they are not 0.
    Points of the same `group` are capped together. Where the points are all of one `product`, as those of
    most events are, they are found together with those of other rules.
    """

    name: str
    axis: Axis
    features: tuple[Feature, ...]
    points: Callable[[Columns], Floats]
    exclusion: bool = False
    group: str | None = None
    product: Product | None = None


@dataclass(frozen=True)
class Item:
    """A line of a lead's account of points: a rule, or what a cap took or gave back."""

    name: str
    axis: Axis
    points: float


@dataclass(frozen=True)
class Rules:
    """margin = log-odds of the prior at 0 points + points × `scale.per_point`.

    `calibration` is the monotone map fitted on training rows; None before any training, when the prior
    that the scorecard states is all there is.
    """

    card: Scorecard
    compiled: tuple[CompiledRule, ...]
    calibration: MonotoneMap | None
    version: str
    rung: str = "rules"

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """All that the rules read, each once."""
        return tuple({f.name: f for rule in self.compiled for f in rule.features}.values())

    @property
    def calibrated(self) -> bool:
        """Whether training has fitted a map from points to probabilities."""
        return self.calibration is not None

    def points(self, columns: Columns) -> tuple[Floats, Floats]:
        """Fit and engagement points, each of shape `(n_leads,)`.

        Raises:
            LeadscoreError: a feature that the rules read is missing from `columns`.
        """
        fit, engagement, _ = self.read(columns)
        return fit, engagement

    def read(self, columns: Columns) -> tuple[Floats, Floats, list[tuple[str, ...]]]:
        """Fit and engagement points, and for each lead the names of the exclusions that it meets."""
        parts, sums = self._summed(columns)
        met: list[tuple[str, ...]] = [()] * n_leads(columns)
        for rule, points in zip(self.compiled, parts, strict=True):
            if rule.exclusion:
                for row in np.flatnonzero(points.any(axis=1)):
                    met[row] = (*met[row], rule.name)
        return sums.axes["fit"], sums.axes["engagement"], met

    def itemised(self, columns: Columns) -> list[list[Item]]:
        """For each lead each rule and each cap that gave or took points; they add up to `points`."""
        parts, sums = self._summed(columns)
        lines = [
            (rule.name, rule.axis, part.sum(axis=1)) for rule, part in zip(self.compiled, parts, strict=True)
        ]
        lines += [(f"cap of {name}", axis, change) for name, axis, change in sums.cut]
        return [
            [Item(name, axis, float(points[row])) for name, axis, points in lines if points[row]]
            for row in range(n_leads(columns))
        ]

    def _summed(self, columns: Columns) -> tuple[list[Floats], Sums]:
        """Each rule's points before caps, and what they add up to."""
        require_columns(self._names, columns, "rules.toml")
        products = iter(self._multiplied(columns))
        parts = [next(products) if rule.product else rule.points(columns) for rule in self.compiled]
        keys = [(rule.axis, rule.group) for rule in self.compiled]
        off = [rule.exclusion for rule in self.compiled]
        whole = [part.sum(axis=1) if part.shape[1] > 1 else part[:, 0] for part in parts]
        return parts, summed(whole, keys, off, self.card.groups, n_leads(columns))

    def _multiplied(self, columns: Columns) -> Floats:
        """Points of the rules that are products, shape `(n_products, n_leads, 1)`."""
        names, worth, cap = self._products
        points = worth * numbers_of(columns, names).reshape(len(names), n_leads(columns))
        points = np.where(np.isnan(points), 0.0, points)
        return np.minimum(np.maximum(points, -cap), cap)[:, :, None]  # sooner than `np.clip` for one lead

    @cached_property
    def _products(self) -> tuple[tuple[str, ...], Floats, Floats]:
        """Names, and worths and caps of shape `(n_products, 1)`."""
        found = [rule.product for rule in self.compiled if rule.product]
        worth, cap = (
            np.array([getattr(p, key) for p in found], dtype=np.float64) for key in ("worth", "cap")
        )
        return tuple(p.name for p in found), worth.reshape(-1, 1), cap.reshape(-1, 1)

    def margin(self, columns: Columns) -> Floats:
        """Raw log-odds, shape `(n_leads,)`."""
        fit, engagement = self.points(columns)
        return self._at_zero + self.card.scale.per_point * (fit + engagement)

    def contributions(self, columns: Columns) -> Contributions:
        """Each feature's points in log-odds, over all the rules that read it.

        What a cap takes of several rules it takes of each in proportion.
        """
        parts, sums = self._summed(columns)
        rows = n_leads(columns)
        values = np.zeros((rows, len(self._names)))
        for rule, points, kept in zip(self.compiled, parts, sums.kept, strict=True):
            for i, feature in enumerate(rule.features):
                values[:, self._names.index(feature.name)] += points[:, i] * kept
        return Contributions(self._names, values * self.card.scale.per_point, np.full(rows, self._at_zero))

    def probability(self, margin: Floats) -> Floats:
        """Probabilities inside (0, 1): calibrated, or by the scorecard's stated prior."""
        return (self.calibration or MonotoneMap.identity()).of(margin)

    def grades(self, fit: Floats, engagement: Floats) -> list[str]:
        """A1 (best) to D4 from the two axes' points."""
        letters = [_step(self.card.cuts.fit, points) for points in fit]
        digits = [_step(self.card.cuts.engagement, points) for points in engagement]
        return [f"{'ABCD'[letter]}{digit + 1}" for letter, digit in zip(letters, digits, strict=True)]

    def reference(self) -> Reference:
        """Before any training: the score is the sum of points, held inside 1–99, and so are the bands."""
        totals = np.append(np.arange(1.0, 100.0), [self.card.cuts.hot, self.card.cuts.warm])
        probabilities = self.probability(self._at_zero + self.card.scale.per_point * totals)
        ladder = np.maximum.accumulate(probabilities[:-2])
        return Reference(
            probabilities=tuple(map(float, ladder)),
            hot=float(max(probabilities[-2], FLOOR)),
            warm=float(max(probabilities[-1], FLOOR)),
        )

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.features)

    @cached_property
    def _at_zero(self) -> float:
        """Log-odds of a lead with no points."""
        scale = self.card.scale
        return float(log_odds(scale.base_rate)) - scale.per_point * scale.typical_points


def _step(cuts: tuple[float, float, float], points: float) -> int:
    """0 for the best step, 3 for the last."""
    return next((step for step, least in enumerate(cuts) if points >= least), 3)
