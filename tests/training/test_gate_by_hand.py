"""Each condition of the gate, on evidence written by hand: it holds up to its edge and fails beyond it."""

from __future__ import annotations

from typing import Any

import pytest

from features.recipe.recipe import Gate
from training.judging.evidence import BASELINES, Difference, Evidence
from training.judging.gate import Check, incumbent_of, judge, learned

GATE = Gate(min_positives=100, slope=(0.8, 1.25), observed_expected=(0.9, 1.1))
Ends = tuple[float | None, float | None]


def versus(scorer: str, figure: str, low: float | None, high: float | None) -> Difference:
    middle = None if low is None or high is None else (low + high) / 2
    return Difference(scorer="model", versus=scorer, figure=figure, difference=middle, low=low, high=high)


def scorer(
    name: str,
    intervals: dict[str, Ends] | None = None,
    slope: float | None = 1.0,
    promised: float | None = 1.0,
) -> dict[str, Any]:
    """A row of the comparison: intervals of figures, its slope and its observed/expected."""
    return {"scorer": name, "slope": slope, "observed_expected": promised, "intervals": intervals or {}}


GOOD: dict[str, Ends] = {"auc": (0.7, 0.8), "slope": (0.9, 1.1), "observed_expected": (0.95, 1.05)}


def evidence(
    model: dict[str, Any] | None = None,
    others: tuple[dict[str, Any], ...] = (),
    differences: tuple[Difference, ...] = (),
    **more: Any,
) -> Evidence:
    """A model that passes everything, unless told otherwise."""
    rows = [model or scorer("model", GOOD), *(others or (scorer("rules"), scorer("base_rate")))]
    gains = [versus(row["scorer"], "log_loss", -0.02, -0.01) for row in rows[1:]]
    told = {(d.versus, d.figure) for d in differences}
    facts: dict[str, Any] = {"won": 300, "segments": []} | more
    if "won_leads" in Evidence.model_fields:
        facts.setdefault("won_leads", facts["won"])
    return Evidence(
        n_test=1000, n_test_leads=900, base_rate=0.1, first_us=0, last_us=1, draws=100,
        best_baseline="rules", comparison=rows,
        differences=[*differences, *(gain for gain in gains if (gain.versus, "log_loss") not in told)],
        **facts,
    )  # fmt: skip


def check(found: Evidence, name: str) -> Check:
    """The one check of that name."""
    (one,) = [check for check in judge(found, GATE).checks if check.name == name]
    return one


def test_a_model_that_passes_every_condition_is_promoted_and_a_single_failure_refuses_it():
    found = judge(evidence(), GATE)
    assert (found.verdict, found.incumbent, found.reasons) == ("promote", "rules", ())
    assert all(one.passed and one.words.endswith(".") for one in found.checks)
    failing = judge(evidence(won=99), GATE)
    assert failing.verdict == "refuse"
    assert failing.reasons == tuple(one.words for one in failing.checks if not one.passed)
    assert [one.name for one in failing.checks if not one.passed] == ["min_positives"]


@pytest.mark.parametrize(("won", "enough"), [(99, False), (100, True), (101, True)])
def test_as_many_conversions_as_asked_are_enough(won, enough):
    assert check(evidence(won=won), "min_positives").passed == enough


@pytest.mark.parametrize(
    ("names", "incumbent"),
    [
        (("base_rate", "rules", "champion"), "champion"),
        (("base_rate", "rules"), "rules"),
        (("logistic", "base_rate"), "base_rate"),
    ],
)
def test_who_answers_without_the_model_is_the_champion_then_the_rules_then_the_base_rate(names, incumbent):
    found = evidence(others=tuple(map(scorer, names)))
    assert incumbent_of(found) == judge(found, GATE).incumbent == incumbent
    assert check(found, f"gain over {incumbent}").passed


