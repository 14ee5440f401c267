"""A score is a middle rank among the open leads and a band a share of them, counted by hand."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.calibration.reference import Reference

FEW = st.lists(st.sampled_from([0.01, 0.02, 0.1, 0.25, 0.5, 0.9, 1.0]), min_size=1, max_size=40)
"""Few different probabilities, so that many tie."""


@given(FEW, st.sampled_from([0.005, 0.01, 0.015, 0.1, 0.3, 0.5, 0.95, 1.0]))
def test_a_score_is_the_middle_rank_in_percent_between_1_and_99(known, asked):
    below, same = sum(p < asked for p in known), sum(p == asked for p in known)
    percent = round(Fraction(100 * below + 50 * same, len(known)))
    assert Reference.of(np.array(known)).scores(np.array([asked])) == [min(max(percent, 1), 99)]


@pytest.mark.parametrize("share", [1 / 2, 1 / 4, 1 / 8, 1 / 16])
@given(st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4]), min_size=16, max_size=16))
def test_a_band_begins_at_the_least_probability_whose_middle_rank_is_in_the_share(share, known):
    """Sixteen leads and shares in halves: every rank is exact, also one that is exactly at the share."""
    middle = {p: Fraction(2 * sum(q < p for q in known) + known.count(p), 32) for p in known}
    inside = [p for p in known if middle[p] >= 1 - Fraction(share)]
    cut = min(inside) if inside else math.nextafter(max(known), 2)
    reference = Reference.of(np.array(known), hot_share=share, warm_share=share)
    assert (reference.hot, reference.warm) == (cut, cut)
    bands = Reference.of(np.array(known), hot_share=share, warm_share=1.0).maturities(np.array(known))
    assert bands == ["hot" if p >= cut else "warm" for p in known]


def test_a_tenth_is_hot_and_three_tenths_at_least_warm_unless_told():
    known = np.linspace(0.005, 0.995, 100)
    usual = Reference.of(known)
    assert usual == Reference.of(known, 0.1, 0.3)
    assert usual.maturities(known) == ["cold"] * 70 + ["warm"] * 20 + ["hot"] * 10


def test_who_is_hot_is_not_less_than_warm():
    known = np.linspace(0.01, 1.0, 100)
    found = Reference.of(known, hot_share=0.3, warm_share=0.1)
    assert found.warm == found.hot
    assert found.maturities(known).count("warm") == 0


@pytest.mark.parametrize("alike", [0.2, 1.0])
def test_where_all_are_alike_the_bands_begin_beyond_them_and_never_beyond_certainty(alike):
    found = Reference.of(np.full(9, alike))
    assert found.hot == found.warm == min(1.0, math.nextafter(alike, 2))


@given(st.integers(1, 1100))
def test_a_thousand_points_are_kept_as_they_are_and_of_more_the_evenly_spread_quantiles(n):
    known = np.random.default_rng(n).permutation(np.arange(n) / (2 * n))
    kept = Reference.of(known).probabilities
    if n < 1000:
        assert list(kept) == sorted(known.tolist())
        return
    places = [(n - 1) * (2 * k + 1) / 1998 for k in range(999)]
    assert len(kept) == 999
    assert set(kept) <= set(known.tolist()), "probabilities of leads, not numbers between them"
    assert all(abs(p * 2 * n - place) <= 0.5 + 1e-6 for p, place in zip(kept, places, strict=True))


def test_the_exact_thousand_is_thinned_and_the_one_before_is_not():
    assert [len(Reference.of(np.arange(n) / n).probabilities) for n in (998, 999, 1000, 5000)] == [
        998, 999, 999, 999
    ]  # fmt: skip


@pytest.mark.parametrize("n", [30, 3000])
def test_single_precision_is_read_in_double(n):
    known = (np.random.default_rng(1).random(n) * 0.9).astype(np.float32)
    assert Reference.of(known) == Reference.of(known.astype(np.float64))
    alike = np.full(5, 0.1, dtype=np.float32)
    assert Reference.of(alike) == Reference.of(alike.astype(np.float64))
