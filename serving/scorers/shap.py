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
        for leaf, met in zip(self.leaves, self.met, strict=True):
            found[met == 2 ** len(leaf.shares) - 1] = leaf.value
        return found

    @cached_property
    def met(self) -> list[NDArray[np.intp]]:
        """For each leaf, by code: bit i says whether all questions about the path's i-th column are met."""
        return [_met(leaf, self.splits) for leaf in self.leaves]


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
        by_depth.setdefault(len(leaf.shares), []).append(leaf)
    tables = {
        leaf: table
        for depth, same in by_depth.items()
        for leaf, table in zip(same, _shapley(same, depth), strict=True)
    }
    found = []
    for piece in pieces:
        credit = np.zeros((len(piece.columns), 2 ** len(piece.splits)))
        for leaf, met in zip(piece.leaves, piece.met, strict=True):
            own = [piece.columns.index(column) for column in leaf.shares]
            credit[own] += tables[leaf][met].T
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


def _met(leaf: Leaf, splits: Sequence[TreeSplit]) -> NDArray[np.intp]:
    """See `Piece.met`: a step that the row does not take clears the bit of its column."""
    codes = np.arange(2 ** len(splits))
    bit = {column: 1 << i for i, column in enumerate(leaf.shares)}
    unmet = np.zeros(len(codes), dtype=np.intp)
    for split, left, _ in leaf.path:
        other = (codes >> splits.index(split) & 1) != left
        unmet |= other * bit[split.column]
    return (1 << len(bit)) - 1 - unmet


def _shapley(same: Sequence[Leaf], depth: int) -> Floats:
    """φ of leaves whose paths ask `depth` columns, shape `(n_leaves, 2**depth, depth)`; oᵢ is bit i."""
    r = np.array([list(leaf.shares.values()) for leaf in same]).reshape(len(same), 1, depth)
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
