"""Values of declared fields that may mean "unknown", in sentences."""

from __future__ import annotations

import numpy as np

from features.discovery import POSITIVE
from features.profiles import stand_ins
from features.recipe import Recipe
from features.tables import Tables
from training.inspection.columns import declared_columns


def unknown_values(recipe: Recipe, tables: Tables) -> list[str]:
    """Sentences on the declared numbers and dates of a recipe, after what it calls missing is taken out."""
    fields = recipe.lead.fields
    return [
        one.words(column.name, recipe.recipe.zone if column.kind == "date" else None)
        for column in declared_columns(recipe, tables)
        if column.kind in ("number", "date")
        for one in stand_ins(column.values.astype(np.float64), positive=fields[column.name].means in POSITIVE)
    ]
