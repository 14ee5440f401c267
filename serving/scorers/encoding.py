"""What both encoders of typed columns share: frozen parts, the codes of a category, its two own levels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pydantic import BaseModel, ConfigDict

from features.columns import Column, Floats

OTHER = "(other)"
MISSING = "(missing)"


_FEW = 2_000
"""Values up to which a look-up each is quicker than one for each level."""


class Spec(BaseModel):
    """A part of an encoder: kept as JSON, never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def codes_of(column: Column, codes: Mapping[str, int]) -> Floats:
    """Codes of a category column: its level, `len(codes)` for any other, NaN for missing."""
    other = len(codes)
    if len(column) > _FEW:
        return _by_level(column, codes)
    values = [np.nan if level is None else codes.get(level, other) for level in column.tolist()]
    return np.array(values, dtype=np.float64)


def levels_of(column: Column, codes: Mapping[str, int], start: int) -> list[int]:
    """`start` + the code of each value, after those of all levels that of any other, then that of missing."""
    other = len(codes)
    if len(column) > _FEW:
        found = codes_of(column, codes)
        places: list[int] = (start + np.where(np.isnan(found), other + 1, found).astype(np.intp)).tolist()
        return places
    return [start + (other + 1 if level is None else codes.get(level, other)) for level in column.tolist()]


def _by_level(column: Column, codes: Mapping[str, int]) -> Floats:
    """`codes_of`: each distinct level is looked up once."""
    import pandas as pd  # not at the top: one lead does without it

    places, levels = pd.factorize(column)  # −1, the last of `values`, where missing
    values = [*(codes.get(level, len(codes)) for level in levels.tolist()), np.nan]
    return np.array(values, dtype=np.float64)[places]
