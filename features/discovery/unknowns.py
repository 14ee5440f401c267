"""Values that may mean "unknown", named before anything is learned from them as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from features.cells import number
from features.discovery.draft import DraftField
from features.profiles import TableProfile, stand_ins

POSITIVE = ("size", "founded")
"""Meanings of which 0 cannot be: a company has somebody in it, and began in some year."""


def unknown_remarks(leads: TableProfile, fields: Sequence[DraftField]) -> list[str]:
    """Sentences on the fields that a new recipe uses, and on numbers that it takes to mean "unknown"."""
    remarks = []
    for field in fields:
        column = field.column
        if field.left_out is not None or column.format.type not in ("number", "date"):
            continue
        taken = [text for text in column.format.missing if number(text) is not None]
        remarks += [f'{field.name}: {text} is read as "unknown" (missing)' for text in taken]
        values = np.asarray(leads.values(column.name), dtype=np.float64)
        found = stand_ins(values, positive=column.means in POSITIVE)
        remarks += [one.words(field.name, "UTC" if column.format.type == "date" else None) for one in found]
    return remarks
