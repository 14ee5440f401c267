"""Values that may mean "unknown", named before anything is learned from them as numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from features import Recipe, Tables
from features.raw_formats import number
from features.stand_ins import stand_ins
from training.column_profile import TableProfile
from training.inspect_columns import declared_columns
from training.recipe_writer import DraftField

_POSITIVE = ("size", "founded")
"""Meanings of which 0 cannot be: a company has somebody in it, and began in some year."""


def unknown_values(recipe: Recipe, tables: Tables) -> list[str]:
    """Sentences on the declared numbers and dates of a recipe, after what it calls missing is taken out."""
    fields = recipe.lead.fields
    return [
        one.words(column.name, recipe.recipe.zone if column.kind == "date" else None)
        for column in declared_columns(recipe, tables)
        if column.kind in ("number", "date")
        for one in stand_ins(
            column.values.astype(np.float64), positive=fields[column.name].means in _POSITIVE
        )
    ]


def unknown_remarks(leads: TableProfile, fields: Sequence[DraftField]) -> list[str]:
    """The same of the fields that a new recipe uses, and which numbers it takes to mean "unknown" already."""
    remarks = []
    for field in fields:
        column = field.column
        if field.left_out is not None or column.format.type not in ("number", "date"):
            continue
        taken = [text for text in column.format.missing if number(text) is not None]
        remarks += [f'{field.name}: {text} is read as "unknown" (missing)' for text in taken]
        values = np.asarray(leads.values(column.name), dtype=np.float64)
        found = stand_ins(values, positive=column.means in _POSITIVE)
        remarks += [one.words(field.name, "UTC" if column.format.type == "date" else None) for one in found]
    return remarks
