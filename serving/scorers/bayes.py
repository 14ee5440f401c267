"""The rung for tens of outcomes: shrunken rates by band and by level, added up in log-odds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from features.catalogue import Feature, dump_features, load_features
from features.columns import Column, Columns, Floats, n_leads
from features.errors import LeadscoreError
from serving.calibration import MonotoneMap
from serving.scorer import Contributions, Range
from serving.scorers.agreement import require_columns

SCHEMA_VERSION = 2
_FEW = 128
"""Leads up to which all bands are compared at once."""
_REMEDY = "Fetch the artefact again, or train anew with 'leadscore train'."


class RateTable(BaseModel):
    """What each band of a number, or level of a category, adds to the log-odds.

    A number x is in the first band whose edge is ≥ x, or in the last one, beyond all `edges`. `log_ratios`
    has one entry for each band or level and a last one for missing; `log_ratios[i]` is the weighted
    logarithm of a likelihood ratio, P(band | won) / P(band | not won). A level never seen adds 0. `range` is
    where the numbers that it was fitted on lie; the outer bands go on beyond it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    feature: str
    edges: tuple[float, ...] | None = None
    levels: tuple[str, ...] | None = None
    log_ratios: tuple[float, ...]
    range: Range | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.edges is None) == (self.levels is None):
            raise ValueError("a rate table has either the edges of bands or the levels of a category")
        if len(self.log_ratios) != self.n_codes:
            raise ValueError(f"a rate table of {self.n_codes} bands or levels needs as many log-ratios")
        if self.edges is not None and list(self.edges) != sorted(set(self.edges)):
            raise ValueError("the edges of bands must rise strictly")
        return self

    @property
    def n_codes(self) -> int:
        """Bands or levels, with the one of missing values."""
        return len(self.edges) + 2 if self.edges is not None else len(self.levels or ()) + 1

    def codes(self, column: Column) -> NDArray[np.intp]:
        """Band or level of each lead, shape `(n_leads,)`; missing is `n_codes` − 1, unseen is `n_codes`."""
        missing = self.n_codes - 1
        if self.edges is None:
            known = self._positions
            found = [missing if x is None else known.get(x, missing + 1) for x in column.tolist()]
            return np.array(found, dtype=np.intp)
        numbers = np.asarray(column, dtype=np.float64)
        bands = np.searchsorted(np.array(self.edges), numbers, side="left")
        return np.where(np.isnan(numbers), missing, bands).astype(np.intp)

    def read(self, column: Column) -> Floats:
        """Log-odds that the feature adds for each lead, shape `(n_leads,)`."""
        return self.by_code[self.codes(column)]

    def scaled(self, weight: float) -> RateTable:
        """The same table with all its log-ratios times `weight`."""
        return self.having(tuple(weight * ratio for ratio in self.log_ratios))

    def having(self, log_ratios: tuple[float, ...]) -> RateTable:
        """The same bands or levels with other `log_ratios`."""
        return RateTable(
            feature=self.feature,
            edges=self.edges,
            levels=self.levels,
            log_ratios=log_ratios,
            range=self.range,
        )

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {level: position for position, level in enumerate(self.levels or ())}

    @cached_property
    def by_code(self) -> Floats:
        """`log_ratios` and the 0 of unseen levels, so that every code of `codes` has an entry."""
        return np.array([*self.log_ratios, 0.0], dtype=np.float64)


