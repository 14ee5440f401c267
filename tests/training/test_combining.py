"""Kinds are averaged with weights from the folds, drawn to expected ones; the blend adds up and is kept."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import default_features
from serving.artefact.models import TreeFiles, dump_model, restore_model
from serving.scorers import Blend
from tests.training.test_candidates import RECIPE, ROWS, company, converts
from training.choosing.bench import Bench
from training.choosing.candidate import Candidate
from training.choosing.choose import choose_settings
from training.choosing.combining import (
    FEW_EXPECTED,
    combine,
    combine_going_on,
    expected_weights,
    rates,
)
from training.choosing.few import FEW_TO_MANY, share_of_many
from training.fitting.fit import fit_model
from training.fitting.settings import LinearChoice, with_rates
from training.history.excerpt import Excerpt

A, B = np.random.default_rng(9).normal(size=(2, ROWS))
RECIPE_READ, LABELLED, ALL = company(A, B, converts(A + np.abs(B) - 2))
EXCERPT = Excerpt.of(RECIPE_READ, LABELLED, default_features(RECIPE_READ), ALL)
BENCH = Bench.of(RECIPE_READ, EXCERPT)
NEWER = [EXCERPT.on(newer) for _, newer in BENCH.folds]


def candidate(kind: str, of: np.ndarray) -> Candidate:
    """A candidate whose margin of each row is `of`."""
    margins = [of[part.rows] for part in NEWER]
    return Candidate(kind, BENCH.loss(margins), margins, LinearChoice(1.0))


TRUTH = A + np.abs(B) - 2


def test_equals_share_equally_and_what_is_far_off_has_no_part():
    same = combine(BENCH, [candidate("linear", TRUTH), candidate("trees", TRUTH)])
    assert [share.weight for share in same.shares] == [0.5, 0.5]
    alone = combine(BENCH, [candidate("linear", TRUTH), candidate("trees", -3 * TRUTH)])
    assert [(share.kind, share.weight) for share in alone.shares] == [("linear", 1.0)]


@given(st.lists(st.sampled_from(["linear", "offset", "trees", "bayes"]), min_size=1, max_size=5, unique=True))
def test_few_outcomes_expect_half_the_line_and_a_quarter_rates_many_all_alike(kinds):
    pool = [candidate(kind, TRUTH) for kind in kinds]
    assert expected_weights(pool, 1.0) == pytest.approx(1 / len(pool))
    found = dict(zip(kinds, expected_weights(pool, 0.0), strict=True))
    assert sum(found.values()) == pytest.approx(1)
    if {"linear", "bayes"} < found.keys():
        assert (found["linear"], found["bayes"]) == pytest.approx((0.5, 0.25))
    grown = [weight for kind, weight in found.items() if kind not in FEW_EXPECTED]
    assert len(set(grown)) <= 1


@pytest.mark.parametrize("kinds", [("linear", "bayes"), ("linear", "trees", "bayes")])
def test_one_more_converted_lead_moves_no_expected_weight_by_much(kinds):
    pool = [candidate(kind, TRUTH) for kind in kinds]
    found = np.array([expected_weights(pool, share_of_many(won)) for won in range(2 * FEW_TO_MANY[1])])
    assert found.sum(axis=1) == pytest.approx(1)
    assert abs(np.diff(found, axis=0)).max() < 0.005


def test_few_converted_leads_never_choose_one_kind_alone():
    few = ALL[: int(np.flatnonzero(LABELLED.y(ALL).cumsum() == 100)[0]) + 1]
    settled = choose_settings(
        RECIPE_READ, Excerpt.of(RECIPE_READ, LABELLED, default_features(RECIPE_READ), few)
    )
    assert settled.kind == "blend"
    assert len(settled.members) > 1
    assert next(one.weight for one in settled.members if one.kind == "bayes") > 0.1


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 5), st.floats(0.0, 1.5))
def test_a_blend_is_never_surely_worse_than_its_best_member_where_it_was_weighed(seed, kinds, noise):
    rng = np.random.default_rng(seed)
    pool = [candidate("linear", TRUTH + noise * rng.normal(size=ROWS)) for _ in range(kinds)]
    together = combine(BENCH, pool)
    assert sum(share.weight for share in together.shares) == pytest.approx(1, abs=1e-5)
    assert min(share.weight for share in together.shares) > 0
    assert together.loss < min(one.loss for one in pool) + 0.01
    mixed = sum(share.weight * one.newer[0] for share, one in zip(together.shares, pool, strict=False))
    if len(together.shares) == kinds:
        assert together.newer[0] == pytest.approx(mixed)


WALK = np.arange(ROWS) / 100 + np.random.default_rng(3).normal(size=ROWS) / 10
"""A number of the day: newer rows lie beyond all older ones."""
MOVING_READ, MOVING_ROWS, _ = company(WALK, B, converts(TRUTH))
MOVING = Bench.of(MOVING_READ, Excerpt.of(MOVING_READ, MOVING_ROWS, default_features(MOVING_READ), ALL))
NEWEST = MOVING.folds[-1][1]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["trees", "bayes"]), st.floats(0.3, 1.0))
def test_kinds_that_go_on_nowhere_need_the_newest_fold_where_a_calendar_is(seed, kind, drag):
    """On the older folds they are better by far; on the newest the level has moved from theirs."""
    noise = np.random.default_rng(seed).normal(size=ROWS)
    line, other = TRUTH + noise, TRUTH.copy()
    line[NEWEST], other[NEWEST] = TRUTH[NEWEST], TRUTH[NEWEST] - drag
    assert MOVING.calendars == ("a",)
    pool = [candidate("linear", line), candidate(kind, other)]
    assert kinds_of(combine(MOVING, pool)) == {"linear", kind}, "the older folds want both"
    assert kinds_of(combine_going_on(MOVING, pool)) == {"linear"}
    assert kinds_of(combine_going_on(BENCH, pool)) == {"linear", kind}, "without a calendar all folds tell"
    worse = candidate("linear", TRUTH + noise)
    assert kind in kinds_of(combine_going_on(MOVING, [worse, candidate(kind, TRUTH)]))


def kinds_of(blend: Candidate) -> set[str]:
    """The kinds of the members of a blend."""
    return {share.kind for share in blend.shares}


def test_rates_are_a_member_but_not_where_a_sign_is_declared():
    assert rates(BENCH).kind == "bayes"
    assert "bayes" in choose_settings(RECIPE_READ, EXCERPT).losses
    text = RECIPE.replace("a = { type", "a = { direction = 1, type")
    recipe, labelled, rows = company(A, B, converts(TRUTH), text)
    found = choose_settings(recipe, Excerpt.of(recipe, labelled, default_features(recipe), rows))
    assert "bayes" not in found.losses


def test_a_blend_of_every_kind_adds_up_and_is_kept_in_text():
    found = with_rates(choose_settings(RECIPE_READ, EXCERPT))
    assert json.loads(json.dumps(found.as_dict()))["members"][0]["weight"] > 0
    shares = tuple(replace(found.members[0], kind=kind, weight=w) for kind, w in WEIGHTS.items())
    model = fit_model(EXCERPT, RECIPE_READ.train, replace(found, members=shares))
    assert isinstance(model, Blend)
    columns = LABELLED.at(ALL[:100])
    by_hand = sum(w * member.margin(columns) for w, member in zip(model.weights, model.members, strict=True))
    assert model.margin(columns) == pytest.approx(by_hand / sum(model.weights))
    files = TreeFiles("model")
    body = json.loads(json.dumps(dump_model(model, files)))
    again = restore_model(body, {f.name: f for f in EXCERPT.features}, files.texts)
    assert (again.margin(columns) == model.margin(columns)).all()
    margin, parts = again.explained(columns)
    assert parts.values.sum(axis=1) + parts.bias == pytest.approx(margin, abs=1e-9)
    del body["weights"]  # as an artefact of the version before has it
    equal = restore_model(body, {f.name: f for f in EXCERPT.features}, files.texts)
    middle = np.mean([member.margin(columns) for member in model.members], axis=0)
    assert equal.margin(columns) == pytest.approx(middle)


WEIGHTS = {"linear": 0.1, "offset": 0.2, "stacked": 0.3, "trees": 0.25, "bayes": 0.15}
