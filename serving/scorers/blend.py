"""The mean of several models, taken where they are additive: in their margins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel

from features.catalogue import Feature
from features.columns import Columns, Floats
from features.errors import LeadscoreError
from serving.calibration import MonotoneMap
from serving.scorer import Contributions, explained
from serving.scorers.bayes import Bayes
from serving.scorers.linear import Linear
from serving.scorers.tree_columns import TreeEncoder
from serving.scorers.trees import Trees, add


@dataclass(frozen=True)
class Blend:
    """margin = mean of the members' raw margins + `shift`; the members' own calibrations are not used.

    `weights` has a positive number for each member; empty: all count alike.
    """

    members: tuple[Linear | Trees | Blend | Bayes, ...]
    calibration: MonotoneMap = field(default_factory=MonotoneMap.identity)
    version: str = ""
    rung: str = "model"
    weights: tuple[float, ...] = ()
    shift: float = 0.0

    def __post_init__(self) -> None:
        if not self.members:
            raise LeadscoreError("a blend needs at least one member.")
        if self.weights and (len(self.weights) != len(self.members) or min(self.weights) <= 0):
            raise LeadscoreError("a blend needs a weight above 0 for each member, or none at all.")
        object.__setattr__(self, "members", _sharing(self.members))

    @cached_property
    def features(self) -> tuple[Feature, ...]:
        """The union of the members' features, in order of first appearance."""
        union = {feature.name: feature for member in self.members for feature in member.features}
        return tuple(union.values())

    def margin(self, columns: Columns) -> Floats:
        """Raw log-odds, shape `(n_leads,)`."""
        return self._mean([member.margin(columns) for member in self.members])

    def contributions(self, columns: Columns) -> Contributions:
        """The mean of the members' contributions, by feature name."""
        return self._shared([member.contributions(columns) for member in self.members])

    def explained(self, columns: Columns) -> tuple[Floats, Contributions]:
        """`margin` and `contributions`, each member asked once for both."""
        found = [explained(member, columns) for member in self.members]
        return self._mean([margin for margin, _ in found]), self._shared([parts for _, parts in found])

    @cached_property
    def _weights(self) -> tuple[float, ...]:
        return self.weights or (1.0,) * len(self.members)

    def _mean(self, margins: list[Floats]) -> Floats:
        total = self._weights[0] * margins[0]
        for weight, margin in zip(self._weights[1:], margins[1:], strict=True):
            total = total + weight * margin
        return np.asarray(total / sum(self._weights) + self.shift, dtype=np.float64)

    def _shared(self, parts: list[Contributions]) -> Contributions:
        total, whole = add(parts, self._weights), sum(self._weights)
        return Contributions(total.names, total.values / whole, total.bias / whole + self.shift)

    def probability(self, margin: Floats) -> Floats:
        """Calibrated probabilities inside (0, 1)."""
        return self.calibration.of(margin)


def _sharing(members: Sequence[Model]) -> tuple[Model, ...]:
    """`members` with one object where parts of them are equal: each makes things once."""
    lines, encoders, found = list[Linear](), list[TreeEncoder](), list[Model]()
    for member in members:
        if isinstance(member, Trees):
            offset = member.offset and _first(lines, member.offset)
            line = member.line and _first(lines, member.line)
            encoder = _first(encoders, member.encoder)
            if not (offset is member.offset and line is member.line and encoder is member.encoder):
                member = replace(member, encoder=encoder, offset=offset, line=line)
        found.append(_first(lines, member) if isinstance(member, Linear) else member)
    return tuple(found)


def _first(seen: list[_P], one: _P) -> _P:
    """What is equal to `one` among `seen`, else itself, which is then among them."""
    meant = _meant(one)
    for other in seen:
        if other is one or (type(other) is type(one) and _meant(other) == meant):
            return other
    seen.append(one)
    return one


def _meant(part: Any) -> Any:
    """What a part says, without what it has computed meanwhile: pydantic compares that too, also arrays."""
    match part:
        case BaseModel():
            return part.model_dump()
        case tuple():
            return [_meant(one) for one in part]
        case _ if is_dataclass(part):
            return [(type(part), one.name, _meant(getattr(part, one.name))) for one in fields(part)]
    return part


_P = TypeVar("_P")

Model = Linear | Trees | Blend | Bayes
"""What training makes and an artefact holds; Bayes where there was too little for the others."""
