"""One artefact, several markets: a lead is answered by its segment's own scorer, or by the parent of all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features import Columns, Feature, FieldValue, LeadscoreError
from features.recipe import Segments
from serving.agreement import require_columns
from serving.blend import Model
from serving.maps import MonotoneMap
from serving.scorer import Contributions, Floats


@dataclass(frozen=True)
class Segmented:
    """Routes each lead by the level of one field: exactly one scorer answers for it.

    `members` hold the segments that have a scorer of their own; every other lead, also one of no segment,
    is the `parent`'s. A lead's margin is its scorer's calibrated log-odds, so that one map, the identity,
    serves all. What calibration adds stands in the bias: it is nobody's doing.
    """

    plan: Segments
    parent: Model
    members: tuple[tuple[str, Model], ...]
    calibration: MonotoneMap = field(default_factory=MonotoneMap.identity)
    version: str = ""
    rung: str = "model"

    def __post_init__(self) -> None:
        if unknown := [name for name, _ in self.members if name not in self.plan.groups]:
            raise LeadscoreError(
                f"manifest.json: has scorers of segments that the recipe does not define: {unknown}.",
                "Train again with 'leadscore train'.",
            )

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """The field that routes, and what the parent and the members read, in order of first appearance."""
        scorers = [self.parent, *(member for _, member in self.members)]
        union = {feature.name: feature for scorer in scorers for feature in scorer.features}
        route = route_of(self.plan)
        return tuple({route.name: route, **union}.values())

    def margin(self, columns: Columns) -> Floats:
        """Calibrated log-odds of the scorer that each lead belongs to, shape `(n_leads,)`."""
        found = np.zeros(len(self._levels(columns)))
        for scorer, rows, own in self._parts(columns):
            found[rows] = scorer.calibration.logits(scorer.margin(own))
        return found

    def contributions(self, columns: Columns) -> Contributions:
        """By feature, 0 for features that a lead's scorer does not read."""
        names = tuple(feature.name for feature in self.features)
        place = {name: i for i, name in enumerate(names)}
        rows = len(self._levels(columns))
        values, bias = np.zeros((rows, len(names))), np.zeros(rows)
        for scorer, at, own in self._parts(columns):
            parts = scorer.contributions(own)
            own_place = np.array([place[name] for name in parts.names], dtype=np.intp)
            values[np.ix_(at, own_place)] = parts.values
            margin = scorer.margin(own)
            bias[at] = parts.bias + scorer.calibration.logits(margin) - margin
        return Contributions(names, values, bias)

    def probability(self, margin: Floats) -> Floats:
        """Probabilities inside (0, 1)."""
        return self.calibration.of(margin)

    def _parts(self, columns: Columns) -> Iterator[tuple[Model, NDArray[np.intp], Columns]]:
        """(scorer, its rows, their columns) of everybody who answers for a row."""
        segment = segments_of(self.plan, self._levels(columns))
        own = {name for name, _ in self.members}
        yield from self._part(self.parent, [name not in own for name in segment], columns)
        for name, member in self.members:
            yield from self._part(member, [one == name for one in segment], columns)

    @staticmethod
    def _part(
        scorer: Model, mine: list[bool], columns: Columns
    ) -> Iterator[tuple[Model, NDArray[np.intp], Columns]]:
        rows = np.flatnonzero(mine)
        if len(rows):
            yield scorer, rows, {name: column[rows] for name, column in columns.items()}

    def _levels(self, columns: Columns) -> list[str | None]:
        route = route_of(self.plan).name
        require_columns((route,), columns)
        return [None if level is None else str(level) for level in columns[route].tolist()]


def route_of(plan: Segments) -> FieldValue:
    """The feature by whose level leads are routed."""
    return FieldValue(plan.field, "category")


def segments_of(plan: Segments, levels: list[str | None]) -> list[str | None]:
    """The segment of each level, None for a level of none; the recipe sees to it that none is in two."""
    known = {level: name for name, group in plan.groups.items() for level in group}
    return [None if level is None else known.get(level) for level in levels]


Served = Model | Segmented
"""What an artefact's model is."""
