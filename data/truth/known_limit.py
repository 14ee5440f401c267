"""The limit of a simulated folder, in the shape in which training asks for it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data.truth.limit import true_probability

Limit = Callable[[pd.DataFrame], NDArray[np.float64]]


def known_limit(folder: Path, horizon_days: float) -> Limit | None:
    """True probabilities of rows [lead_id, as_of_us] where `folder` holds a simulated company, else None."""
    truth, events = folder / "truth.parquet", folder / "events.parquet"
    if not (truth.exists() and events.exists()):
        return None

    def limit(rows: pd.DataFrame) -> NDArray[np.float64]:
        as_of = pa.array(rows["as_of_us"].to_numpy(), pa.timestamp("us", tz="UTC"))
        asked = pa.table({"lead_id": pa.array(rows["lead_id"].astype(str)), "as_of": as_of})
        return true_probability(pq.read_table(truth), pq.read_table(events), asked, horizon_days)

    return limit