@pytest.mark.parametrize(
    ("low", "high", "gained"),
    [(-0.02, -0.001, True), (-0.02, 0.0, False), (-0.02, 0.01, False), (0.001, 0.02, False)],
)
def test_the_gain_over_who_answers_must_be_sure(low, high, gained):
    found = evidence(differences=(versus("rules", "log_loss", low, high),))
    told = check(found, "gain over rules")
    assert told.passed == gained
    assert f"{(low + high) / 2:+.4f} [{low:+.4f}, {high:+.4f}]" in told.words


def test_without_a_comparison_with_who_answers_there_is_no_gain():
    kept = evidence()
    for differences in (
        [d for d in kept.differences if d.versus != "rules"],
        [versus("rules", "log_loss", None, None), *(d for d in kept.differences if d.versus != "rules")],
    ):
        found = judge(kept.model_copy(update={"differences": differences}), GATE)
        assert found.verdict == "refuse"
        assert "no comparison with rules." in found.reasons
        assert [one.name for one in found.checks if not one.passed] == ["gain"]


@pytest.mark.parametrize("baseline", BASELINES)
@pytest.mark.parametrize(
    ("figure", "low", "high", "better"),
    [
        ("log_loss", 0.001, 0.02, True),
        ("log_loss", 0.0, 0.02, False),
        ("log_loss", -0.02, -0.001, False),
        ("auc", -0.05, -0.001, True),
        ("auc", -0.05, 0.0, False),
        ("auc", 0.001, 0.05, False),
        ("brier", 0.001, 0.02, False),
    ],
)
def test_no_baseline_may_surely_be_better_in_log_loss_or_order(baseline, figure, low, high, better):
    others = tuple(scorer(name) for name in dict.fromkeys(("base_rate", baseline)))
    found = evidence(others=others, differences=(versus(baseline, figure, low, high),))
    told = check(found, f"not beaten by {baseline}")
    assert told.passed == (not better)
    assert (f"{baseline} is better in {figure} by {abs(low + high) / 2:.4f}" in told.words) == better
    if figure != "brier":
        assert f"[{low:+.4f}, {high:+.4f}]" in told.words
    assert (told.words in judge(found, GATE).reasons) == better


def test_a_baseline_better_in_both_is_told_twice_and_one_that_is_not_with_both_figures():
    worse = (versus("logistic", "log_loss", 0.01, 0.02), versus("logistic", "auc", -0.05, -0.03))
    others = (scorer("rules"), scorer("logistic"))
    told = check(evidence(others=others, differences=worse), "not beaten by logistic").words
    assert [part[:40] for part in told.split("; ")] == [
        "logistic is better in log_loss by 0.0150",
        "logistic is better in auc by 0.0400, bey",
    ]
    level = (versus("logistic", "log_loss", -0.02, 0.01), versus("logistic", "auc", -0.01, 0.03))
    told = check(evidence(others=others, differences=level), "not beaten by logistic").words
    assert told.endswith("log loss -0.0050 [-0.0200, +0.0100], AUC +0.0100 [-0.0100, +0.0300].")


@pytest.mark.parametrize("part", ["difference", "low", "high"])
def test_a_figure_without_its_interval_is_not_told(part):
    half = versus("rules", "auc", -0.01, 0.03).model_copy(update={part: None})
    assert "AUC" not in check(evidence(differences=(half,)), "not beaten by rules").words


def test_only_baselines_that_were_compared_are_asked():
    names = {one.name for one in judge(evidence(), GATE).checks}
    assert {name for name in BASELINES if f"not beaten by {name}" in names} == {"rules", "base_rate"}


BANDS = {"slope": (0.8, 1.25), "observed_expected": (0.9, 1.1)}
VETO = [
    # how far the interval and the model's figure lie from the band's low end, those of who answers, vetoed
    ((-0.3, -0.1), -0.2, 0.05, True),
    ((-0.3, -0.1), -0.2, None, True),
    ((-0.3, -0.1), None, 0.05, True),
    ((-0.3, -0.1), -0.2, -0.1, True),
    ((-0.3, -0.1), -0.2, -0.2, False),
    ((-0.3, -0.1), -0.2, -0.3, False),
    ((-0.3, -0.1), 0.02, 0.05, False),
    ((-0.3, 0.0), -0.2, 0.05, False),
    ((-0.3, 0.1), -0.2, 0.05, False),
    (None, -0.2, 0.05, False),
]


