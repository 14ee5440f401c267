"""Many cells are encoded as few are, level by level instead of cell by cell."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from features.catalogue import FieldValue
from features.columns import Columns
from serving.scorers.encoding import codes_of
from training.fitting.encode import fit_tree_encoder

LEVELS = st.sampled_from(["a", "b", "nan", "", "é", None])


def column(cells):
    made = np.empty(len(cells), dtype=object)
    made[:] = cells
    return made


@given(st.lists(LEVELS, min_size=1, max_size=30))
def test_codes_of_many_are_codes_of_few(cells):
    codes = {"a": 0, "nan": 1, "": 2}
    few = codes_of(column(cells), codes)
    many = codes_of(column(cells * 3_000), codes)
    np.testing.assert_array_equal(many[: len(cells)], few)
    np.testing.assert_array_equal(many, np.tile(few, 3_000))


@given(st.lists(st.tuples(LEVELS, st.sampled_from(["1", "2", "3"])), min_size=1, max_size=40))
def test_a_lead_counts_once_for_each_of_its_levels(met):
    cells, leads = column([level for level, _ in met]), column([lead for _, lead in met])
    feature = FieldValue("f", "category")
    found = fit_tree_encoder((feature,), Columns({"f": cells}, len(cells)), 2, leads=leads)
    counts = Counter(level for level, _ in set(met) if level is not None)
    frequent = sorted((v for v, n in counts.items() if n >= 2), key=lambda v: (-counts[v], v))
    assert found.vocabularies["f"] == tuple(sorted(frequent))
