"""What the benchmark of the limit says is reached, and the tables in docs/."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features import parse_recipe
from features.columns import Columns
from tests.bench import (
    intervals,
    intervals_text,
    limit,
    limit_ideas,
    limit_ideas_text,
    limit_text,
    value,
    value_text,
)
from tests.bench.intervals_text import intervals_section
from tests.bench.limit_company import Company
from tests.bench.limit_ideas_text import ideas_section
from tests.bench.limit_text import average, limit_section
from tests.bench.quality_text import current_section
from tests.bench.value_text import value_section
from training.history import Labelled, SplitRows


def company(n: int, seed: int) -> Company:
    rng = np.random.default_rng(seed)
    truth = rng.beta(1, 9, n)
    leads = [f"l{i // 3}" for i in range(n)]
    label = (rng.random(n) < truth).astype(float)
    frame = pd.DataFrame({"label": label, "lead_id": leads, "account_id": None, "order": range(n)})
    recipe = parse_recipe("[recipe]\nname = 'a'\n[tables]\nleads = 'l.csv'\n")
    rows = np.arange(n)
    return Company(recipe, Labelled(frame, Columns({}, n)), SplitRows(rows[:0], rows, 0), truth)


def test_the_truth_reaches_itself_and_anything_else_less():
    known = company(3000, 1)
    whole = known.against_limit(known.truth)
    assert (whole["share"], whole["ratio"]) == (1.0, 1.0)
    assert (whole["share_low"], whole["ratio_high"]) == (1.0, 1.0)
    worse = known.against_limit(
        np.clip(known.truth * np.exp(np.random.default_rng(0).normal(0, 0.7, 3000)), 0, 0.99)
    )
    assert worse["share_low"] < worse["share"] < worse["share_high"] < 1
    assert 1 < worse["ratio_low"] < worse["ratio"] < worse["ratio_high"]


def test_an_average_has_the_interval_of_student():
    found = average(pd.Series([1.0, 2.0, 3.0]))
    assert (found.mean, found.high - found.mean) == pytest.approx((2.0, 4.3027 / np.sqrt(3)), abs=1e-3)
    assert np.isnan(average(pd.Series([1.0])).low)


@pytest.mark.parametrize(
    ("words", "write", "page", "file"),
    [
        (limit_text, limit_section, limit.PAGE, limit.RESULTS),
        (value_text, value_section, value.PAGE, value.RESULTS),
        (limit_ideas_text, ideas_section, limit_ideas.PAGE, limit_ideas.RESULTS),
        (intervals_text, intervals_section, intervals.PAGE, intervals.KEPT),
    ],
)
def test_the_tables_of_the_docs_are_those_that_were_measured(words, write, page, file):
    results = pd.read_csv(file, dtype={"set": str})
    assert current_section(page, words.BEGIN, words.END) == write(results)
