"""The interval of a lead's own probability: it widens where few outcomes were seen or little is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from features.catalogue import Feature
from features.columns import Column, Columns, Floats, held, numbers_of
from serving.calibration.maps import FLOOR, MonotoneMap, log_odds
from serving.score import LeadInterval

SIDES = 1.2816
"""Standard deviations on each side that hold four in five of a normal: the level of the maps themselves."""
_DIGITS = 6
NOBODY: Mapping[str, NDArray[np.bool_]] = MappingProxyType({})
"""No number lies outside its range."""


class SaidInterval(NamedTuple):
    """A `LeadInterval` that is not checked yet: of many leads most are written as they are."""

    low: float
    high: float
    narrowed_by: str | None = None

    def checked(self) -> LeadInterval:
        """The same as the type of answers."""
        return LeadInterval(low=self.low, high=self.high, narrowed_by=self.narrowed_by)


class Bounds(BaseModel):
    """Where the rate behind a margin could be, and how far a lead may be from it.

    `lower` and `upper` map margins to log-odds around the scorer's own map; between them lies the rate of
    leads with such a margin, in four of five cases. `hidden` is the standard deviation, in log-odds, of the
    leads' own probabilities around that rate: what no scorer of these signals sees. `spreads` has for each
    field the standard deviation, in log-odds, of what it contributes among leads that have it: a lead without
    it could be anywhere there, and so could one whose number lies outside the range that the scorer was
    fitted on. `numbers` has the same for features that are no field's (events, ages), by feature.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    lower: MonotoneMap
    upper: MonotoneMap
    spreads: dict[str, float] = Field(default_factory=dict)
    numbers: dict[str, float] = Field(default_factory=dict)
    hidden: float = Field(default=0.0, ge=0)

    def intervals(
        self,
        features: Sequence[Feature],
        columns: Columns,
        margin: Floats,
        probabilities: Floats,
        beyond: Mapping[str, NDArray[np.bool_]] = NOBODY,
    ) -> list[SaidInterval]:
        """One for each lead, around its shown probability, shape `(n_leads,)` each.

        `beyond` names features with numbers outside their range, and the leads that have them.
        """
        gaps = self._gaps(self._asked(features), columns, len(margin), beyond)
        far = [self.numbers[name] * mask for name, mask in beyond.items() if name in self.numbers]
        reach = SIDES * np.sqrt(self.hidden**2 + (gaps**2).sum(axis=1) + sum(part**2 for part in far))
        centre = log_odds(probabilities)
        down = np.hypot(np.maximum(centre - self.lower.logits(margin), 0.0), reach)
        up = np.hypot(np.maximum(self.upper.logits(margin) - centre, 0.0), reach)
        lower, upper = _shown(np.stack([centre - down, centre + up]))
        low, high = np.minimum(lower, probabilities), np.maximum(upper, probabilities)
        widest = self._widest(gaps)
        return [
            SaidInterval(a, b, name) for a, b, name in zip(low.tolist(), high.tolist(), widest, strict=True)
        ]

    def _gaps(
        self,
        asked: _Asked,
        columns: Columns,
        n_leads: int,
        beyond: Mapping[str, NDArray[np.bool_]],
    ) -> Floats:
        """Spread of each field where a lead lacks it or is `beyond`, else 0: `(n_leads, n_fields)`."""
        gaps = np.zeros((n_leads, len(self.spreads)))
        if not len(asked.starts):
            return gaps
        unsure = np.logical_and.reduceat(asked.absent(columns, n_leads), asked.starts)
        for name, mask in beyond.items():
            if name in asked.owner:
                unsure[asked.owner[name]] |= mask
        gaps[:, asked.places] = (asked.spreads * unsure).T
        return gaps

    def _asked(self, features: Sequence[Feature]) -> _Asked:
        """What `features` say of the fields, kept for those asked about last: the scorer of these bounds."""
        kept, found = self._last[0]
        if kept is not features or found is None:
            found = _Asked.of(features, self.spreads)
            self._last[0] = (features, found)
        return found

    @cached_property
    def _last(self) -> list[tuple[Sequence[Feature] | None, _Asked | None]]:
        return [(None, None)]

    def _widest(self, gaps: Floats) -> list[str | None]:
        """The field that would narrow each interval most, None where none is missing or out of range."""
        if not self.spreads:
            return [None] * len(gaps)
        return [
            self._names[at] if row[at] > 0 else None
            for row, at in zip(gaps, gaps.argmax(axis=1).tolist(), strict=True)
        ]

    @cached_property
    def _names(self) -> list[str]:
        return list(self.spreads)


@dataclass(frozen=True)
class _Asked:
    """The fields that have a spread and are read by themselves, by `places` among the spreads.

    The features that read them stand field by field, each field's from one of `starts` on: `numbers` and
    `levels` by their place; `owner` is the number of a feature's field.
    """

    places: NDArray[np.intp]
    spreads: Floats
    starts: NDArray[np.intp]
    numbers: dict[str, int]
    levels: dict[str, int]
    owner: dict[str, int]

    @classmethod
    def of(cls, features: Sequence[Feature], spreads: Mapping[str, float]) -> Self:
        """Those of `features`, which alone are looked at."""
        fields, kinds = fields_of(features), {feature.name: feature.dtype for feature in features}
        own = [(place, fields[name]) for place, name in enumerate(spreads) if name in fields]
        names = [name for _, members in own for name in members]
        worth = list(spreads.values())
        return cls(
            np.array([place for place, _ in own], dtype=np.intp),
            np.array([[worth[place]] for place, _ in own], dtype=np.float64).reshape(-1, 1),
            np.cumsum([0, *(len(members) for _, members in own)])[:-1],
            {name: at for at, name in enumerate(names) if kinds[name] == "number"},
            {name: at for at, name in enumerate(names) if kinds[name] != "number"},
            {name: at for at, (_, members) in enumerate(own) for name in members},
        )

    def absent(self, columns: Columns, n_leads: int) -> NDArray[np.bool_]:
        """`missing` of each of the features, shape `(n_features, n_leads)`."""
        found = np.empty((len(self.numbers) + len(self.levels), n_leads), dtype=np.bool_)
        if self.numbers:
            found[self._number_places] = np.isnan(numbers_of(columns, self._number_names))
        for name, at in self.levels.items():
            found[at] = missing(columns[name])
        return found

    @cached_property
    def _number_names(self) -> tuple[str, ...]:
        return tuple(self.numbers)

    @cached_property
    def _number_places(self) -> NDArray[np.intp]:
        return np.array(list(self.numbers.values()), dtype=np.intp)


def _shown(logits: Floats) -> Floats:
    """Log-odds as probabilities of an answer."""
    return held(MonotoneMap.identity().of(logits).round(_DIGITS), FLOOR, 1 - FLOOR)


def fields_of(features: Sequence[Feature]) -> dict[str, list[str]]:
    """Declared field → names of the features that read it alone."""
    found: dict[str, list[str]] = {}
    for feature in features:
        field = getattr(feature, "field", None)
        if isinstance(field, str):
            found.setdefault(field, []).append(feature.name)
    return found


def missing(column: Column) -> NDArray[np.bool_]:
    """Which values of a column are not known, shape `(n_leads,)`."""
    if column.dtype == object:
        return np.array([value is None for value in column.tolist()], dtype=np.bool_)
    return np.isnan(column.astype(np.float64, copy=False))
