"""A bag of LightGBM boosters that answers with the mean of their margins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from features.catalogue import Feature
from features.columns import Columns, Floats, once
from features.errors import LeadscoreError
from serving.calibration import MonotoneMap
from serving.scorer import Contributions
from serving.scorers.agreement import require_same_features
from serving.scorers.line import by_feature, columns_of, line_names
from serving.scorers.linear import Linear
from serving.scorers.tree_columns import TreeEncoder
from serving.scorers.tree_tables import TreeTables

if TYPE_CHECKING:
    from lightgbm import Booster

_BATCH = 500


@dataclass(frozen=True)
class Trees:
    """margin = mean over the bag of raw scores, plus the margin of `offset` where trees started from one.

    With `line` the trees read, behind the encoder's columns, what that linear model makes of the lead (see
    `line_columns`). An ndarray has no column names, so the boosters' own names are compared once, here.
    Small trees answer by tables (`TreeTables`), which say to the last bit what the boosters would.
    """

    features: tuple[Feature, ...]
    encoder: TreeEncoder
    boosters: tuple[Booster, ...]
    offset: Linear | None = None
    calibration: MonotoneMap = field(default_factory=MonotoneMap.identity)
    version: str = ""
    rung: str = "model"
    line: Linear | None = None

    def __post_init__(self) -> None:
        if not self.boosters:
            raise LeadscoreError("a bag of trees needs at least one booster.")
        names = (*self.encoder.booster_names, *(line_names(self.line) if self.line else ()))
        for booster in self.boosters:
            require_same_features(booster.feature_name(), names, "trees_*.txt")

    def margin(self, columns: Columns) -> Floats:
        """Raw log-odds, shape `(n_leads,)`."""
        line = None if self.line is None else self.line.contributions(columns)
        total = self._raw(self._matrix(columns, line))
        return total if self.offset is None else total + self.offset.margin(columns)

    def contributions(self, columns: Columns) -> Contributions:
        """Path-dependent Shapley values of the trees (Lundberg 2018), plus the offset's own parts.

        Values of the line's columns are told of the features behind them (see `by_feature`).
        """
        return self.explained(columns)[1]

    def explained(self, columns: Columns) -> tuple[Floats, Contributions]:
        """`margin` and `contributions` of columns that are encoded once."""
        line = None if self.line is None else self.line.contributions(columns)
        margin, parts, bias = self._credited(self._matrix(columns, line))
        width = len(self.encoder.booster_names)
        found = [Contributions(self.encoder.features, self.encoder.by_feature(parts[:, :width]), bias)]
        if self.line is not None and line is not None:
            found.append(by_feature(self.line, line, parts[:, width:]))
        if self.offset is not None:
            own, told = self.offset.explained(columns)
            margin = margin + own
            found.append(told)
        return margin, add(found) if len(found) > 1 else found[0]

    def _raw(self, matrix: Floats) -> Floats:
        """The mean of the boosters' raw scores."""
        if self._tables is not None:
            return self._tables.margins(matrix)
        total = np.zeros(len(matrix))
        for booster in self.boosters if len(matrix) else ():
            total += booster.predict(matrix, raw_score=True, num_threads=_threads(len(matrix)))
        return total / len(self.boosters)

    def _credited(self, matrix: Floats) -> tuple[Floats, Floats, Floats]:
        """The raw scores, the credit of each column of `matrix`, and what none of them is credited with."""
        if self._tables is not None:
            margin, parts = self._tables.explained(matrix)
            return margin, parts, np.full(len(matrix), self._tables.bias)
        parts = np.zeros((len(matrix), matrix.shape[1] + 1))
        for booster in self.boosters if len(matrix) else ():
            parts += booster.predict(matrix, pred_contrib=True, num_threads=_threads(len(matrix)))
        parts /= len(self.boosters)
        return self._raw(matrix), parts[:, :-1], parts[:, -1]

    def _matrix(self, columns: Columns, line: Contributions | None) -> Floats:
        """What the boosters read; `line` are the contributions of the linear model of that name."""
        matrix = once(columns, self.encoder, "encoded", lambda: self.encoder.transform(columns))
        if self.line is None or line is None:
            return matrix
        return np.hstack([matrix, columns_of(self.line, line)])

    @cached_property
    def _tables(self) -> TreeTables | None:
        """What stands in for the boosters where their trees are small enough, made when it is first asked."""
        return TreeTables.of(self.boosters)

    def probability(self, margin: Floats) -> Floats:
        """Calibrated probabilities inside (0, 1)."""
        return self.calibration.of(margin)


def _threads(rows: int) -> int:
    """LightGBM's threads: one for a request, for which a pool costs more than the trees; all (0) for a batch.

    A row's result does not depend on it.
    """
    return 1 if rows < _BATCH else 0


def add(parts: list[Contributions], weights: Sequence[float] = ()) -> Contributions:
    """The sum of `parts`, each times its weight where there are some, by feature name, which are distinct
    within each; in order of first appearance."""
    names, places = _union(tuple(part.names for part in parts))
    rows = len(parts[0].bias)
    values, bias = np.zeros((rows, len(names))), np.zeros(rows)
    for part, place, weight in zip(parts, places, weights or (1.0,) * len(parts), strict=True):
        values[:, place] += part.values if weight == 1.0 else weight * part.values
        bias += weight * part.bias
    return Contributions(names, values, bias)


@lru_cache(maxsize=64)
def _union(lists: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], list[NDArray[np.intp]]]:
    """Each name once, and where those of each list are among them."""
    names = tuple(dict.fromkeys(name for one in lists for name in one))
    place = {name: i for i, name in enumerate(names)}
    return names, [np.array([place[name] for name in one], dtype=np.intp) for one in lists]
