"""One artefact, several markets: a lead is answered by its segment's own scorer, or by the parent of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.catalogue import Feature, FieldValue
from features.columns import Columns, Floats
from features.errors import LeadscoreError
from features.recipe import Segments
from serving.calibration import MonotoneMap
from serving.scorer import Contributions, Scorer, explained
from serving.scorers.agreement import require_columns
from serving.scorers.blend import Model


@dataclass(frozen=True)
class Part:
    """The leads of one scorer: their places `rows`, their `columns`, and its raw `margin` for each.

    `segment` is whose own scorer it is, None where it is the scorer of all. `contributions` are there where
    they were asked for.
    """

    segment: str | None
    scorer: Scorer
    rows: NDArray[np.intp]
    columns: Columns
    margin: Floats
    contributions: Contributions | None = None

    @classmethod
    def of(
        cls, segment: str | None, scorer: Scorer, rows: NDArray[np.intp], columns: Columns, explain: bool
    ) -> Part:
        """What `scorer` says of the leads at `rows`, whose columns are `columns`."""
        if explain:
            return cls(segment, scorer, rows, columns, *explained(scorer, columns))
        return cls(segment, scorer, rows, columns, scorer.margin(columns))


@dataclass(frozen=True)
class Segmented:
    """Routes each lead by the level of one field: exactly one scorer answers for it.

    `members` hold the segments that have a scorer of their own, a model or Bayes; every other lead, also one
    of no segment, is the `parent`'s. A lead's margin is its scorer's calibrated log-odds, so that one map,
    the identity, serves all. What calibration adds stands in the bias: it is nobody's doing.
    """

    plan: Segments
    parent: Model
    members: tuple[tuple[str, Model], ...]
    calibration: MonotoneMap = field(default_factory=MonotoneMap.identity)
    version: str = ""

    def __post_init__(self) -> None:
        if unknown := [name for name, _ in self.members if name not in self.plan.groups]:
            raise LeadscoreError(
                f"manifest.json: has scorers of segments that the recipe does not define: {unknown}.",
                "Train again with 'leadscore train'.",
            )

    @property
    def rung(self) -> str:
        """The rung of the scorer of all; a segment's own may be another (see `answerers`)."""
        return self.parent.rung

    @cached_property
    def answerers(self) -> tuple[tuple[str, str | None], ...]:
        """(rung, segment) of everybody who may answer, the scorer of all (None) first."""
        return ((self.parent.rung, None), *((member.rung, name) for name, member in self.members))

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """The field that routes, and what the parent and the members read, in order of first appearance."""
        scorers = [self.parent, *(member for _, member in self.members)]
        union = {feature.name: feature for scorer in scorers for feature in scorer.features}
        route = route_of(self.plan)
        return tuple({route.name: route, **union}.values())

    def margin(self, columns: Columns) -> Floats:
        """Calibrated log-odds of the scorer that each lead belongs to, shape `(n_leads,)`."""
        return self.joined(self.parts(columns))

    def joined(self, parts: Sequence[Part]) -> Floats:
        """The margins of all leads of `parts`, which `parts` of this scorer returned."""
        found = np.zeros(sum(len(part.rows) for part in parts))
        for part in parts:
            found[part.rows] = self._by_name[part.segment].calibration.logits(part.margin)
        return found

    def contributions(self, columns: Columns) -> Contributions:
        """By feature, 0 for features that a lead's scorer does not read."""
        return self.explained_of(self.parts(columns, explain=True))[1]

    def explained_of(self, parts: Sequence[Part]) -> tuple[Floats, Contributions]:
        """Margins and contributions of all leads of `parts`, which `parts` returned with contributions."""
        names = tuple(feature.name for feature in self.features)
        place = {name: i for i, name in enumerate(names)}
        margin = self.joined(parts)
        values, bias = np.zeros((len(margin), len(names))), np.zeros(len(margin))
        for part in parts:
            own = part.contributions
            assert own is not None
            own_place = np.array([place[name] for name in own.names], dtype=np.intp)
            values[np.ix_(part.rows, own_place)] = own.values
            bias[part.rows] = own.bias + margin[part.rows] - part.margin
        return margin, Contributions(names, values, bias)

    def probability(self, margin: Floats) -> Floats:
        """Probabilities inside (0, 1)."""
        return self.calibration.of(margin)

    def owners(self, columns: Columns) -> list[str | None]:
        """Whose own scorer answers for each lead, None where the scorer of all does.

        Raises:
            LeadscoreError: the field that routes is missing from `columns`.
        """
        route = route_of(self.plan).name
        require_columns((route,), columns)
        levels = [None if level is None else str(level) for level in columns[route].tolist()]
        return [name if name in self._by_name else None for name in segments_of(self.plan, levels)]

    def parts(self, columns: Columns, explain: bool = False) -> list[Part]:
        """Everybody who answers for a lead, with the leads that are theirs; on request with contributions."""
        owners = np.array(self.owners(columns), dtype=object)
        found = []
        for segment, scorer in self._by_name.items():
            rows = np.flatnonzero(owners == segment)
            if len(rows):
                read = {route_of(self.plan).name, *(feature.name for feature in scorer.features)}
                own = Columns({name: columns[name][rows] for name in columns if name in read}, len(rows))
                found.append(Part.of(segment, scorer, rows, own, explain))
        return found

    @cached_property
    def _by_name(self) -> dict[str | None, Model]:
        return {None: self.parent, **dict(self.members)}


def route_of(plan: Segments) -> FieldValue:
    """The feature by whose level leads are routed."""
    return FieldValue(plan.field, "category")


def segments_of(plan: Segments, levels: list[str | None]) -> list[str | None]:
    """The segment of each level, None for a level of none; the recipe sees to it that none is in two."""
    known = {level: name for name, group in plan.groups.items() for level in group}
    return [None if level is None else known.get(level) for level in levels]


Served = Model | Segmented
"""What an artefact's model is."""
