"""AutoGluon's predictions for the main origins, made elsewhere with all its models and minutes of fitting.

The files lie beside the data sets, one row a test row. They are joined on ids, and used only where both sides
agree on every outcome: a different label would be a different question.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.columns import Floats
from tests.bench.quality_sets import SHARED

NAME = "AutoGluon (best quality)"
_KEYS = {"bank_marketing": ["row"], "olist": ["mql_id"], "bpic2012": ["case_id", "age_days"]}
_FILES = {"bank_marketing": "bank", "olist": "olist", "bpic2012": "bpic2012"}


def autogluon(data_set: str, rows: pd.DataFrame) -> tuple[Floats | None, str]:
    """Its probabilities for `rows` [lead_id, age_days, label] in their order, or None; and what was found.

    All rows must be there: a comparison on those that happen to be shared would be on other rows.
    """
    path = SHARED.parent / "peers" / f"autogluon_{_FILES[data_set]}.csv"
    if not path.exists():
        return None, f"{NAME}: its predictions are not here ({path.name})."
    theirs = pd.read_csv(path)
    key = _key(theirs, _KEYS[data_set])
    mine = _own_key(rows, data_set)
    if not key.is_unique or not mine.isin(key).all():
        absent = int((~mine.isin(key)).sum())
        return None, f"{NAME}: {absent:,} of {len(mine):,} test rows are not among its rows: left out."
    joined = theirs.set_index(pd.Index(key)).reindex(mine.to_numpy())
    if (joined["outcome"].to_numpy() != rows["label"].to_numpy()).any():
        wrong = int((joined["outcome"].to_numpy() != rows["label"].to_numpy()).sum())
        return None, f"{NAME}: judged on another outcome in {wrong:,} rows: left out."
    note = f"{NAME}: {len(mine):,} of its {len(theirs):,} rows, outcomes agree."
    return joined["probability"].to_numpy(np.float64), note


def _key(frame: pd.DataFrame, names: list[str]) -> pd.Series[str]:
    """The key columns as one text; ages to two decimals."""
    cells = zip(*(frame[name].tolist() for name in names), strict=True)
    return pd.Series(["/".join(_written(cell) for cell in row) for row in cells], dtype=object)


def _written(cell: object) -> str:
    return f"{cell:.2f}" if isinstance(cell, float) else str(cell)


def _own_key(rows: pd.DataFrame, data_set: str) -> pd.Series[str]:
    """The same text from the snapshots; rows without ids count from 0 here, from 1 there."""
    lead = rows["lead_id"]
    row = lead.astype(int) + 1 if data_set == "bank_marketing" else lead
    return _key(rows.assign(mql_id=lead, case_id=lead, row=row), _KEYS[data_set])
