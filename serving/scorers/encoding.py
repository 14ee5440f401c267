"""Typed columns become matrices: each encoder owns its order, its vocabularies, and what missing means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from features import Column, Columns, n_leads
from features.columns import Floats
from serving.scorer import Range
from serving.scorers.agreement import require_columns

OTHER = "(other)"
MISSING = "(missing)"


class _Spec(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TreeEncoder(_Spec):
    """Columns for trees: numbers as they are, categories as codes or, where levels are many, as rates.

    `features` are the names in the order of the matrix; a feature in `vocabularies` is a category whose
    level number i has code i. Levels that were too rare in training are not in the vocabulary: they and
    levels never seen share the code `len(vocabulary)`, "other"; a missing value is NaN. A category in `rates`
    is the shrunken log-odds of its level, against those of all leads: 0 for a level never seen. `ranges` of
    numbers are there to be told of: a tree has no split beyond the values that it saw, so it needs no clip.
    """

    features: tuple[str, ...]
    vocabularies: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    rates: dict[str, dict[str, float]] = Field(default_factory=dict)
    ranges: dict[str, Range] = Field(default_factory=dict)
    typical: dict[str, float] = Field(default_factory=dict)
    """Number → its median, of the numbers that were never missing in training: LightGBM reads a missing value
    of these as 0, which of an age is "this minute" and of an hour midnight."""

    @cached_property
    def booster_names(self) -> tuple[str, ...]:
        """`features` in the characters that LightGBM's text format keeps, told apart by position if need be;
        boosters are trained with these as `feature_name`."""
        plain = [re.sub(r"\W", "_", name, flags=re.ASCII) for name in self.features]
        return tuple(n if plain.count(n) == 1 else f"{n}_{i}" for i, n in enumerate(plain))

    @cached_property
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
        if self._numbers:
            matrix[:, self._numbers] = np.array([columns[self.features[i]] for i in self._numbers]).T
        for name, median in self.typical.items():
            column = matrix[:, self._places[name]]
            column[np.isnan(column)] = median
        for position in self.categorical:
            name = self.features[position]
            matrix[:, position] = _encode(columns[name], self._codes[name])
        for name, rates in self.rates.items():
            matrix[:, self.features.index(name)] = read_rates(columns[name], rates)
        return matrix

    @cached_property
    def _numbers(self) -> list[int]:
        categories = {*self.vocabularies, *self.rates}
        return [i for i, name in enumerate(self.features) if name not in categories]

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.features)}

    @cached_property
    def _codes(self) -> dict[str, dict[str, int]]:
        return {name: {level: i for i, level in enumerate(v)} for name, v in self.vocabularies.items()}


class NumberColumn(_Spec):
    """A number for a linear model: missing → `median`, then (x − `mean`) / `scale`; `flag` adds a 0/1
    column that says "was missing". With `log` all of this is about sign(x)·ln(1 + |x|). Before anything else
    a number beyond `range` becomes its nearest end: nobody knows that the line goes on there."""

    name: str
    median: float
    mean: float
    scale: float = Field(gt=0)
    flag: bool = False
    log: bool = False
    range: Range | None = None

    @property
    def ends(self) -> Range:
        """`range`, or no limits where an older artefact has none."""
        return self.range or (-np.inf, np.inf)

    def standardised(self, numbers: Floats) -> Floats:
        """`numbers` as the model reads them, without NaN."""
        numbers = np.clip(numbers, *self.ends)
        numbers = signed_log(numbers) if self.log else numbers
        return np.asarray((np.where(np.isnan(numbers), self.median, numbers) - self.mean) / self.scale)


class CategoryColumn(_Spec):
    """A category for a linear model: one 0/1 column for each of `levels`, for other levels, for missing."""

    name: str
    levels: tuple[str, ...]


class Crossing(_Spec):
    """The number `by` with which the other columns are multiplied: standardised, and held inside the range
    [`low`, `high`] that was seen in training, since nobody knows how weights change beyond it."""

    by: NumberColumn
    low: float
    high: float

    def factor(self, numbers: Floats) -> Floats:
        """What columns are multiplied with, shape `(n_leads,)`."""
        return np.asarray(np.clip(self.by.standardised(numbers), self.low, self.high))


class LinearEncoder(_Spec):
    """Columns for linear models, in the order of `columns`: standardised numbers and one-hot categories.

    With `crossed` all encoded columns follow once more, each times one of the numbers: what a signal is worth
    may then change with it, as a demo request means less of a lead that is a year old.
    """

    columns: tuple[NumberColumn | CategoryColumn, ...]
    crossed: Crossing | None = None

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features that are read."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the encoded columns, such as `size`, `size=(missing)`, `industry=software`."""
        plain = tuple(name for column in self.columns for name in _encoded_names(column))
        return plain if self.crossed is None else (*plain, *(f"{n} × {self.crossed.by.name}" for n in plain))

    @cached_property
    def owner(self) -> tuple[int, ...]:
        """For each encoded column before the crossed ones, the position of its feature in `features`."""
        return tuple(i for i, column in enumerate(self.columns) for _ in _encoded_names(column))

    def transform(self, columns: Columns) -> Floats:
        """The matrix, shape `(n_leads, len(names))`, without NaN.

        Raises:
            LeadscoreError: a feature is missing from `columns`.
        """
        require_columns(self.features, columns)
        plain = self._plain(columns)
        if self.crossed is None:
            return plain
        numbers = columns[self.crossed.by.name].astype(np.float64, copy=False)
        return np.hstack([plain, plain * self.crossed.factor(numbers)[:, None]])

    def _plain(self, columns: Columns) -> Floats:
        """The columns that are crossed with nothing."""
        rows = n_leads(columns)
        matrix = np.zeros((rows, len(self.owner)), dtype=np.float64)
        plan = self._plan
        if plan.names:
            numbers = np.array([columns[name] for name in plan.names], dtype=np.float64).T
            numbers = np.clip(numbers, plan.lows, plan.highs)
            if plan.logs:
                numbers[:, plan.logs] = signed_log(numbers[:, plan.logs])
            absent = np.isnan(numbers)
            matrix[:, plan.at] = (np.where(absent, plan.medians, numbers) - plan.means) / plan.scales
            matrix[:, plan.flags_at] = absent[:, plan.flagged]
        for name, start, codes in plan.categories:
            level = _encode(columns[name], codes)
            level[np.isnan(level)] = len(codes) + 1
            matrix[np.arange(rows), start + level.astype(np.intp)] = 1.0
        return matrix

    @cached_property
    def starts(self) -> list[int]:
        """For each of `features`, the position of its first encoded column."""
        return [self.owner.index(i) for i in range(len(self.columns))]

    @cached_property
    def _plan(self) -> _Plan:
        """Where everything goes, so that all numbers are written at once, without a loop."""
        numbers = [
            (column, start)
            for column, start in zip(self.columns, self.starts, strict=True)
            if isinstance(column, NumberColumn)
        ]
        flagged = [i for i, (column, _) in enumerate(numbers) if column.flag]
        return _Plan(
            names=[column.name for column, _ in numbers],
            at=[start for _, start in numbers],
            medians=np.array([column.median for column, _ in numbers]),
            means=np.array([column.mean for column, _ in numbers]),
            scales=np.array([column.scale for column, _ in numbers]),
            lows=np.array([column.ends[0] for column, _ in numbers]),
            highs=np.array([column.ends[1] for column, _ in numbers]),
            flagged=flagged,
            flags_at=[numbers[i][1] + 1 for i in flagged],
            logs=[i for i, (column, _) in enumerate(numbers) if column.log],
            categories=[
                (column.name, start, {level: i for i, level in enumerate(column.levels)})
                for column, start in zip(self.columns, self.starts, strict=True)
                if isinstance(column, CategoryColumn)
            ],
        )


