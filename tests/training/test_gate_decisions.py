"""The gate promotes on evidence only: each way to fail is refused, and luck is not a veto."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import Recipe
from features.clock.instants import DAY_US
from training.history.labelled import Labelled
from training.judging.evidence import Difference, Evidence, Pooled, gather
from training.judging.gate import Check, Judgement, incumbent_of, judge

N = 4000
RECIPE = Recipe.model_validate({"tables": {"leads": "leads.csv"}})
RNG = np.random.default_rng(11)
TRUTH = RNG.normal(-2, 1.2, N)
LABEL = (RNG.random(N) < 1 / (1 + np.exp(-TRUTH))).astype(np.float64)


def probability(margin: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-margin))


def evidence(rows: int = N, label: np.ndarray = LABEL, snapshots: int = 1, **margins: np.ndarray) -> Evidence:
    """The comparison of scorers given by their margins, with base rate and rules unless they are given.

    A lead has `snapshots` rows.
    """
    base = np.full(N, np.log(label.mean() / (1 - label.mean())))
    rules = 0.4 * TRUTH - 1.5 + RNG.normal(0, 0.5, N)
    place = np.arange(rows)
    frame = pd.DataFrame(
        {
            "lead_id": (place // snapshots).astype(str),
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


MADE = evidence(model=TRUTH)


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
    found = judge(evidence(rows=150, model=TRUTH), RECIPE.gate)
    assert found.verdict == "refuse"
    assert any("min_positives asks for 25" in words for words in found.reasons)


def named(found: Judgement, name: str) -> Check:
    return next(check for check in found.checks if check.name == name)


def test_converted_leads_are_counted_not_their_snapshots():
    found = evidence(snapshots=4, model=TRUTH)
    leads = np.unique(np.arange(N)[LABEL == 1] // 4).size
    assert (found.won, found.won_leads) == (int(LABEL.sum()), leads)
    assert leads < found.won
    for asked, passed in ((leads - 1, True), (leads, True), (leads + 1, False)):
        gate = RECIPE.gate.model_copy(update={"min_positives": asked})
        check = named(judge(found, gate), "min_positives")
        assert check.passed is passed
        assert check.words.startswith(f"{leads} converted leads in the test ({found.won} converted rows)")


def test_evidence_that_never_counted_leads_is_not_enough():
    found = evidence(model=TRUTH).model_copy(update={"won_leads": None})
    told = named(judge(found, RECIPE.gate), "min_positives")
    assert told.passed is False
    assert "train again" in told.words


def gains(found: Evidence, versus: str, low: float, high: float) -> Evidence:
    """`found` with another interval of the gain over `versus`."""
    changed = [
        d.model_copy(update={"difference": (low + high) / 2, "low": low, "high": high})
        if (d.versus, d.figure) == (versus, "log_loss")
        else d
        for d in found.differences
    ]
    return found.model_copy(update={"differences": changed})


@given(
    low=st.floats(-1, 1),
    width=st.floats(0, 1),
    versus=st.sampled_from(["rules", "base_rate"]),
)
def test_a_gain_is_one_by_its_whole_interval_over_who_answers_and_over_the_base_rate(low, width, versus):
    judged = judge(gains(MADE, versus, low, low + width), RECIPE.gate)
    assert named(judged, f"gain over {versus}").passed is (low + width < 0)
    assert judged.verdict == ("promote" if low + width < 0 else "refuse")


@given(low=st.floats(-1, 1), width=st.floats(0, 1), newest=st.floats(-1, 1))
def test_where_several_origins_were_judged_their_gain_decides(low, width, newest):
    gain = Difference(
        scorer="model", versus="rules", figure="log_loss", difference=low, low=low, high=low + width
    )
    over = Pooled(origins=2, n=900, won=90, won_leads=40, differences=[gain])
    found = gains(MADE, "rules", newest, newest).model_copy(update={"pooled": over, "won_leads": 3})
    judged = judge(found, RECIPE.gate)
    assert named(judged, "gain over rules").passed is (low + width < 0)
    assert named(judged, "min_positives").words.startswith("40 converted leads in the tests of 2 origins")
    beaten = not named(judged, "not beaten by rules").passed
    assert beaten is (newest > 0), "surely worse on the newest rows refuses it all the same"


def test_a_champion_is_held_against_the_newest_test_alone():
    gain = Difference(scorer="model", versus="rules", figure="log_loss", difference=-1, low=-1, high=-1)
    over = Pooled(origins=2, n=900, won=90, won_leads=40, differences=[gain])
    found = evidence(model=TRUTH, champion=TRUTH + RNG.normal(0, 0.01, N))
    judged = judge(found.model_copy(update={"pooled": over, "won_leads": 24}), RECIPE.gate)
    assert not named(judged, "gain over champion").passed
    assert named(judged, "min_positives").words.startswith("24 converted leads in the test (")


def test_a_champion_that_could_not_be_compared_refuses_in_its_own_words():
    found = evidence(model=TRUTH).model_copy(update={"champion_missing": "version 3 was not compared: why"})
    judged = judge(found, RECIPE.gate)
    assert (judged.verdict, judged.incumbent) == ("refuse", "champion")
    assert judged.reasons == ("version 3 was not compared: why.",)
    assert named(judged, "gain over champion").passed is False
    assert incumbent_of(found) == "champion"


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
        if row.scorer != found.best_baseline:
            versus = getattr(row.versus_best, figure)
            assert versus.low <= versus.difference <= versus.high
