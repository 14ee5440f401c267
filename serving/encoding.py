"""Typed columns become matrices: each encoder owns its order, its vocabularies, and what missing means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from features import Column, Columns
from serving.agreement import require_columns
from serving.scorer import Floats

OTHER = "(other)"
MISSING = "(missing)"


class _Spec(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TreeEncoder(_Spec):
    """Columns for trees: numbers as they are, categories as codes.

    `features` are the names in the order of the matrix; a feature in `vocabularies` is a category whose
    level number i has code i. Levels that were too rare in training are not in the vocabulary: they and
    levels never seen share the code `len(vocabulary)`, "other"; a missing value is NaN.
    """

    features: tuple[str, ...]
    vocabularies: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @cached_property
    def booster_names(self) -> tuple[str, ...]:
        """`features` in the characters that LightGBM's text format keeps, told apart by position if need be;
        boosters are trained with these as `feature_name`."""
        plain = [re.sub(r"\W", "_", name, flags=re.ASCII) for name in self.features]
        return tuple(n if plain.count(n) == 1 else f"{n}_{i}" for i, n in enumerate(plain))

    @property
    def categorical(self) -> tuple[int, ...]:
        """Positions of the categories, for LightGBM's `categorical_feature`."""
        return tuple(i for i, name in enumerate(self.features) if name in self.vocabularies)

    def transform(self, columns: Columns) -> Floats:
        """The matrix, shape `(n_leads, len(features))`.

        Raises:
            LeadscoreError: a feature is missing from `columns`.
        """
        require_columns(self.features, columns)
        matrix = np.empty((n_leads(columns), len(self.features)), dtype=np.float64)
        for position, name in enumerate(self.features):
            codes = self._codes.get(name)
            column = columns[name]
            matrix[:, position] = column if codes is None else _encode(column, codes)
        return matrix

    @cached_property
    def _codes(self) -> dict[str, dict[str, int]]:
        return {name: {level: i for i, level in enumerate(v)} for name, v in self.vocabularies.items()}


class NumberColumn(_Spec):
    """A number for a linear model: missing → `median`, then (x − `mean`) / `scale`; `flag` adds a 0/1
    column that says "was missing"."""

    name: str
    median: float
    mean: float
    scale: float = Field(gt=0)
    flag: bool = False


class CategoryColumn(_Spec):
    """A category for a linear model: one 0/1 column for each of `levels`, for other levels, for missing."""

    name: str
    levels: tuple[str, ...]


class LinearEncoder(_Spec):
    """Columns for linear models, in the order of `columns`: standardised numbers and one-hot categories."""

    columns: tuple[NumberColumn | CategoryColumn, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features that are read."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the encoded columns, such as `size`, `size=(missing)`, `industry=software`."""
        return tuple(name for column in self.columns for name in _encoded_names(column))

    @cached_property
    def owner(self) -> tuple[int, ...]:
        """For each encoded column, the position of its feature in `features`."""
        return tuple(i for i, column in enumerate(self.columns) for _ in _encoded_names(column))

    def transform(self, columns: Columns) -> Floats:
        """The matrix, shape `(n_leads, len(names))`, without NaN.

        Raises:
            LeadscoreError: a feature is missing from `columns`.
        """
        require_columns(self.features, columns)
        matrix = np.zeros((n_leads(columns), len(self.names)), dtype=np.float64)
        start = 0
        for spec in self.columns:
            width = len(_encoded_names(spec))
            _fill(matrix[:, start : start + width], spec, columns[spec.name], self._codes.get(spec.name))
            start += width
        return matrix

    @cached_property
    def _codes(self) -> dict[str, dict[str, int]]:
        return {
            column.name: {level: i for i, level in enumerate(column.levels)}
            for column in self.columns
            if isinstance(column, CategoryColumn)
        }


def n_leads(columns: Columns) -> int:
    """The number of leads in `columns`; 0 without columns."""
    return next((len(column) for column in columns.values()), 0)


def _encode(column: Column, codes: Mapping[str, int]) -> Floats:
    """Codes of a category column: its level, `len(codes)` for any other, NaN for missing."""
    other = len(codes)
    values = [np.nan if level is None else codes.get(level, other) for level in column.tolist()]
    return np.array(values, dtype=np.float64)


def _encoded_names(spec: NumberColumn | CategoryColumn) -> list[str]:
    if isinstance(spec, NumberColumn):
        return [spec.name, f"{spec.name}={MISSING}"] if spec.flag else [spec.name]
    return [f"{spec.name}={level}" for level in (*spec.levels, OTHER, MISSING)]


def _fill(
    block: Floats, spec: NumberColumn | CategoryColumn, column: Column, codes: Mapping[str, int] | None
) -> None:
    """Write one feature's encoded columns into its `block` of a zero matrix."""
    if isinstance(spec, NumberColumn):
        numbers = np.asarray(column, dtype=np.float64)
        absent = np.isnan(numbers)
        block[:, 0] = (np.where(absent, spec.median, numbers) - spec.mean) / spec.scale
        if spec.flag:
            block[:, 1] = absent
        return
    level = _encode(column, codes or {})
    level[np.isnan(level)] = len(spec.levels) + 1
    block[np.arange(len(block)), level.astype(np.intp)] = 1.0
