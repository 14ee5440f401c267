"""A model that serves one origin badly is found out, a perfect one is not, and new accounts stand apart."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features import Recipe
from features.catalogue import FieldValue
from features.clock.instants import DAY_US
from training.choosing.earlier import earlier_split, losses
from training.history.labelled import Labelled
from training.history.split import SplitRows
from training.judging.evidence import Evidence, gather
from training.judging.gate import Check, judge

N = 6_000
RECIPE = Recipe.model_validate(
    {
        "tables": {"leads": "leads.csv"},
        "lead": {
            "fields": {"channel": {"type": "category", "means": "origin"}, "colour": {"type": "category"}}
        },
        "gate": {"min_positives": 50},
    }
)
RNG = np.random.default_rng(5)
TRUTH = RNG.normal(-1.5, 1.2, N)
CHANNEL = RNG.choice(np.array(["event", "inbound", "paid", "social"], dtype=object), N)
ACCOUNT = RNG.integers(0, 1500, N).astype(str).astype(object)
ROWS = np.arange(N)


def probability(margin: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-margin))


LABEL = (RNG.random(N) < probability(TRUTH)).astype(np.float64)


def labelled(label: np.ndarray = LABEL, account: np.ndarray | None = None) -> Labelled:
    frame = pd.DataFrame(
        {
            "lead_id": ROWS.astype(str),
            "account_id": account,
            "as_of_us": ROWS * DAY_US // 20,
            "age_days": 0.0,
            "label": label,
            "label_known_us": ROWS * DAY_US // 20 + 30 * DAY_US,
            "order": ROWS,
        }
    )
    return Labelled(frame, {FieldValue("channel", "category").name: CHANNEL})


def evidence(model: np.ndarray, rules: np.ndarray, label: np.ndarray = LABEL) -> Evidence:
    base = np.full(N, np.log(label.mean() / (1 - label.mean())))
    scorers = {"base_rate": base, "rules": rules, "model": model}
    return gather(RECIPE, labelled(label), ROWS, {k: probability(m) for k, m in scorers.items()}, 100)


def check(found: Evidence) -> Check:
    return next(one for one in judge(found, RECIPE.gate).checks if one.name == "worst segment")


def test_each_origin_with_enough_conversions_is_looked_at():
    found = evidence(TRUTH, 0.3 * TRUTH - 1.2)
    assert sorted(group.level for group in found.segments) == ["event", "inbound", "paid", "social"]
    for group in found.segments:
        rows = group.level == CHANNEL
        assert (group.n, group.won) == (rows.sum(), LABEL[rows].sum())
        ratio = LABEL[rows].sum() / probability(TRUTH[rows]).sum()
        assert group.scorers["model"].observed_expected == pytest.approx(ratio)
        low, high = group.observed_expected
        assert low < ratio < high
    assert check(found).passed
    assert "worst of 4 segments" in check(found).words
    assert Evidence.model_validate_json(found.model_dump_json()) == found


def test_a_segment_that_is_surely_promised_too_much_refuses_the_model():
    wrong = TRUTH + 0.9 * (CHANNEL == "social")
    found = check(evidence(wrong, TRUTH + RNG.normal(0, 0.1, N)))
    assert not found.passed
    assert found.words.startswith("channel = social: observed/expected 0.5")
    assert check(evidence(wrong, wrong + 0.5 * (CHANNEL == "social"))).passed, "the incumbent is further off"


def test_a_segment_that_is_surely_ordered_worse_refuses_the_model():
    worse = np.where(CHANNEL == "paid", RNG.permutation(TRUTH), TRUTH)
    found = check(evidence(worse, TRUTH + RNG.normal(0, 0.3, N)))
    assert not found.passed
    assert "channel = paid: AUC minus that of rules" in found.words


def test_perfect_models_are_hardly_ever_vetoed_by_their_worst_segment():
    refused = 0
    for seed in range(6):
        label = (np.random.default_rng(seed).random(N) < probability(TRUTH)).astype(np.float64)
        refused += not check(evidence(TRUTH, 0.3 * TRUTH - 1.2, label)).passed
    assert refused == 0


def test_accounts_that_training_never_saw_stand_apart():
    rows, fit, test = labelled(account=ACCOUNT), ROWS[:2000], ROWS[2000:]
    fresh = ~np.isin(ACCOUNT[test].astype(str), ACCOUNT[fit].astype(str))
    p = {"rules": probability(0.3 * TRUTH[test]), "model": probability(TRUTH[test])}
    found = gather(RECIPE, rows, test, p, 100, fit=fit).new_accounts
    assert found is not None
    assert (found.n, found.won) == (fresh.sum(), LABEL[test][fresh].sum())
    assert found.auc_difference["rules"] is not None
    assert gather(RECIPE, labelled(), test, p, 100, fit=fit).new_accounts is None, "no accounts are known"


def test_the_earlier_origin_is_judged_on_what_was_unknown_to_its_fit():
    rows = labelled()
    split = SplitRows(ROWS[:4000], ROWS[4500:], int(4500 * DAY_US // 20))
    found = earlier_split(rows, split)
    assert found is not None
    assert set(found.fit) | set(found.test) <= set(split.fit)
    known = rows.frame["label_known_us"].to_numpy()
    assert known[found.fit].max() < rows.frame["as_of_us"].to_numpy()[found.test].min() == found.first_test_us
    assert earlier_split(rows, SplitRows(ROWS[:100], ROWS[100:], 0)) is None, "too thin to say anything"


def test_what_lost_at_an_origin_is_named():
    assert losses(evidence(TRUTH, 0.3 * TRUTH - 1.2)) == []
    assert losses(evidence(TRUTH + RNG.normal(0, 2.0, N), TRUTH)) == ["base_rate", "rules"]
