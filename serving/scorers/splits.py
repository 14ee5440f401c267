"""The questions that trees ask of a row, each answered once for many rows, as LightGBM answers them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from features.columns import Floats

_ZERO = float(np.float32(1e-35))
"""LightGBM's kZeroThreshold: what is no further from 0 counts as missing where zeros do."""
_FEW = 128
"""Rows up to which one comparison of everything is quicker than one for each column."""


@dataclass(frozen=True)
class TreeSplit:
    """Does a row go left? A number not above `threshold` does, or a category among `levels`.

    `nan_left` is where a missing number goes; with `zero_missing` a zero is missing too. A missing category
    and one that is not among `levels` go right.
    """

    column: int
    threshold: float = 0.0
    levels: frozenset[int] | None = None
    nan_left: bool = False
    zero_missing: bool = False


Step: TypeAlias = tuple[TreeSplit, bool, float]
"""A split, whether the way goes left, and the share of the training rows there that went the same way."""


@dataclass(frozen=True, eq=False)
class Leaf:
    """The value of a leaf, the share of the training rows in it, and the way there."""

    value: float
    cover: float
    path: tuple[Step, ...]

    @cached_property
    def shares(self) -> dict[int, float]:
        """Column → the share of training rows that answered all its questions as the path does."""
        found: dict[int, float] = {}
        for split, _, share in self.path:
            found[split.column] = found.get(split.column, 1.0) * share
        return found


Node: TypeAlias = Mapping[str, Any]
"""A node of `Booster.dump_model`."""


def leaves(node: Node, path: tuple[Step, ...] = (), cover: float = 1.0) -> Iterator[Leaf]:
    """Every leaf at or below `node`, which is reached by `path` by a share `cover` of the rows."""
    if "split_index" not in node:
        yield Leaf(float(node["leaf_value"]), cover, path)
        return
    for step, child in ways(node):
        yield from leaves(child, (*path, step), cover * step[2])


def ways(node: Node) -> Iterator[tuple[Step, Node]]:
    """The two steps down from an inner node, left first, and where they lead."""
    split = _split(node)
    for side in ("left_child", "right_child"):
        child = node[side]
        share = child.get("internal_count", child.get("leaf_count")) / node["internal_count"]
        yield (split, side == "left_child", share), child


def _split(node: Node) -> TreeSplit:
    column, said = node["split_feature"], node["threshold"]
    if node["decision_type"] == "==":
        return TreeSplit(column, levels=frozenset(int(level) for level in str(said).split("||") if level))
    threshold, missing = float(said), node["missing_type"]
    # where nothing was missing in training, LightGBM reads NaN as 0
    nan_left = threshold >= 0.0 if missing == "None" else bool(node["default_left"])
    return TreeSplit(column, threshold, nan_left=nan_left, zero_missing=missing == "Zero")


@dataclass(frozen=True)
class Splits:
    """Distinct splits, those of a column side by side."""

    splits: tuple[TreeSplit, ...]

    @classmethod
    def of(cls, splits: Iterable[TreeSplit]) -> Self:
        """Each of `splits` once."""
        return cls(tuple(sorted(dict.fromkeys(splits), key=lambda split: split.column)))

    def answers(self, matrix: Floats) -> NDArray[np.bool_]:
        """Whether each row of `matrix` goes left, shape `(n_splits + 1, n_rows)`; the last row is False."""
        across = np.ascontiguousarray(matrix.T)
        found = np.zeros((len(self.splits) + 1, len(matrix)), dtype=np.bool_)
        if len(matrix) <= _FEW:
            np.less_equal(across.take(self._columns, axis=0), self._thresholds, out=found[:-1])
        else:
            for column, own in self._by_column:
                np.less_equal(across[column], self._thresholds[own], out=found[own])
        absent = np.isnan(across)
        if absent.any():
            found[self._nan_left] |= absent.take(self._asked_of_nan, axis=0)
        for place in self._with_zeros:
            split = self.splits[place]
            found[place, np.abs(across[split.column]) <= _ZERO] = split.nan_left
        if len(self._levels.places):
            found[self._levels.places] = self._levels.answers(across)
        return found

    @cached_property
    def _columns(self) -> NDArray[np.intp]:
        return np.array([split.column for split in self.splits], dtype=np.intp)

    @cached_property
    def _by_column(self) -> list[tuple[int, slice]]:
        columns, starts = np.unique(self._columns, return_index=True)
        ends = [*starts.tolist(), len(self.splits)][1:]  # none where no tree asks anything
        return [(c, slice(s, e)) for c, s, e in zip(columns.tolist(), starts.tolist(), ends, strict=True)]

    @cached_property
    def _thresholds(self) -> Floats:
        return np.array([split.threshold for split in self.splits], dtype=np.float64).reshape(-1, 1)

    @cached_property
    def _nan_left(self) -> NDArray[np.intp]:
        return np.flatnonzero(np.array([split.nan_left for split in self.splits], dtype=np.bool_))

    @cached_property
    def _asked_of_nan(self) -> NDArray[np.intp]:
        return self._columns[self._nan_left]

    @cached_property
    def _with_zeros(self) -> list[int]:
        return [place for place, split in enumerate(self.splits) if split.zero_missing]

    @cached_property
    def _levels(self) -> _Levels:
        asked = [place for place, split in enumerate(self.splits) if split.levels is not None]
        return _Levels.of(asked, [self.splits[place] for place in asked])


@dataclass(frozen=True)
class _Levels:
    """The splits of categories, at `places` among all: `went` has for each, from `starts` on, whether codes
    0, 1 … go left, and at number `others` whether all other codes do, which is no."""

    places: NDArray[np.intp]
    columns: NDArray[np.intp]
    others: NDArray[np.intp]
    starts: NDArray[np.intp]
    went: NDArray[np.bool_]

    @classmethod
    def of(cls, places: Sequence[int], splits: Sequence[TreeSplit]) -> Self:
        """The tables of `splits`."""
        named = [sorted(split.levels or ()) for split in splits]
        others = np.array([max(levels, default=0) + 1 for levels in named], dtype=np.intp).reshape(-1, 1)
        starts = np.cumsum([0, *(others.ravel() + 1).tolist()], dtype=np.intp)
        went = np.zeros(starts[-1], dtype=np.bool_)
        for start, levels in zip(starts.tolist(), named, strict=False):
            went[[start + level for level in levels]] = True
        columns = np.array([split.column for split in splits], dtype=np.intp)
        return cls(np.array(places, dtype=np.intp), columns, others, starts[:-1].reshape(-1, 1), went)

    def answers(self, across: Floats) -> NDArray[np.bool_]:
        """Whether rows go left, shape `(n_places, n_rows)`; `across` has shape `(n_columns, n_rows)`."""
        codes = across.take(self.columns, axis=0)
        inside = (codes > -1) & (codes < self.others)  # LightGBM cuts the decimals off
        return self.went.take(np.where(inside, codes, self.others).astype(np.intp) + self.starts)
