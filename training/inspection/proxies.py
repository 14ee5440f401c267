"""Which features tell an attribute that no model may read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from features.catalogue import Feature
from features.readings import offline
from features.recipe import Recipe
from features.tables import Tables
from training.history.protected import protected_absent, protected_at
from training.judging.protected import proxies_of, proxy_words

_MOST = 5_000


def proxy_notes(
    recipe: Recipe, tables: Tables, features: Sequence[Feature], rows: pd.DataFrame
) -> Iterator[str]:
    """A sentence for each protected column, on the first of `rows` [lead_id, as_of_us] of each lead."""
    first = rows.drop_duplicates("lead_id").tail(_MOST).reset_index(drop=True)
    attributes = protected_at(recipe, tables, first["lead_id"])
    yield from protected_absent(recipe, tables)
    if not attributes:
        return
    columns = offline(features, recipe, tables, first[["lead_id", "as_of_us"]])
    for column, values in attributes.items():
        known = np.array([at for at, value in enumerate(values) if value is not None], dtype=np.intp)
        told = proxies_of(values[known], features, columns.take(known))
        yield f"protected column '{column}', which no model reads: {proxy_words(len(known), told)}"
