"""The typed columns that a scorer reads: what both readings of a feature produce."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Column: TypeAlias = NDArray[np.float64] | NDArray[np.object_]
"""One feature for `n_leads` leads: float64 with NaN as missing, or objects `str | None` for a category."""

Columns: TypeAlias = Mapping[str, Column]
"""Feature name → column; all columns have the same length `n_leads`, in the same order of leads."""
