"""Margins and Shapley values of a bag of small trees, looked up instead of walked, for all rows at once.

LightGBM walks every tree for a margin, and every path of every tree for contributions. Here each distinct
split is answered once for all rows, a row's answers to a tree are packed into a code, and what the tree says
to that code is read from its table (see `shap`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from features.columns import Floats
from serving.scorers.shap import QUESTIONS, Piece, credits_of, pieces_of
from serving.scorers.splits import Splits

if TYPE_CHECKING:
    from lightgbm import Booster

_BLOCK, _SMALL = 4_096, 128
"""Rows looked up together: in a loop over look-ups, and all look-ups of all rows at once."""
_FEW = 4 * _SMALL
"""Rows up to which the second is quicker."""


@dataclass(frozen=True)
class Lookups:
    """Look-ups in `tables`: each of the code of one piece, added to one target (a column, a booster).

    They are made, and added, in this order. `flat` holds all tables one after the other, each from `start`.
    """

    tables: tuple[Floats, ...]
    piece: NDArray[np.intp]
    target: NDArray[np.intp]
    n_targets: int

    def sums(self, codes: NDArray[np.intp]) -> Floats:
        """For codes of shape `(n_pieces, n_rows)` the sum for each target, shape `(n_targets, n_rows)`.

        The sum of a row starts at 0 and takes one look-up after the other, however many rows there are, so
        that it does not depend on them.
        """
        rows = codes.shape[1]
        if rows <= _SMALL:
            found = self._flat.take(codes.take(self.piece, axis=0) + self._start)
            places = self.target if rows == 1 else (self.target[:, None] * rows + np.arange(rows)).ravel()
            sums = np.bincount(places, found.ravel(), minlength=self.n_targets * rows)
            return np.asarray(sums, dtype=np.float64).reshape(self.n_targets, rows)
        total, one = np.zeros((self.n_targets, rows)), np.empty(rows)
        for table, piece, target in zip(self.tables, self.piece.tolist(), self.target.tolist(), strict=True):
            np.take(table, codes[piece], out=one, mode="clip")  # no code is outside; "raise" would copy
            total[target] += one
        return total

    @cached_property
    def _flat(self) -> Floats:
        return np.concatenate([np.zeros(0), *self.tables])

    @cached_property
    def _start(self) -> NDArray[np.intp]:
        lengths = np.array([len(table) for table in self.tables], dtype=np.intp)
        return (np.cumsum(lengths) - lengths)[:, None]


@dataclass(frozen=True)
class TreeTables:
    """The mean over `n_boosters`, whose trees are `pieces`, of a matrix of `n_columns`."""

    pieces: tuple[Piece, ...]
    n_boosters: int
    n_columns: int

    @classmethod
    def of(cls, boosters: Sequence[Booster]) -> Self | None:
        """None where the trees ask too much for tables; boosters read the same columns."""
        pieces = pieces_of(boosters)
        return None if pieces is None else cls(tuple(pieces), len(boosters), boosters[0].num_feature())

    @cached_property
    def bias(self) -> float:
        """The mean output over the rows that the trees were grown on."""
        parts = (leaf.value * leaf.cover for piece in self.pieces for leaf in piece.leaves)
        return sum(parts) / self.n_boosters

    def margins(self, matrix: Floats) -> Floats:
        """What LightGBM's raw scores come to, to the last bit: shape `(n_rows,)`."""
        found = np.empty(len(matrix))
        for part, codes in self._blocks(matrix):
            found[part] = self._margins(codes)
        return found

    def explained(self, matrix: Floats) -> tuple[Floats, Floats]:
        """`margins`, and each column's part in them, shape `(n_rows, n_columns)`."""
        margins, parts = np.empty(len(matrix)), np.empty((len(matrix), self.n_columns))
        for part, codes in self._blocks(matrix):
            margins[part] = self._margins(codes)
            parts[part] = self._credits.sums(codes).T
        parts /= self.n_boosters
        return margins, parts

    def _margins(self, codes: NDArray[np.intp]) -> Floats:
        """Each booster's trees in their order, then one booster after the other, as a loop over them adds."""
        by_booster = self._outputs.sums(codes)
        total = np.zeros(codes.shape[1])
        for one in by_booster:
            total += one
        return total / self.n_boosters

    def _blocks(self, matrix: Floats) -> Iterator[tuple[slice, NDArray[np.intp]]]:
        """Codes of some rows, shape `(n_pieces, n_rows)`, and which rows these are."""
        step = _SMALL if len(matrix) <= _FEW else _BLOCK
        for start in range(0, len(matrix), step):
            part = slice(start, start + step)
            answers = self._splits.answers(matrix[part])
            yield part, self._codes(answers).astype(np.intp)

    def _codes(self, answers: NDArray[np.bool_]) -> NDArray[np.uint8]:
        """Of a row's answers the code of each piece: question number j is bit j."""
        if answers.shape[1] <= _SMALL:  # in two calls, but of memory for all bits of all rows
            asked = answers.take(self._questions, axis=0)
            return np.packbits(asked, axis=1, bitorder="little")[:, 0]
        bits = answers.view(np.uint8)
        codes = bits[self._questions[:, 0]]
        for bit in range(1, self._questions.shape[1]):
            codes |= bits[self._questions[:, bit]] << bit
        return codes

    @cached_property
    def _splits(self) -> Splits:
        return Splits.of(split for piece in self.pieces for split in piece.splits)

    @cached_property
    def _questions(self) -> NDArray[np.intp]:
        """Places of each piece's splits; where it has fewer, of the one that is always answered no."""
        place = {split: i for i, split in enumerate(self._splits.splits)}
        asked = np.full((len(self.pieces), QUESTIONS), len(place), dtype=np.intp)
        for row, piece in enumerate(self.pieces):
            asked[row, : len(piece.splits)] = [place[split] for split in piece.splits]
        return asked[:, : max(1, *(len(piece.splits) for piece in self.pieces))]

    @cached_property
    def _outputs(self) -> Lookups:
        """One look-up a piece, in the order in which LightGBM adds trees; a target is a booster."""
        boosters = np.array([piece.booster for piece in self.pieces], dtype=np.intp)
        tables = tuple(piece.outputs() for piece in self.pieces)
        return Lookups(tables, np.arange(len(self.pieces)), boosters, self.n_boosters)

    @cached_property
    def _credits(self) -> Lookups:
        """A look-up for each piece and column, by column: its sum is added up while it is at hand."""
        found = [
            (column, number, table)
            for number, (piece, credit) in enumerate(zip(self.pieces, credits_of(self.pieces), strict=True))
            for column, table in zip(piece.columns, credit, strict=True)
        ]
        found.sort(key=lambda one: one[:2])
        targets = np.array([column for column, _, _ in found], dtype=np.intp)
        numbers = np.array([number for _, number, _ in found], dtype=np.intp)
        return Lookups(tuple(table for _, _, table in found), numbers, targets, self.n_columns)
