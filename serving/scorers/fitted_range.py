"""Where the numbers that a scorer was fitted on lie, and which leads stand outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from features.catalogue import Feature
from features.columns import Columns
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


def outside(ranges: Mapping[str, Range], columns: Columns) -> dict[str, NDArray[np.bool_]]:
    """Feature → the leads whose number lies outside its range, shape `(n_leads,)`; only features with any."""
    if not ranges:
        return {}
    numbers = np.array([columns[name] for name in ranges], dtype=np.float64)
    low, high = np.array(list(ranges.values()), dtype=np.float64).T
    beyond = (numbers < low[:, None]) | (numbers > high[:, None])
    return {name: mask for name, mask in zip(ranges, beyond, strict=True) if mask.any()}


def range_notes(
    features: Sequence[Feature], beyond: Mapping[str, NDArray[np.bool_]], n_leads: int
) -> list[list[str]]:
    """For each lead a warning that names its numbers `beyond` their ranges, never the numbers themselves."""
    named: list[dict[str, None]] = [{} for _ in range(n_leads)]
    for feature in features:
        for row in np.flatnonzero(beyond.get(feature.name, ())).tolist():
            named[row][getattr(feature, "field", feature.label)] = None
    return [[_words(list(names))] if names else [] for names in named]


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