@dataclass(frozen=True)
class _Plan:
    """The positions of a linear encoder's columns."""

    names: list[str]
    at: list[int]
    medians: Floats
    means: Floats
    scales: Floats
    lows: Floats
    highs: Floats
    flagged: list[int]
    flags_at: list[int]
    logs: list[int]
    categories: list[tuple[str, int, dict[str, int]]]


def signed_log(numbers: Floats) -> Floats:
    """sign(x)·ln(1 + |x|): the tenth event moves a margin less than the first did; NaN stays NaN."""
    return np.asarray(np.copysign(np.log1p(np.abs(numbers)), numbers), dtype=np.float64)


def read_rates(column: Column, rates: Mapping[str, float]) -> Floats:
    """The rate of each level, 0 for a level without one, NaN for missing, shape `(n_leads,)`."""
    values = [np.nan if level is None else rates.get(level, 0.0) for level in column.tolist()]
    return np.array(values, dtype=np.float64)


def _encode(column: Column, codes: Mapping[str, int]) -> Floats:
    """Codes of a category column: its level, `len(codes)` for any other, NaN for missing."""
    other = len(codes)
    values = [np.nan if level is None else codes.get(level, other) for level in column.tolist()]
    return np.array(values, dtype=np.float64)


def _encoded_names(spec: NumberColumn | CategoryColumn) -> list[str]:
    if isinstance(spec, NumberColumn):
        return [spec.name, f"{spec.name}={MISSING}"] if spec.flag else [spec.name]
    return [f"{spec.name}={level}" for level in (*spec.levels, OTHER, MISSING)]
