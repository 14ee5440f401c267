"""The gate promotes on evidence only: each way to fail is refused, and luck is not a veto."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features import Recipe
from features.clock import DAY_US
from training.evidence import Evidence, gather
from training.gate import judge
from training.labelled import Labelled

N = 4000
RECIPE = Recipe.model_validate({"tables": {"leads": "leads.csv"}})
RNG = np.random.default_rng(11)
TRUTH = RNG.normal(-2, 1.2, N)
LABEL = (RNG.random(N) < 1 / (1 + np.exp(-TRUTH))).astype(np.float64)


def probability(margin: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-margin))


def evidence(rows: int = N, label: np.ndarray = LABEL, **margins: np.ndarray) -> Evidence:
    """The comparison of scorers given by their margins, with base rate and rules unless they are given."""
    base = np.full(N, np.log(label.mean() / (1 - label.mean())))
    rules = 0.4 * TRUTH - 1.5 + RNG.normal(0, 0.5, N)
    place = np.arange(rows)
    frame = pd.DataFrame(
        {
            "lead_id": place.astype(str),
            "account_id": None,
            "as_of_us": place * DAY_US // 50,
            "age_days": 0.0,
            "label": label[:rows],
            "order": place,
        }
    )
    scorers = {"base_rate": base, "rules": rules, **margins}
    probabilities = {name: probability(margin[:rows]) for name, margin in scorers.items()}
    return gather(
        RECIPE, Labelled(frame, {}), place, probabilities, 300, "3" if "champion" in margins else None
    )


def test_a_model_that_knows_more_is_promoted():
    found = judge(evidence(model=TRUTH, logistic=0.8 * TRUTH), RECIPE.gate)
    assert found.verdict == "promote"
    assert found.incumbent == "rules"
    assert found.reasons == ()


def test_a_baseline_that_is_surely_better_refuses_it():
    weaker = TRUTH + RNG.normal(0, 1.0, N)
    found = judge(evidence(model=weaker, logistic=TRUTH), RECIPE.gate)
    assert found.verdict == "refuse"
    assert any("logistic is better" in words for words in found.reasons)


def test_no_gain_over_the_champion_refuses_it():
    found = judge(evidence(model=TRUTH, champion=TRUTH + RNG.normal(0, 0.01, N)), RECIPE.gate)
    assert (found.verdict, found.incumbent) == ("refuse", "champion")
    assert any("log loss minus that of champion" in words for words in found.reasons)


def test_without_the_champions_row_the_rules_are_the_incumbent():
    found = evidence(model=TRUTH, champion=TRUTH)
    assert judge(found.without("champion"), RECIPE.gate).verdict == "promote"


def test_too_few_conversions_refuse_it():
    found = judge(evidence(rows=500, model=TRUTH), RECIPE.gate)
    assert found.verdict == "refuse"
    assert any("min_positives asks for 100" in words for words in found.reasons)


def test_a_slope_surely_outside_its_band_refuses_it():
    sharp = 1.6 * TRUTH + 1.0
    found = judge(evidence(model=sharp, rules=TRUTH + RNG.normal(0, 0.3, N)), RECIPE.gate)
    assert any(words.startswith("slope") for words in found.reasons)
    found = judge(evidence(model=sharp, rules=3 * TRUTH), RECIPE.gate)
    assert not any(words.startswith("slope") for words in found.reasons), "the incumbent is further off"


def test_a_perfect_model_is_not_vetoed_on_a_small_test():
    vetoed = 0
    for start in range(0, N - 400, 400):
        rows = np.roll(np.arange(N), -start)
        part = evidence(rows=400, label=LABEL[rows], model=TRUTH[rows], rules=np.zeros(N))
        names = [check.name for check in judge(part, RECIPE.gate).checks if not check.passed]
        vetoed += bool({"slope", "observed_expected"} & set(names))
    assert vetoed <= 1


def test_noise_has_nothing_to_learn():
    noise = -1.8 + RNG.normal(0, 0.3, N)
    found = judge(evidence(model=noise), RECIPE.gate)
    assert found.verdict == "nothing_to_learn"
    assert "let the rules answer" in found.reasons[0]


def test_evidence_survives_its_file():
    found = evidence(model=TRUTH, logistic=0.8 * TRUTH)
    again = Evidence.model_validate_json(found.model_dump_json())
    assert judge(again, RECIPE.gate) == judge(found, RECIPE.gate)
    assert found.best_baseline == "logistic"


@pytest.mark.parametrize("figure", ["auc", "log_loss", "brier", "average_precision", "lift_10"])
def test_every_row_says_how_it_differs_from_the_best_baseline(figure):
    found = evidence(model=TRUTH, logistic=0.8 * TRUTH)
    for row in found.comparison:
        if row["scorer"] != found.best_baseline:
            versus = row["versus_best"][figure]
            assert versus["low"] <= versus["difference"] <= versus["high"]
