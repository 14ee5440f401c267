"""A linear model in log-odds: logistic regression as data, without the library that fitted it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.catalogue import Feature
from features.columns import Columns, Floats, once
from serving.calibration import MonotoneMap
from serving.scorer import Contributions
from serving.scorers.linear_columns import LinearEncoder


@dataclass(frozen=True)
class GroupPlaces:
    """Positions of the features of each group (`members`), of all groups one after the other (`order`, where
    each begins at one of `starts`), and for each feature the number of its group (`owner`)."""

    members: list[NDArray[np.intp]]
    order: NDArray[np.intp]
    starts: NDArray[np.intp]
    owner: NDArray[np.intp]


@dataclass(frozen=True)
class Linear:
    """margin = intercept + weights · encoded columns.

    `weights` has one number for each of `encoder.names`. `centre`, of the same length or empty (zeros), is
    where contributions are measured from: the mean of the encoded training rows, so that a reason is a
    difference to the average lead.
    """

    features: tuple[Feature, ...]
    encoder: LinearEncoder
    weights: tuple[float, ...]
    intercept: float
    centre: tuple[float, ...] = ()
    calibration: MonotoneMap = field(default_factory=MonotoneMap.identity)
    version: str = ""
    rung: str = "model"

    def __post_init__(self) -> None:
        if len(self.weights) != len(self.encoder.names):
            raise ValueError(f"{len(self.encoder.names)} encoded columns need as many weights")
        if self.centre and len(self.centre) != len(self.weights):
            raise ValueError("'centre' needs one number for each weight, or none at all")

    def margin(self, columns: Columns) -> Floats:
        """Raw log-odds, shape `(n_leads,)`."""
        return once(columns, self, "margin", lambda: self._margin(self._encoded(columns)))

    def contributions(self, columns: Columns) -> Contributions:
        """Log-odds against the average lead, summed over the encoded columns of each feature."""
        return once(columns, self, "parts", lambda: self._contributions(self._encoded(columns)))

    def explained(self, columns: Columns) -> tuple[Floats, Contributions]:
        """`margin` and `contributions` of columns that are encoded once."""
        matrix = self._encoded(columns)
        margin = once(columns, self, "margin", lambda: self._margin(matrix))
        return margin, once(columns, self, "parts", lambda: self._contributions(matrix))

    def _encoded(self, columns: Columns) -> Floats:
        return once(columns, self, "encoded", lambda: self.encoder.transform(columns))

    def _margin(self, matrix: Floats) -> Floats:
        # a sum over a row, unlike a matrix product, does not depend on how many rows are asked together
        return np.asarray((matrix * self._weights).sum(axis=1) + self.intercept, dtype=np.float64)

    def _contributions(self, matrix: Floats) -> Contributions:
        terms = (matrix - self._centre) * self._weights
        if self.encoder.crossed is not None:  # what a crossed column adds is its feature's doing too
            terms = terms[:, : terms.shape[1] // 2] + terms[:, terms.shape[1] // 2 :]
        values = np.zeros((len(terms), 0))
        if self.encoder.starts:
            values = np.add.reduceat(terms, self.encoder.starts, axis=1)
        bias = np.full(len(terms), self._bias)
        return Contributions(self.encoder.features, values, bias)

    def probability(self, margin: Floats) -> Floats:
        """Calibrated probabilities inside (0, 1)."""
        return self.calibration.of(margin)

    @cached_property
    def groups(self) -> dict[str, list[int]]:
        """Group → the positions of its features among those that are read, in order of first appearance."""
        group = {feature.name: feature.group for feature in self.features}
        found: dict[str, list[int]] = {}
        for place, name in enumerate(self.encoder.features):
            found.setdefault(group[name], []).append(place)
        return found

    @cached_property
    def places(self) -> GroupPlaces:
        """Where the features of each group are."""
        members = [np.array(group, dtype=np.intp) for group in self.groups.values()]
        order = np.concatenate([np.zeros(0, dtype=np.intp), *members])
        owner = np.empty(len(order), dtype=np.intp)
        for number, group in enumerate(members):
            owner[group] = number
        starts = np.cumsum([0, *map(len, members)], dtype=np.intp)[:-1]
        return GroupPlaces(members, order, starts, owner)

    @cached_property
    def _bias(self) -> float:
        return self.intercept + float((self._centre * self._weights).sum())

    @cached_property
    def _weights(self) -> Floats:
        return np.array(self.weights, dtype=np.float64)

    @cached_property
    def _centre(self) -> Floats:
        return np.array(self.centre or (0.0,) * len(self.weights), dtype=np.float64)
