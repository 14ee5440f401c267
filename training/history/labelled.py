"""Snapshots with their feature columns, row by row: what everything in training is fitted and judged on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.catalogue import Feature
from features.clock import DAY_US
from features.columns import Columns, Floats
from training.history.split import Rows

Codes = NDArray[np.intp]


@dataclass(frozen=True)
class Labelled:
    """`frame` as in `features.Snapshots`, and `columns` of equal length in the same order.

    Not `timed`: the order of rows was drawn by lot and says nothing of time.
    """

    frame: pd.DataFrame
    columns: Columns
    dated: bool = True
    timed: bool = True
    BLOCK: ClassVar[int] = 1000
    """Rows of a period where time is only an order: a week's work of a calling team, a common block size."""

    def at(self, rows: Rows, features: Sequence[Feature] | None = None) -> Columns:
        """The columns of `features` (all without it) at the given rows."""
        names = self.columns if features is None else [feature.name for feature in features]
        return Columns({name: self.columns[name][rows] for name in names}, len(rows))

    def y(self, rows: Rows) -> Floats:
        """1 for converted within the horizon, else 0."""
        return self._label[rows]

    def clusters(self, rows: Rows) -> NDArray[np.object_]:
        """The account of each row, or its lead where no account is known; what one lot keeps together."""
        return self._cluster[rows]

    def leads(self, rows: Rows) -> Codes:
        """The number of each row's lead."""
        return self._lead[rows]

    def periods(self, rows: Rows) -> NDArray[np.int64]:
        """The week of each row's as_of, or blocks of `BLOCK` rows where time is only an order."""
        if self.dated:
            return self.frame["as_of_us"].to_numpy(np.int64)[rows] // (7 * DAY_US)
        place = np.empty(len(rows), dtype=np.int64)
        place[np.argsort(self.frame["order"].to_numpy(np.int64)[rows], kind="stable")] = np.arange(len(rows))
        return place // self.BLOCK

    def n_leads(self, rows: Rows) -> int:
        """Distinct leads among the rows."""
        return int(self.frame["lead_id"].iloc[rows].nunique())

    def won_leads(self, rows: Rows) -> int:
        """Distinct leads with a converted row among the rows."""
        return self.n_leads(rows[self.y(rows) == 1])

    @cached_property
    def _label(self) -> Floats:
        return self.frame["label"].to_numpy(np.float64)

    @cached_property
    def _lead(self) -> Codes:
        return np.asarray(pd.factorize(self.frame["lead_id"].astype(object))[0], dtype=np.intp)

    @cached_property
    def _cluster(self) -> NDArray[np.object_]:
        if not self.timed:  # accounts and equal leads, which one lot keeps together
            return ("lot " + self.frame["as_of_us"].astype(str)).to_numpy(object)
        account = self.frame["account_id"].to_numpy(object)
        lead = self.frame["lead_id"].to_numpy(object)
        known = ~pd.isna(account)
        cluster = np.where(known, "account " + account.astype(str), "lead " + lead.astype(str))
        return cluster.astype(object)
