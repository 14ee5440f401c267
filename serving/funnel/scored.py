"""What `leadscore score` answered for the open leads: what to expect of them, and which are hot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features import LeadscoreError
from features.cells import number
from features.exports import read_raw
from serving.funnel.figures import Estimate, rate

PROBABILITY, MATURITY = "ls_probability", "ls_maturity"


@dataclass(frozen=True)
class Scored:
    """Probability (float, NaN: none) and maturity by lead id, from the file `name`."""

    name: str
    probability: pd.Series[float]
    maturity: pd.Series[Any]

    def without(self, leads: pd.DataFrame) -> Scored:
        """The same of all but the `leads` that have opted out: an older file may still score them."""
        out = self.probability.index.isin(leads.loc[leads["opted_out"], "lead_id"])
        return Scored(self.name, self.probability[~out], self.maturity[~out])

    def words(self, leads: pd.DataFrame) -> list[str]:
        """How many of the open leads the scores are of."""
        is_open = leads["customer_us"].isna() & leads["disqualified_us"].isna()
        ids = leads.loc[is_open, "lead_id"]
        there = int(ids.isin(self.probability.dropna().index).sum())
        return [f"{self.name} scores {there:,} of {len(ids):,} open leads; nothing is expected of the others"]

    def completed(
        self, ids: pd.Series[str], customers: NDArray[np.bool_], is_open: NDArray[np.bool_]
    ) -> Estimate:
        """Customers so far plus the sum of the open leads' probabilities.

        The interval is that of chance alone (a sum of independent trials): how wrong the model may be is not
        in it.
        """
        chances = self.probability.reindex(ids[is_open]).dropna().to_numpy(float)
        expected, spread = float(chances.sum()), float(np.sqrt((chances * (1 - chances)).sum()))
        so_far = int(customers.sum())
        return Estimate(
            value=so_far + expected,
            low=so_far + max(expected - 1.96 * spread, 0.0),
            high=so_far + min(expected + 1.96 * spread, float(len(chances))),
        )

    def hot(self, leads: pd.DataFrame) -> int:
        """How many leads are hot."""
        return int(self._hot(leads).sum())

    def in_time(self, leads: pd.DataFrame) -> Estimate:
        """Of the hot leads, the share that somebody has contacted."""
        hot = self._hot(leads)
        touched = leads["touched"].to_numpy(bool) if "touched" in leads else np.zeros(len(leads), bool)
        return rate(int((hot & touched).sum()), int(hot.sum()))

    def _hot(self, leads: pd.DataFrame) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = (self.maturity.reindex(leads["lead_id"]) == "hot").to_numpy(bool)
        return found


def read_scored(path: Path, id_column: str | None) -> Scored:
    """The answers in an export that `leadscore score` has written.

    Raises:
        LeadscoreError: it has no column of probabilities, or not the leads' id.
    """
    remedy = "Give the file that 'leadscore score' wrote for the leads of 'leadscore open-leads'."
    rows = scored_rows(path, id_column, [PROBABILITY], remedy).drop_duplicates("lead_id").set_index("lead_id")
    rows.index.name = None
    maturity = rows[MATURITY] if MATURITY in rows else pd.Series(None, index=rows.index, dtype=object)
    return Scored(path.name, rows["chance"], maturity.astype(object))


def scored_rows(path: Path, id_column: str | None, needed: Sequence[str], remedy: str) -> pd.DataFrame:
    """The rows of a scored export that have an id, with `lead_id` (stripped) and `chance` (NaN: none) added.

    Raises:
        LeadscoreError: the id or one of the `needed` columns is not there.
    """
    frame = read_raw(path).frame
    id_column = id_column or "lead_id"
    for column in (id_column, *needed):
        if column not in frame.columns:
            raise LeadscoreError(f"{path.name}: no column '{column}'.", remedy)
    frame = frame[frame[id_column].notna()]
    chances = [None if cell is None else number(str(cell)) for cell in frame[PROBABILITY]]
    return frame.assign(
        lead_id=frame[id_column].astype(str).str.strip(),
        chance=np.array([np.nan if one is None else one for one in chances], dtype=float),
    )
