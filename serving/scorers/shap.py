"""What a small tree says to each way of answering its questions: a table, made once.

A tree of seven leaves asks six questions, so a row answers it in one of 64 ways. Trees with more questions
are cut into pieces (leaves of one subtree) of at most eight each, since outputs and Shapley values are
additive over leaves.

The values are those of TreeSHAP (Lundberg, Erion and Lee 2018, algorithm 2) with the covers of training. A
leaf of value v, whose path asks the columns 1…d, is worth v·Π(i in S) oᵢ·Π(i not in S) rᵢ to a coalition S:
oᵢ is 1 where the row answers all questions about i as the path does, rᵢ the share of training rows that did:

    φᵢ = v · (oᵢ − rᵢ) · Σₖ k!(d−1−k)!/d! · [yᵏ] Π(j ≠ i) (rⱼ + oⱼ·y)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import factorial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from features.columns import Floats
from serving.scorers.splits import Leaf, Node, Step, TreeSplit, leaves, ways

if TYPE_CHECKING:
    from lightgbm import Booster

QUESTIONS = 8
"""Most distinct splits of a piece: 256 lines, which stay in the processor's cache, and codes of one byte."""


@dataclass(frozen=True, eq=False)
class Piece:
    """Leaves of one tree of the booster number `booster`, whose paths ask no more than `QUESTIONS`.

    Bit j of a row's code says whether it goes left at `splits[j]`.
    """

    booster: int
    leaves: tuple[Leaf, ...]

    @cached_property
    def splits(self) -> tuple[TreeSplit, ...]:
        return _asked(self.leaves)

    @cached_property
    def columns(self) -> tuple[int, ...]:
        """What the splits look at."""
        return tuple(sorted({split.column for split in self.splits}))

    def outputs(self) -> Floats:
        """By code the value of the leaf that the row comes to, 0 where that is in another piece."""
        found = np.zeros(2 ** len(self.splits))
        for leaf in self.leaves:
            found[_met(leaf, self.splits) == 2 ** len(_shares(leaf)) - 1] = leaf.value
        return found


def pieces_of(boosters: Sequence[Booster]) -> list[Piece] | None:
    """All trees of `boosters`, in their order; None where the path to some leaf asks too much for a table,
    or a booster is no plain sum of trees."""
    dumped = [booster.dump_model() for booster in boosters]
    if any(model["num_tree_per_iteration"] != 1 or model["average_output"] for model in dumped):
        return None
    found = [
        Piece(number, group)
        for number, model in enumerate(dumped)
        for tree in model["tree_info"]
        for group in _groups(tree["tree_structure"])
    ]
    return found if all(len(piece.splits) <= QUESTIONS for piece in found) else None


def credits_of(pieces: Sequence[Piece]) -> list[Floats]:
    """Of each piece the Shapley values of its `columns` by code, shape `(n_columns, n_codes)`."""
    by_depth: dict[int, list[Leaf]] = {}
    for leaf in (leaf for piece in pieces for leaf in piece.leaves):
        by_depth.setdefault(len(_shares(leaf)), []).append(leaf)
    tables = {
        leaf: table
        for depth, same in by_depth.items()
        for leaf, table in zip(same, _shapley(same, depth), strict=True)
    }
    found = []
    for piece in pieces:
        credit = np.zeros((len(piece.columns), 2 ** len(piece.splits)))
        for leaf in piece.leaves:
            own = [piece.columns.index(column) for column in _shares(leaf)]
            credit[own] += tables[leaf][_met(leaf, piece.splits)].T
        found.append(credit)
    return found


def _groups(node: Node, path: tuple[Step, ...] = (), cover: float = 1.0) -> Iterator[tuple[Leaf, ...]]:
    """Leaves below `node` in groups that ask little enough for a table, where that can be."""
    group = tuple(leaves(node, path, cover))
    if len(_asked(group)) <= QUESTIONS or len(group) == 1:
        yield group
        return
    for step, child in ways(node):
        yield from _groups(child, (*path, step), cover * step[2])


def _asked(group: Sequence[Leaf]) -> tuple[TreeSplit, ...]:
    return tuple(dict.fromkeys(split for leaf in group for split, _, _ in leaf.path))


def _shares(leaf: Leaf) -> dict[int, float]:
    """Column → the share r of training rows that answered all its questions as the path does."""
    found: dict[int, float] = {}
    for split, _, share in leaf.path:
        found[split.column] = found.get(split.column, 1.0) * share
    return found


def _met(leaf: Leaf, splits: Sequence[TreeSplit]) -> NDArray[np.intp]:
    """For each code of `splits`: bit i says whether all questions about the path's i-th column are met."""
    codes = np.arange(2 ** len(splits))
    met = np.zeros(len(codes), dtype=np.intp)
    for i, column in enumerate(_shares(leaf)):
        good = np.ones(len(codes), dtype=np.bool_)
        for split, left, _ in leaf.path:
            if split.column == column:
                good &= (codes >> splits.index(split) & 1) == left
        met |= good.astype(np.intp) << i
    return met


def _shapley(same: Sequence[Leaf], depth: int) -> Floats:
    """φ of leaves whose paths ask `depth` columns, shape `(n_leaves, 2**depth, depth)`; oᵢ is bit i."""
    r = np.array([list(_shares(leaf).values()) for leaf in same]).reshape(len(same), 1, depth)
    o = (np.arange(2**depth)[:, None] >> np.arange(depth) & 1).astype(np.float64)
    value = np.array([leaf.value for leaf in same]).reshape(-1, 1)
    weights = np.array([factorial(k) * factorial(depth - 1 - k) / factorial(depth) for k in range(depth)])
    found = np.zeros((len(same), 2**depth, depth))
    for i in range(depth):
        powers = np.zeros((len(same), 2**depth, depth))  # of y, in the product over the others
        powers[..., 0] = 1.0
        for j in (j for j in range(depth) if j != i):
            shifted = np.zeros_like(powers)
            shifted[..., 1:] = powers[..., :-1] * o[:, j, None]
            powers = powers * r[..., j, None] + shifted
        found[..., i] = value * (o[:, i] - r[..., i]) * (powers @ weights)
    return found
