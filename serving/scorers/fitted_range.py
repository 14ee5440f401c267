"""Where the numbers that a scorer was fitted on lie, and which leads stand outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from features.catalogue import Feature
from features.columns import Columns, Floats, numbers_of
from serving.scorer import Range, Scorer
from serving.scorers.bayes import Bayes
from serving.scorers.blend import Blend
from serving.scorers.linear import Linear
from serving.scorers.linear_columns import LinearEncoder, NumberColumn
from serving.scorers.trees import Trees

_NAMED = 4
"""Signals that a warning names before it counts the rest."""


def ranges_of(scorer: Scorer) -> dict[str, Range]:
    """Feature → the range of the numbers that `scorer` was fitted on; where its parts differ, the widest.

    Empty for the scorecard, which is not fitted, and for artefacts older than ranges.
    """
    found: dict[str, Range] = {}
    for name, (low, high) in _stated(scorer):
        before = found.get(name, (low, high))
        found[name] = (min(low, before[0]), max(high, before[1]))
    return found


@dataclass(frozen=True)
class Ends:
    """Ranges of features by name, in their order; `low` and `high` have shape `(n_features, 1)`."""

    features: dict[str, Feature]
    low: Floats
    high: Floats

    @classmethod
    def of(cls, scorer: Scorer) -> Self:
        """The ranges that `scorer` was fitted on."""
        ranges = ranges_of(scorer)
        features = {feature.name: feature for feature in scorer.features if feature.name in ranges}
        ends = np.array([ranges[name] for name in features], dtype=np.float64).reshape(-1, 2)
        return cls(features, ends[:, :1], ends[:, 1:])

    def outside(self, columns: Columns) -> dict[str, NDArray[np.bool_]]:
        """Feature → which leads' number is outside its range, shape `(n_leads,)`; only features with any."""
        names = self._names
        if not names:
            return {}
        numbers = numbers_of(columns, names)
        beyond = (numbers < self.low) | (numbers > self.high)
        return {names[at]: beyond[at] for at in np.flatnonzero(beyond.any(axis=1)).tolist()}

    def notes(self, beyond: Mapping[str, NDArray[np.bool_]], n_leads: int) -> list[list[str]]:
        """For each lead a warning that names its numbers that are `outside`, never the numbers themselves."""
        if not beyond:
            return [[] for _ in range(n_leads)]
        features = [self.features[name] for name in beyond]
        labels = [getattr(feature, "field", feature.label) for feature in features]
        made: dict[bytes, list[str]] = {}  # few: leads are outside in the same ways
        found = []
        for row in np.ascontiguousarray(np.array(list(beyond.values())).T):
            key = row.tobytes()
            if key not in made:
                names = list(dict.fromkeys(labels[at] for at in np.flatnonzero(row).tolist()))
                made[key] = [_words(names)] if names else []
            found.append(list(made[key]))
        return found

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(self.features)


def _words(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return (
        "outside the range that the scorer learned from, so read as the nearest end of it and less sure: "
        f"{'; '.join(names[:_NAMED])}{more}"
    )


def _stated(scorer: object) -> Iterator[tuple[str, Range]]:
    """The ranges that the parts of `scorer` state."""
    match scorer:
        case Linear():
            yield from _read(scorer.encoder)
        case Trees():
            yield from scorer.encoder.ranges.items()
            for line in (scorer.offset, scorer.line):
                yield from _stated(line)
        case Blend():
            for member in scorer.members:
                yield from _stated(member)
        case Bayes():
            yield from ((table.feature, table.range) for table in scorer.tables if table.range is not None)


def _read(encoder: LinearEncoder) -> Iterator[tuple[str, Range]]:
    for column in encoder.columns:
        if isinstance(column, NumberColumn) and column.range is not None:
            yield column.name, column.range
