"""What both encoders of typed columns share: frozen parts, the codes of a category, its two own levels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pydantic import BaseModel, ConfigDict

from features.columns import Column, Floats

OTHER = "(other)"
MISSING = "(missing)"


class Spec(BaseModel):
    """A part of an encoder: kept as JSON, never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def codes_of(column: Column, codes: Mapping[str, int]) -> Floats:
    """Codes of a category column: its level, `len(codes)` for any other, NaN for missing."""
    other = len(codes)
    values = [np.nan if level is None else codes.get(level, other) for level in column.tolist()]
    return np.array(values, dtype=np.float64)
