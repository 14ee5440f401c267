"""A bag of LightGBM boosters that answers with the mean of their margins."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from features.catalogue import Feature
from features.columns import Columns, Floats, n_leads
from features.errors import LeadscoreError
from serving.calibration import MonotoneMap
from serving.scorer import Contributions
from serving.scorers.agreement import require_same_features
from serving.scorers.line import by_feature, line_columns, line_names
from serving.scorers.linear import Linear
from serving.scorers.tree_columns import TreeEncoder

if TYPE_CHECKING:
    from lightgbm import Booster

_BATCH = 500


@dataclass(frozen=True)
class Trees:
    """margin = mean over the bag of raw scores, plus the margin of `offset` where trees started from one.

    With `line` the trees read, behind the encoder's columns, what that linear model makes of the lead (see
    `line_columns`). An ndarray has no column names, so the boosters' own names are compared once, here.
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

    @property
    def _width(self) -> int:
        return len(self.encoder.features)

    def margin(self, columns: Columns) -> Floats:
        """Raw log-odds, shape `(n_leads,)`."""
        matrix = self._matrix(columns)
        if not len(matrix):
            return np.zeros(0)
        total = np.zeros(len(matrix))
        for booster in self.boosters:
            total += booster.predict(matrix, raw_score=True, num_threads=_threads(len(matrix)))
        total /= len(self.boosters)
        return total if self.offset is None else total + self.offset.margin(columns)

    def contributions(self, columns: Columns) -> Contributions:
        """Path-dependent Shapley values of the trees (Lundberg 2018), plus the offset's own parts.

        Values of the line's columns are told of the features behind them (see `by_feature`).
        """
        rows = n_leads(columns)
        matrix = self._matrix(columns)
        parts = np.zeros((rows, matrix.shape[1] + 1))
        if rows:
            for booster in self.boosters:
                parts += booster.predict(matrix, pred_contrib=True, num_threads=_threads(rows))
        parts /= len(self.boosters)
        found = [Contributions(self.encoder.features, parts[:, : self._width], parts[:, -1])]
        if self.line is not None:
            found.append(by_feature(self.line, columns, parts[:, self._width : -1]))
        if self.offset is not None:
            found.append(self.offset.contributions(columns))
        return add(found) if len(found) > 1 else found[0]

    def _matrix(self, columns: Columns) -> Floats:
        """What the boosters read."""
        matrix = self.encoder.transform(columns)
        return matrix if self.line is None else np.hstack([matrix, line_columns(self.line, columns)])

    def probability(self, margin: Floats) -> Floats:
        """Calibrated probabilities inside (0, 1)."""
        return self.calibration.of(margin)


def _threads(rows: int) -> int:
    """LightGBM's threads: one for a request, for which a pool costs more than the trees; all (0) for a batch.

    A row's result does not depend on it.
    """
    return 1 if rows < _BATCH else 0


def add(parts: list[Contributions]) -> Contributions:
    """The sum of `parts` by feature name, which are distinct within each; in order of first appearance."""
    names = tuple(dict.fromkeys(name for part in parts for name in part.names))
    place = {name: i for i, name in enumerate(names)}
    values = np.zeros((len(parts[0].bias), len(names)))
    for part in parts:
        values[:, [place[name] for name in part.names]] += part.values
    bias = np.sum([part.bias for part in parts], axis=0)
    return Contributions(names, values, np.asarray(bias, dtype=np.float64))
