"""The made companies of the small-data benchmark have what they are asked for, and its table adds up."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.bench.small_data import COUNTS, JUDGES, small_companies, small_company
from tests.bench.small_text import small_section
from training.history.split import forward_split


@pytest.mark.parametrize("company", range(4))
def test_a_company_learns_from_the_conversions_asked_for(company, tmp_path):
    history = small_company(tmp_path, company, 50)
    split = forward_split(history.recipe, history.labelled.frame)
    assert history.labelled.y(split.fit).sum() == 50
    assert len(split.test) == JUDGES


def test_every_company_is_measured_once_at_every_count():
    asked = list(small_companies())
    assert len(asked) == len(set(asked)) == 200 * len(COUNTS)


def test_the_table_counts_companies_and_means_of_differences():
    row = {"conversions": 20, "top": "bayes", "answer": 0.3, "rules": 0.32, "bayes": 0.3, "model": 0.29}
    results = pd.DataFrame([row | {"mean": 0.295, "low": 0.002}, row | {"mean": 0.285, "low": 0.0}])
    first = small_section(results).splitlines()[2]
    assert "| 20 | 2" in first
    assert "+10.0 [+10.0, +10.0]" in first
    assert "1 (50%)" in first
