"""A category of very many levels is read as shrunken rates, which no row has learned from itself."""

from __future__ import annotations

import numpy as np
import pytest

from features.catalogue import FieldValue
from training.fitting.level_rates import MANY_LEVELS, level_rates, tree_sample

CAMPAIGN = FieldValue("campaign", "category")
LEVELS = 2 * MANY_LEVELS


def many_leads(rows: int, spread: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Column, outcomes, and the true log-odds of each level against the mean."""
    rng = np.random.default_rng(seed)
    effect = rng.normal(0, spread, LEVELS)
    level = rng.integers(0, LEVELS, rows)
    y = (rng.random(rows) < 1 / (1 + np.exp(2 - effect[level]))).astype(np.float64)
    return np.array([f"c{number:04}" for number in level], dtype=object), y, effect


def each(rows: int) -> np.ndarray:
    return np.array([f"lead {i}" for i in range(rows)], dtype=object)


def test_few_levels_stay_codes():
    column = np.array(["a", "b", None] * 40, dtype=object)
    encoder, _ = tree_sample([CAMPAIGN], {"campaign": column}, np.tile([0.0, 1, 0], 40), each(120), 1)
    assert encoder.vocabularies == {"campaign": ("a", "b")}
    assert not encoder.rates


def test_rates_find_what_levels_are_worth():
    column, y, effect = many_leads(60_000, 1.0)
    encoder, sample = tree_sample([CAMPAIGN], {"campaign": column}, y, each(len(y)), 20)
    assert sample.categorical == ()
    rates = encoder.rates["campaign"]
    found = np.array([rates[f"c{number:04}"] for number in range(LEVELS)])
    assert np.corrcoef(found, effect)[0, 1] > 0.85


def test_rates_of_pure_noise_are_next_to_nothing_and_no_row_sees_its_own_outcome():
    column, y, _ = many_leads(5_000, 0.0)
    encoder, sample = tree_sample([CAMPAIGN], {"campaign": column}, y, each(len(y)), 20)
    assert max(abs(rate) for rate in encoder.rates["campaign"].values()) < 0.3
    seen = sample.X[:, 0]
    assert abs(np.corrcoef(seen, y)[0, 1]) < 0.05, "a fitted row's rate must not know its outcome"
    own = np.array([encoder.rates["campaign"][level] for level in column])
    assert np.corrcoef(own, y)[0, 1] > 0.2, "which is what it would do without cross-fitting"


def test_rows_of_one_lead_do_not_tell_one_another():
    column, y, _ = many_leads(3_000, 0.0)
    column, y, lead = np.repeat(column, 3), np.repeat(y, 3), np.repeat(each(3_000), 3)
    _, sample = tree_sample([CAMPAIGN], {"campaign": column}, y, lead, 20)
    assert abs(np.corrcoef(sample.X[:, 0], y)[0, 1]) < 0.07


def test_a_level_never_seen_is_neither_good_nor_bad_and_missing_stays_missing():
    column, y, _ = many_leads(5_000, 1.0)
    encoder, _ = tree_sample([CAMPAIGN], {"campaign": column}, y, each(len(y)), 20)
    asked = {"campaign": np.array(["never", None, "c0001"], dtype=object)}
    never, absent, known = encoder.transform(asked)[:, 0]
    assert never == 0
    assert np.isnan(absent)
    assert known == encoder.rates["campaign"]["c0001"]


@pytest.mark.parametrize("won", [0.0, 1.0])
def test_one_outcome_alone_gives_rates_all_the_same(won):
    column = np.array([f"c{i % 7}" for i in range(70)], dtype=object)
    rates = level_rates(column, np.full(70, won), 1.0)
    assert max(rates.values()) - min(rates.values()) < 1e-9