@pytest.mark.parametrize("figure", ["slope", "observed_expected"])
@pytest.mark.parametrize("side", ["below", "above"])
@pytest.mark.parametrize(("ends", "own", "other", "vetoed"), VETO)
def test_a_figure_surely_outside_its_band_vetoes_unless_who_answers_is_no_nearer(
    figure, side, ends, own, other, vetoed
):
    low, high = BANDS[figure]

    def at(distance: float | None) -> float | None:
        if distance is None:
            return None
        return low + distance if side == "below" else high - distance

    intervals: dict[str, Ends] = dict(GOOD)
    if ends is None:
        del intervals[figure]
    else:
        low_end, high_end = sorted((at(ends[0]) or 0, at(ends[1]) or 0))
        intervals[figure] = (low_end, high_end)
    column = {"slope": "slope", "observed_expected": "promised"}[figure]
    model = scorer("model", intervals, **{column: at(own)})  # type: ignore[arg-type]
    rules = scorer("rules", **{column: at(other)})  # type: ignore[arg-type]
    told = check(evidence(model, (rules,)), figure)
    assert told.passed == (not vetoed)
    said = f"{figure} {at(own):.2f}" if own is not None else f"{figure} is not known"
    assert told.words.startswith(said)
    assert (f"band {low:g} to {high:g}" in told.words) == (ends is not None)


@pytest.mark.parametrize(
    ("own", "other", "vetoed"), [(0.7, 1.45, False), (0.7, 1.3, True), (1.35, 0.6, False)]
)
def test_the_nearer_of_two_on_either_side_of_the_band_is_nearer_to_its_own_end(own, other, vetoed):
    """The band of slopes is 0.8 to 1.25: 0.7 lies 0.1 outside, 1.45 0.2, 1.3 0.05."""
    model = scorer("model", GOOD | {"slope": (own - 0.02, own + 0.02)}, own)
    assert check(evidence(model, (scorer("rules", slope=other),)), "slope").passed == (not vetoed)


@pytest.mark.parametrize("missing", ["low", "high"])
def test_half_an_interval_vetoes_nothing(missing):
    ends: Ends = (None, 0.5) if missing == "low" else (0.5, None)
    assert check(evidence(scorer("model", GOOD | {"slope": ends}, 0.5)), "slope").passed


@pytest.mark.parametrize(
    ("auc", "gain", "knows"),
    [
        ((0.51, 0.6), (-0.01, 0.01), True),
        ((0.5, 0.6), (-0.01, 0.01), False),
        ((0.4, 0.6), (-0.02, -0.01), True),
        ((0.4, 0.6), (-0.02, 0.0), False),
        (None, (-0.02, -0.01), True),
        (None, (-0.01, 0.01), False),
        ((0.51, 0.6), None, True),
        ((0.4, 0.6), None, False),
    ],
)
def test_a_model_has_learned_when_it_surely_orders_or_promises_better_than_nothing(auc, gain, knows):
    intervals = {"slope": GOOD["slope"]} | ({} if auc is None else {"auc": auc})
    others = (scorer("rules"), scorer("base_rate")) if gain else (scorer("rules"),)
    differences = (versus("base_rate", "log_loss", *gain),) if gain else ()
    found = evidence(scorer("model", intervals), others, differences)
    assert learned(found) is knows
    judged = judge(found, GATE)
    assert (judged.verdict == "nothing_to_learn") == (not knows)
    if not knows:
        (told,) = judged.checks
        assert (told.name, told.passed, judged.incumbent) == ("learned", False, "rules")
        assert (f"{auc[0]:.3f} to {auc[1]:.3f}" if auc else "AUC is unknown") in told.words
