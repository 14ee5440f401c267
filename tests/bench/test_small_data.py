"""The made companies of the small-data benchmark have what they are asked for, and its table adds up."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.bench.small_data import COUNTS, JUDGES, small_companies, small_company
from tests.bench.small_text import answered, small_section
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
    row = {"conversions": 20, "learned": True, "rules": 0.32, "bayes": 0.3, "model": 0.28, "mean": 0.29}
    row |= {"gap_low": None, "gap_high": None, "surely_rules": 0.03, "surely_bayes": 0.002, "world": "sums"}
    results = pd.DataFrame([row | {"surely_model": 0.001}, row | {"surely_model": 0.0}])
    first = small_section(results).splitlines()[2]
    assert "| 20 | 2 | 100% | +0.0 [+0.0, +0.0] | −20.0 [−20.0, −20.0] | −10.0" in first
    assert first.endswith("| 1 (50%) | 50% |")


def test_the_table_tells_what_the_ladder_of_today_answers():
    row = {"learned": True, "rules": 0.4, "bayes": 0.3, "model": 0.2, "mean": 0.25}
    row |= {f"surely_{name}": 0.0 for name in ("bayes", "model", "mean")}
    rows = [(20, None, None), (20, 0.001, 0.002), (20, -0.002, -0.001), (50, -0.1, 0.1), (20, -0.1, 0.1)]
    told = [row | {"conversions": won, "gap_low": low, "gap_high": high} for won, low, high in rows]
    found = answered(pd.DataFrame([*told, row | {"conversions": 20, "learned": False}]))
    assert found["top"].tolist() == ["model", "bayes", "model", "model", "model", "rules"]
    assert found["answer"].tolist() == [0.2, 0.3, 0.2, 0.2, 0.2, 0.4]
