"""Rows whose outcome may be looked at, and which of them are older and newer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.columns import Floats
from training.history import Rows, forward_folds

MOST_LEADS = 20_000
"""Features are computed for the snapshots of at most so many leads, evenly chosen: more move no figure."""


@dataclass(frozen=True)
class Looks:
    """Labelled rows that may be looked at, and the pair of older and newer places among them.

    `frame` as in `Snapshots`, `clusters` (n_rows,) accounts or leads, `leads_won` converted leads among the
    newer rows.
    """

    frame: pd.DataFrame
    older: Rows
    newer: Rows

    @cached_property
    def y(self) -> Floats:
        """1.0 converted, else 0.0, shape `(n_rows,)`."""
        return self.frame["label"].to_numpy(np.float64)

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """Sorts the rows in time."""
        return self.frame["order"].to_numpy(np.int64)

    @cached_property
    def clusters(self) -> NDArray[np.int64]:
        """A number for the account of each row, or for its lead where no account is known."""
        return pd.factorize(cluster_of(self.frame))[0].astype(np.int64)

    @cached_property
    def leads_won(self) -> int:
        """Converted leads among the newer rows."""
        newer = self.frame.iloc[self.newer]
        return int(newer.loc[newer["label"] == 1, "lead_id"].nunique())


def cluster_of(frame: pd.DataFrame) -> NDArray[np.object_]:
    """The account of each row of `frame` [account_id, lead_id], or its lead where no account is known."""
    account = frame["account_id"].to_numpy(object)
    return np.where(pd.isna(account), frame["lead_id"].to_numpy(object), account)


def looks_of(frame: pd.DataFrame) -> Looks:
    """The rows with one forward fold among them: learned on the older, judged on the newer."""
    none = np.array([], dtype=np.intp)
    pairs = forward_folds(frame, np.arange(len(frame)), 1, min_won=1) if len(frame) else []
    older, newer = pairs[0] if pairs else (none, none)
    return Looks(frame, older, newer)


def some_leads(fit: pd.DataFrame) -> pd.DataFrame:
    """All rows of at most `MOST_LEADS` leads."""
    leads = fit["lead_id"].drop_duplicates()
    if len(leads) > MOST_LEADS:
        chosen = np.linspace(0, len(leads) - 1, MOST_LEADS).astype(np.intp)
        fit = fit[fit["lead_id"].isin(leads.iloc[chosen])]
    return fit.reset_index(drop=True)


def one_age(frame: pd.DataFrame) -> pd.DataFrame:
    """The snapshots at the planned age in the middle: one a lead, so that months compare like with like."""
    ages = np.unique(frame["age_days"].to_numpy(np.float64))
    return some_leads(frame[frame["age_days"] == ages[len(ages) // 2]] if len(ages) else frame)