@dataclass(frozen=True)
class Bayes:
    """margin = bias + Σ log-ratio of the band or level that the lead is in.

    A feature may have several tables (a segment's own beside its parent's); they add up. `bias` is the
    log-odds of a lead of which nothing is known.
    """

    features: tuple[Feature, ...]
    tables: tuple[RateTable, ...]
    bias: float
    calibration: MonotoneMap = field(default_factory=MonotoneMap.identity)
    version: str = ""
    rung: str = "bayes"

    def __post_init__(self) -> None:
        named = {feature.name for feature in self.features}
        if unknown := sorted({table.feature for table in self.tables} - named):
            raise LeadscoreError(
                f"bayes.json: has tables of features it does not define: {unknown}.", _REMEDY
            )
        if not np.isfinite(self.bias):
            raise LeadscoreError("bayes.json: 'bias' must be a finite number.", _REMEDY)

    def margin(self, columns: Columns) -> Floats:
        """Raw log-odds, shape `(n_leads,)`.

        Raises:
            LeadscoreError: a feature is missing from `columns`.
        """
        return np.asarray(self._parts(columns).sum(axis=1) + self.bias, dtype=np.float64)

    def contributions(self, columns: Columns) -> Contributions:
        """Log-odds against a lead of which nothing is known, by feature."""
        values = self._parts(columns)
        names, _ = self._places
        return Contributions(names, values, np.full(len(values), self.bias))

    def explained(self, columns: Columns) -> tuple[Floats, Contributions]:
        """`margin` and `contributions`, for which each table is read once."""
        parts = self.contributions(columns)
        return np.asarray(parts.values.sum(axis=1) + self.bias, dtype=np.float64), parts

    def probability(self, margin: Floats) -> Floats:
        """Calibrated probabilities inside (0, 1)."""
        return self.calibration.of(margin)

    def to_json(self) -> str:
        """The text of bayes.json; the same scorer gives the same bytes. `version` is not part of it."""
        body = {
            "schema_version": SCHEMA_VERSION,
            "features": dump_features(self.features),
            "bias": self.bias,
            "tables": [table.model_dump(mode="json", exclude_none=True) for table in self.tables],
            "calibration": self.calibration.model_dump(mode="json"),
        }
        return json.dumps(body, indent=1, allow_nan=False) + "\n"

    @classmethod
    def from_json(cls, text: str, version: str = "") -> Bayes:
        """The scorer that `to_json` wrote.

        Raises:
            LeadscoreError: `text` is damaged, or a newer leadscore wrote it.
        """
        try:
            body = json.loads(text)
            found = int(body["schema_version"])
        except (ValueError, KeyError, TypeError):
            raise LeadscoreError("bayes.json: is not a Bayes rung.", _REMEDY) from None
        if found > SCHEMA_VERSION:
            raise LeadscoreError(
                f"bayes.json: has schema version {found}; this leadscore reads up to {SCHEMA_VERSION}.",
                "Upgrade leadscore, or train again with this version.",
            )
        return cls._restore(body, version)

    @classmethod
    def _restore(cls, body: Mapping[str, Any], version: str) -> Bayes:
        try:
            features = load_features(body["features"])
            tables = tuple(RateTable.model_validate(table) for table in body["tables"])
            calibration = MonotoneMap.model_validate(body["calibration"])
            return cls(features, tables, float(body["bias"]), calibration, version)
        except (ValidationError, KeyError, ValueError, TypeError) as error:
            reason = f"{type(error).__name__} while reading it"
            raise LeadscoreError(f"bayes.json: is damaged ({reason}).", _REMEDY) from error

    def _parts(self, columns: Columns) -> Floats:
        """What each feature adds, shape `(n_leads, n_features)`."""
        names, places = self._places
        require_columns(names, columns, "bayes.json")
        rows = n_leads(columns)
        if 0 < rows <= _FEW and isinstance(columns, Columns):
            return self._parts_of_few(columns, rows)
        parts = np.zeros((rows, len(names)), dtype=np.float64)
        for table, place in zip(self.tables, places, strict=True):
            parts[:, place] += table.read(columns[table.feature])
        return parts

    def _parts_of_few(self, columns: Columns, rows: int) -> Floats:
        """`_parts` with all bands of all tables compared at once."""
        bands = self._bands
        added = np.empty((len(self.tables), rows))
        if bands.tables:
            numbers = columns.numbers(bands.names)
            codes = (numbers[:, None, :] > bands.edges[:, :, None]).sum(axis=1)
            codes = np.where(np.isnan(numbers), bands.missing, codes)
            added[bands.tables] = bands.log_ratios[bands.rows, codes]
        for at in bands.others:
            added[at] = self.tables[at].read(columns[self.tables[at].feature])
        names, places = self._places
        parts = np.zeros((len(names), rows))
        np.add.at(parts, places, added)  # one table after the other, as a loop adds them
        return np.ascontiguousarray(parts.T)

    @cached_property
    def _places(self) -> tuple[tuple[str, ...], list[int]]:
        """Names of the features, and of each table the place of its own."""
        names = tuple(feature.name for feature in self.features)
        position = {name: i for i, name in enumerate(names)}
        return names, [position[table.feature] for table in self.tables]

    @cached_property
    def _bands(self) -> _Bands:
        numbered = [at for at, table in enumerate(self.tables) if table.edges is not None]
        tables = [self.tables[at] for at in numbered]
        edges = np.full((len(tables), max((len(table.edges or ()) for table in tables), default=0)), np.inf)
        ratios = np.zeros((len(tables), edges.shape[1] + 2))
        for row, table in enumerate(tables):
            edges[row, : len(table.edges or ())] = table.edges
            ratios[row, : table.n_codes] = table.log_ratios
        return _Bands(
            numbered,
            [at for at in range(len(self.tables)) if at not in set(numbered)],
            tuple(table.feature for table in tables),
            edges,
            np.array([table.n_codes - 1 for table in tables], dtype=np.intp)[:, None],
            ratios,
            np.arange(len(tables))[:, None],
        )


@dataclass(frozen=True)
class _Bands:
    """The tables of numbers one below the other (edges are ∞ where one has fewer); places of the others."""

    tables: list[int]
    others: list[int]
    names: tuple[str, ...]
    edges: Floats
    missing: NDArray[np.intp]
    log_ratios: Floats
    rows: NDArray[np.intp]
