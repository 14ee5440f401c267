"""What the benchmark of the limit says is reached, the hidden chain's filter, the tables in docs/."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson

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
from tests.bench.hidden_states import Chain, Lives, filtered, fit_chain
from tests.bench.intervals_text import intervals_section
from tests.bench.limit_company import Company
from tests.bench.limit_ideas_text import ideas_section
from tests.bench.limit_text import average, limit_section
from tests.bench.quality_text import current_section
from tests.bench.value_text import value_section
from training.history import Labelled, SplitRows

CHAIN = Chain(
    np.array([0.7, 0.3]),
    np.array([[0.2, 0.9], [0.001, 0.001], [0.001, 0.001]]),
    np.array([[0.05, 0.6], [0.001, 0.03], [0.01, 0.004]]),
    np.array([[0.95, 0.05], [0.1, 0.9]]),
)
"""Two states, one kind of event beside won and lost."""


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


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 2), min_size=1, max_size=5))
def test_the_filter_is_bayes_over_all_paths(counts):
    """Every path of states, weighed by what was seen in each step."""
    seen = np.repeat(np.arange(len(counts)), counts)
    last = len(counts) - 1
    nothing = np.zeros(len(seen), dtype=np.int64)
    lives = Lives(np.array([last]), nothing, seen, nothing, 3)
    weights = np.zeros(2)
    for path in product((0, 1), repeat=len(counts)):
        weight = CHAIN.begin[path[0]]
        for before, now in pairwise(path):
            weight *= CHAIN.move[before, now]
        for step, (state, n) in enumerate(zip(path, counts, strict=True)):
            rates = (CHAIN.rate if step else CHAIN.entry)[:, state]
            weight *= np.prod(poisson.pmf([n, 0, 0], rates))
        weights[path[-1]] += weight
    found = filtered(CHAIN, lives, np.array([0]), np.array([last]))[0]
    np.testing.assert_allclose(found, weights / weights.sum(), atol=1e-6)


def test_a_chain_is_found_again_from_what_it_did():
    rng = np.random.default_rng(3)
    n, length = 800, 50
    state, open_ = rng.choice(2, n, p=CHAIN.begin), np.ones(n, dtype=bool)
    steps, rows = np.full(n, length), []
    for step in range(length + 1):
        if step:
            state = np.where(rng.random(n) < CHAIN.move[state, 1], 1, 0)
        drawn = rng.poisson((CHAIN.rate if step else CHAIN.entry)[:, state].T) * open_[:, None]
        for kind in range(3):
            rows += [(lead, step, kind) for lead in np.repeat(np.arange(n), drawn[:, kind])]
        over = open_ & (drawn[:, 1:].sum(axis=1) > 0)
        steps[over], open_ = step, open_ & ~over
    lead, step_of, kind = np.array(rows).T
    found = fit_chain(Lives(steps, lead, step_of, kind, 3), 2)
    np.testing.assert_allclose(found.rate[0], CHAIN.rate[0], rtol=0.2)
    np.testing.assert_allclose(np.diag(found.move), np.diag(CHAIN.move), atol=0.03)
    assert found.within(30)[1] > 1.5 * found.within(30)[0]


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
