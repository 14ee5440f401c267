"""Columns for linear models: standardised numbers, categories as 0 and 1; what missing means."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.columns import Columns, Floats, held, n_leads, numbers_of
from serving.scorer import Range
from serving.scorers.agreement import require_columns
from serving.scorers.encoding import MISSING, OTHER, Spec, levels_of

Places = NDArray[np.intp]


class NumberColumn(Spec):
    """A number for a linear model: missing → `median`, then (x − `mean`) / `scale`; `flag` adds a 0/1
    column that says "was missing". With `log` all of this is about sign(x)·ln(1 + |x|). Before anything else
    a number beyond `range` becomes its nearest end: the line was not fitted there."""

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
        numbers = held(numbers, *self.ends)
        numbers = signed_log(numbers) if self.log else numbers
        return np.asarray((np.where(np.isnan(numbers), self.median, numbers) - self.mean) / self.scale)


class CategoryColumn(Spec):
    """A category for a linear model: one 0/1 column for each of `levels`, for other levels, for missing."""

    name: str
    levels: tuple[str, ...]


class Crossing(Spec):
    """The number `by` with which the other columns are multiplied: standardised, and held inside the range
    [`low`, `high`] that was seen in training, since weights beyond it were not fitted."""

    by: NumberColumn
    low: float
    high: float

    def factor(self, numbers: Floats) -> Floats:
        """What columns are multiplied with, shape `(n_leads,)`."""
        return held(self.by.standardised(numbers), self.low, self.high)


class LinearEncoder(Spec):
    """Columns for linear models, in the order of `columns`: standardised numbers and one-hot categories.

    With `crossed` all encoded columns follow once more, each times one of the numbers: what a signal is worth
    may then change with it, as a demo request means less of a lead that is a year old.
    """

    columns: tuple[NumberColumn | CategoryColumn, ...]
    crossed: Crossing | None = None

    @cached_property
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
        matrix = np.empty((len(plain), 2 * plain.shape[1]))
        matrix[:, : plain.shape[1]] = plain
        np.multiply(plain, self.crossed.factor(numbers)[:, None], out=matrix[:, plain.shape[1] :])
        return matrix

    def _plain(self, columns: Columns) -> Floats:
        """The columns that are crossed with nothing."""
        rows = n_leads(columns)
        matrix = np.zeros((rows, len(self.owner)), dtype=np.float64)
        plan = self._plan
        if plan.names:
            numbers = numbers_of(columns, plan.names).T
            numbers = held(numbers, plan.lows, plan.highs)
            if len(plan.logs):
                numbers[:, plan.logs] = signed_log(numbers[:, plan.logs])
            absent = np.isnan(numbers)
            matrix[:, plan.at] = (np.where(absent, plan.medians, numbers) - plan.means) / plan.scales
            matrix[:, plan.flags_at] = absent[:, plan.flagged]
        if plan.categories:
            at = [levels_of(columns[name], codes, start) for name, start, codes in plan.categories]
            matrix[np.arange(rows), np.array(at, dtype=np.intp)] = 1.0
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
            names=tuple(column.name for column, _ in numbers),
            at=np.array([start for _, start in numbers], dtype=np.intp),
            medians=np.array([column.median for column, _ in numbers]),
            means=np.array([column.mean for column, _ in numbers]),
            scales=np.array([column.scale for column, _ in numbers]),
            lows=np.array([column.ends[0] for column, _ in numbers]),
            highs=np.array([column.ends[1] for column, _ in numbers]),
            flagged=np.array(flagged, dtype=np.intp),
            flags_at=np.array([numbers[i][1] + 1 for i in flagged], dtype=np.intp),
            logs=np.array([i for i, (column, _) in enumerate(numbers) if column.log], dtype=np.intp),
            categories=[
                (column.name, start, {level: i for i, level in enumerate(column.levels)})
                for column, start in zip(self.columns, self.starts, strict=True)
                if isinstance(column, CategoryColumn)
            ],
        )


@dataclass(frozen=True)
class _Plan:
    """The positions of a linear encoder's columns."""

    names: tuple[str, ...]
    at: Places
    medians: Floats
    means: Floats
    scales: Floats
    lows: Floats
    highs: Floats
    flagged: Places
    flags_at: Places
    logs: Places
    categories: list[tuple[str, int, dict[str, int]]]


def signed_log(numbers: Floats) -> Floats:
    """sign(x)·ln(1 + |x|): the tenth event moves a margin less than the first did; NaN stays NaN."""
    return np.asarray(np.copysign(np.log1p(np.abs(numbers)), numbers), dtype=np.float64)


def _encoded_names(spec: NumberColumn | CategoryColumn) -> list[str]:
    if isinstance(spec, NumberColumn):
        return [spec.name, f"{spec.name}={MISSING}"] if spec.flag else [spec.name]
    return [f"{spec.name}={level}" for level in (*spec.levels, OTHER, MISSING)]
