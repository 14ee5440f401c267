"""Where the account itself is a field, what its leads share is read, and each lead counts as one."""

from __future__ import annotations

import numpy as np

from features import default_features
from tests.training.test_candidates import RECIPE, ROWS, company, converts
from training.choosing.bench import Bench
from training.choosing.combining import rates
from training.history.excerpt import Excerpt

ACCOUNTS = 150
TEXT = RECIPE.replace('a = { type = "number" }', 'a = { type = "category" }')


def bench(named: str) -> tuple[Bench, np.ndarray]:
    """Leads of 150 accounts, whose luck is all that can be known, and their true log-odds."""
    rng = np.random.default_rng(11)
    code = rng.integers(0, ACCOUNTS, ROWS)
    margin = 1.5 * rng.normal(size=ACCOUNTS)[code] - 1
    names = np.array([f"account {number}" for number in code], dtype=object)
    text = f'[lead]\naccount_id = "{named}"\n{TEXT}' if named else TEXT
    recipe, labelled, rows = company(names, rng.normal(size=ROWS), converts(margin), text)
    labelled.frame["account_id"] = names
    return Bench.of(recipe, Excerpt.of(recipe, labelled, default_features(recipe), rows)), margin


def test_rows_repeat_an_account_unless_it_is_read() -> None:
    beside, read = (bench(named)[0].excerpt for named in ("", "a"))
    assert len(set(beside.repeating)) == ACCOUNTS
    assert len(set(read.repeating)) == ROWS
    assert len(set(read.clusters)) == ACCOUNTS  # whose leads stay together where anything is judged


def test_the_rates_of_an_account_are_believed_as_its_leads_bear_them_out() -> None:
    found = {}
    for named in ("", "a"):
        made, margin = bench(named)
        told, true = np.concatenate(rates(made).newer), margin[made.newer]
        found[named] = np.cov(told, true)[0, 1] / told.var()
    assert 0.8 < found["a"] < 1.25
    assert found[""] > 2  # as if all leads of an account were one
