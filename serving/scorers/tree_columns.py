"""Columns for trees: numbers as they are, categories as codes or as rates; what missing means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from features.columns import Column, Columns, Floats, n_leads, numbers_of
from serving.scorer import Range
from serving.scorers.agreement import require_columns
from serving.scorers.encoding import Spec, codes_of
from serving.scorers.pairs import PairRates


class TreeEncoder(Spec):
    """Columns for trees: numbers as they are, categories as codes or, where levels are many, as rates.

    `features` are the names in the order of the matrix; a feature in `vocabularies` is a category whose
    level number i has code i. Levels that were too rare in training are not in the vocabulary: they and
    levels never seen share the code `len(vocabulary)`, "other"; a missing value is NaN. A category in `rates`
    is the shrunken log-odds of its level, against those of all leads: 0 for a level never seen. `ranges` of
    numbers are there to be told of: a tree has no split beyond the values that it saw, so it needs no clip.
    Behind the features stands a column for each of `pairs`.
    """

    features: tuple[str, ...]
    vocabularies: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    rates: dict[str, dict[str, float]] = Field(default_factory=dict)
    ranges: dict[str, Range] = Field(default_factory=dict)
    typical: dict[str, float] = Field(default_factory=dict)
    """Number → its median, of the numbers that were never missing in training: LightGBM reads a missing value
    of these as 0, which of an age is "this minute" and of an hour midnight."""
    pairs: tuple[PairRates, ...] = ()

    @cached_property
    def booster_names(self) -> tuple[str, ...]:
        """`features` and pairs in the characters that LightGBM's text format keeps, told apart by position if
        need be; boosters are trained with these as `feature_name`."""
        names = [*self.features, *("pair " + " ".join(pair.features) for pair in self.pairs)]
        plain = [re.sub(r"\W", "_", name, flags=re.ASCII) for name in names]
        return tuple(n if plain.count(n) == 1 else f"{n}_{i}" for i, n in enumerate(plain))

    @cached_property
    def categorical(self) -> tuple[int, ...]:
        """Positions of the categories, for LightGBM's `categorical_feature`."""
        return tuple(i for i, name in enumerate(self.features) if name in self.vocabularies)

    def transform(self, columns: Columns) -> Floats:
        """The matrix, shape `(n_leads, len(booster_names))`.

        Raises:
            LeadscoreError: a feature is missing from `columns`.
        """
        require_columns(self.features, columns)
        matrix = np.empty((n_leads(columns), len(self.booster_names)), dtype=np.float64)
        if len(self._numbers):
            matrix[:, self._numbers] = numbers_of(columns, self._number_names).T
        if self.typical:
            places, medians = self._typical
            numbers = matrix[:, places]
            matrix[:, places] = np.where(np.isnan(numbers), medians, numbers)
        for position in self.categorical:
            name = self.features[position]
            matrix[:, position] = codes_of(columns[name], self._codes[name])
        for name, rates in self.rates.items():
            matrix[:, self._places[name]] = read_rates(columns[name], rates)
        for place, pair in enumerate(self.pairs, len(self.features)):
            matrix[:, place] = pair.read(columns)
        return matrix

    def by_feature(self, values: Floats) -> Floats:
        """Credits of the columns, shape `(n_leads, len(booster_names))`, told of the features: what a pair is
        credited with goes to both in equal parts, as no cell says whose merit it is."""
        width = len(self.features)
        found = values[:, :width].copy() if self.pairs else values
        for place, pair in enumerate(self.pairs, width):
            for name in pair.features:
                found[:, self._places[name]] += values[:, place] / 2
        return found

    @cached_property
    def _numbers(self) -> NDArray[np.intp]:
        categories = {*self.vocabularies, *self.rates}
        found = [i for i, name in enumerate(self.features) if name not in categories]
        return np.array(found, dtype=np.intp)

    @cached_property
    def _number_names(self) -> tuple[str, ...]:
        return tuple(self.features[i] for i in self._numbers)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.features)}

    @cached_property
    def _typical(self) -> tuple[NDArray[np.intp], Floats]:
        places = [self._places[name] for name in self.typical]
        return np.array(places, dtype=np.intp), np.array(list(self.typical.values()))

    @cached_property
    def _codes(self) -> dict[str, dict[str, int]]:
        return {name: {level: i for i, level in enumerate(v)} for name, v in self.vocabularies.items()}


def read_rates(column: Column, rates: Mapping[str, float]) -> Floats:
    """The rate of each level, 0 for a level without one, NaN for missing, shape `(n_leads,)`."""
    values = [np.nan if level is None else rates.get(level, 0.0) for level in column.tolist()]
    return np.array(values, dtype=np.float64)
