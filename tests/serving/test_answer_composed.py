"""An answer is put together from what its parts say: nothing is lost or mixed up between leads."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.clock.instants import from_us, parse_moment
from features.columns import Columns, Floats
from serving.answer.compose import Background, Computed, Question, Rung, compute, scored, take, unscored
from serving.answer.reasons import SaidReason
from serving.asked import Asked
from serving.calibration.bounds import Bounds, SaidInterval
from serving.calibration.maps import FLOOR, MonotoneMap
from serving.calibration.reference import Reference
from serving.playbook.actions import Circumstances, next_action
from serving.playbook.maturity import Wish
from serving.playbook.stage import Situations
from serving.score import LeadInterval, Reason, Score, ScoredBy, Stage
from serving.scorer import Contributions
from serving.scorers.bayes import Bayes, RateTable
from serving.scorers.linear import Linear
from serving.scorers.segmented import Segmented
from serving.words import Moments
from tests.made import scorers
from tests.serving.test_segments_routing import PLAN

NOW = parse_moment("2026-03-02T12:00:00+00:00", "UTC")
SPREAD = Reference.of(np.linspace(0.01, 0.6, 500))
QUESTION = Question("acme", 30)
SIZE, INDUSTRY = scorers.SIZE, scorers.INDUSTRY


@dataclass(frozen=True)
class Said:
    """A scorer whose margin is the size of the company; its contributions are not to be asked for."""

    rung: str = "model"
    version: str = "7"

    @property
    def features(self) -> tuple[object, ...]:
        return (SIZE,)

    def margin(self, columns: Columns) -> Floats:
        return columns[SIZE.name].astype(np.float64)

    def contributions(self, columns: Columns) -> Contributions:
        raise AssertionError("nobody asked for reasons")

    def probability(self, margin: Floats) -> Floats:
        return 1 / (1 + np.exp(-margin))


def columns_of(sizes: list[float]) -> Columns:
    return {SIZE.name: np.array(sizes)}


@given(st.lists(st.floats(-40, 40), min_size=1, max_size=8))
def test_a_probability_is_shown_to_six_decimals_inside_the_floor_and_ranked_unrounded(margins):
    found = compute(Rung(Said(), SPREAD), columns_of(margins))  # type: ignore[arg-type]
    exact = [1 / (1 + np.exp(-margin)) for margin in margins]
    assert found.probabilities.tolist() == [min(max(round(p, 6), FLOOR), 1 - FLOOR) for p in exact]
    assert found.scores == SPREAD.scores(np.array(exact))
    assert found.maturities == SPREAD.maturities(np.array(exact))
    assert (found.reasons_for, found.reasons_against) == ([[]] * len(margins), [[]] * len(margins))
    assert found.answerers == [("model", None)] * len(margins)
    assert found.rung.answerers == (("model", None),)
    assert found.notes == [[]] * len(margins)
    assert found.intervals == [None] * len(margins)


@pytest.mark.parametrize("margin", [np.nan, np.inf, -np.inf])
def test_a_margin_that_is_no_number_is_a_failure_of_the_rung(margin):
    with pytest.raises(ArithmeticError, match="finite"):
        compute(Rung(Said(), SPREAD), columns_of([0.0, margin]))  # type: ignore[arg-type]


def test_reasons_are_those_of_the_contributions_as_many_as_asked():
    linear = scorers.linear()
    rung = Rung(linear, SPREAD)
    table = {SIZE.name: np.array([90.0, 1.0]), INDUSTRY.name: np.array(["software", "retail"], dtype=object)}
    for most in (1, 2):
        reasoner = scorers.reasoner(linear, most)
        found = compute(rung, table, reasoner)
        pro, con = reasoner.reasons(linear.contributions(table), table, Moments())
        assert (found.reasons_for, found.reasons_against) == (pro, con)
        assert any(pro)
        assert any(con)


def around(width: float) -> Bounds:
    return Bounds(lower=MonotoneMap.platt(1.0, -width), upper=MonotoneMap.platt(1.0, width))


WIDE = around(0.5).model_copy(update={"spreads": {"company_size": 1.5, "industry": 0.5}})


def test_each_segment_speaks_for_its_own_leads_with_its_own_interval():
    rates = RateTable(feature="industry", levels=scorers.INDUSTRIES, log_ratios=(0.4, -0.7, 0.1, 0.3))
    shops = Bayes((INDUSTRY,), (rates,), -1.2, MonotoneMap.platt(0.7, -0.4))
    parent = scorers.linear()
    model = Segmented(PLAN, parent, (("makers", scorers.crossed()), ("shops", shops)))
    assert Rung(model, SPREAD).answerers == (("model", None), ("model", "makers"), ("bayes", "shops"))
    own = {"shops": around(0.5), None: around(1.0)}
    levels = np.array(["retail", "software", "steel", "food", None], dtype=object)
    table = {SIZE.name: np.array([5.0, 40.0, 7.0, np.nan, 3.0]), INDUSTRY.name: levels}
    found = compute(Rung(model, SPREAD, bounds=own), table, scorers.reasoner(model, 2))
    assert found.answerers == [
        ("bayes", "shops"), ("model", None), ("model", "makers"), ("bayes", "shops"), ("model", None)
    ]  # fmt: skip
    answering = {"shops": shops, None: parent}
    for row, (_, segment) in enumerate(found.answerers):
        one = {name: column[row : row + 1] for name, column in table.items()}
        alone = compute(Rung(model, SPREAD, bounds=own), one)
        assert found.probabilities[row] == alone.probabilities[0]
        assert found.intervals[row] == alone.intervals[0]
        if segment == "makers":
            assert found.intervals[row] is None
            continue
        scorer = answering[segment]
        shown = found.probabilities[row : row + 1]
        (expected,) = own[segment].intervals(scorer.features, one, scorer.margin(one), shown)
        assert found.intervals[row] == expected


def fitted_on(low: float, high: float) -> Linear:
    """A model of size and industry that has seen sizes from `low` to `high`."""
    scorer = scorers.linear()
    size, industry = scorer.encoder.columns
    seen = size.model_copy(update={"range": (low, high)})
    return replace(scorer, encoder=scorer.encoder.model_copy(update={"columns": (seen, industry)}))


def test_a_lead_outside_what_its_own_scorer_has_seen_is_warned_of_and_is_less_sure():
    """A size of 5 is new to the makers' model and known to that of all, 95 is new to both."""
    answering = {None: fitted_on(0.5, 90.0), "makers": fitted_on(10.0, 20.0)}
    members = (("makers", answering["makers"]),)
    whole = Rung(Segmented(PLAN, answering[None], members), SPREAD, bounds=dict.fromkeys(answering, WIDE))
    alone = Rung(answering[None], SPREAD, bounds={None: WIDE})
    sizes = np.array([5.0, 15.0, 95.0, 5.0, 15.0, 95.0, np.nan])
    levels = np.array([*["steel"] * 3, *["software"] * 3, None], dtype=object)
    table = {SIZE.name: sizes, INDUSTRY.name: levels}
    for rung, beyond in (
        (whole, [True, False, True, False, False, True, False]),
        (alone, [False, False, True, False, False, True, False]),
    ):
        found = compute(rung, table)
        assert found.rung is rung
        assert [["company_size" in note for note in notes] for notes in found.notes] == [
            [True] if outside else [] for outside in beyond
        ]
        for row, outside in enumerate(beyond):
            one = {name: column[row : row + 1] for name, column in table.items()}
            scorer = answering[found.answerers[row][1]]
            mask = {SIZE.name: np.array([True])} if outside else {}
            shown = found.probabilities[row : row + 1]
            assert [found.intervals[row]] == WIDE.intervals(
                scorer.features, one, scorer.margin(one), shown, mask
            )


def test_where_nobody_is_asked_about_nothing_is_answered():
    recipe, rules = scorers.recipe(), scorers.rules()
    situations = Situations(recipe)
    features = {feature.name: feature for feature in (*rules.features, *situations.features)}
    found = Background.of(rules, situations, scorers.columns(tuple(features.values()), 0), [])
    assert (found.grades, found.excluded, found.stages, len(found.intent_days)) == ([], [], [], 0)


REASONS = [SaidReason(f"reason {i}", f"f{i}", float(i), "age", None) for i in range(4)]


def reason(number: int) -> Reason:
    return Reason(text=f"reason {number}", feature=f"f{number}", strength=number, signal="age")


def composed() -> tuple[Background, Computed]:
    """Three leads of the background, of which the rung answered for the last and the first, in that order."""
    background = Background(
        grades=["A1", "B2", "C3"],
        excluded=[("rival", "student"), (), ()],
        intent_days=np.array([0.01, np.nan, 0.9]),
        stages=[Stage(name="mql"), Stage(name="lead"), Stage(name="contact", missing=["interest"])],
        wishes=[Wish(), Wish(), Wish()],
    )
    computed = Computed(
        rung=Rung(Said(), SPREAD, note="said by a test"),  # type: ignore[arg-type]
        answerers=[("bayes", "shops"), ("model", None)],
        probabilities=np.array([0.25, 0.5]),
        scores=[12, 97],
        maturities=["warm", "hot"],
        reasons_for=[[REASONS[0]], [REASONS[1]]],
        reasons_against=[[REASONS[2]], [REASONS[3]]],
        intervals=[SaidInterval(0.2, 0.3), None],
        notes=[["read as the nearest end"], []],
    )
    return background, computed


def test_every_part_of_a_score_is_that_of_its_own_lead():
    background, computed = composed()
    lead = Asked("c", NOW, True, notes=("noted",))
    expected = Score(
        lead_id="c", status="scored", as_of=from_us(NOW), horizon_days=30, probability=0.25, score=12,
        grade="C3", maturity="warm", stage=background.stages[2],
        next_action=next_action(Circumstances(NOW, "warm", background.stages[2], 0.9)),
        reasons_for=[reason(0)], reasons_against=[reason(2)], interval=LeadInterval(low=0.2, high=0.3),
        scored_by=ScoredBy(rung="bayes", version="7", name="acme", segment="shops"),
        warnings=["noted", "no events", "read as the nearest end", "said by a test"],
    )  # fmt: skip
    assert scored(lead, background, 2, computed, 0, QUESTION, ["no events"]) == expected


def test_who_is_excluded_is_warned_of_and_left_alone():
    background, computed = composed()
    found = scored(Asked("a", NOW, True), background, 0, computed, 1, QUESTION, [])
    assert found.warnings == [
        "said by a test", "excluded by the scorecard: rival", "excluded by the scorecard: student"
    ]  # fmt: skip
    assert found.next_action == next_action(
        Circumstances(NOW, "cold", background.stages[0], 0.01, excluded_by=("rival", "student"))
    )
    because = "excluded by the scorecard: rival, student"
    assert (found.maturity, found.maturity_because) == ("cold", because)
    assert (found.score, found.interval) == (97, None)
    plain = replace(computed, rung=replace(computed.rung, note="", calibrated=False))
    (quiet, *_), status = (
        (scored(Asked("b", NOW, True), background, row, plain, 1, QUESTION, []) for row in (1, 0)),
        "uncalibrated",
    )
    assert (quiet.warnings, quiet.status) == ([], status)


@pytest.mark.parametrize(
    ("outcome", "opted_out", "status", "action"),
    [
        ("won", False, "closed", "none"),
        ("lost", True, "closed", "none"),
        (None, True, "opted_out", "do_not_contact"),
        (None, False, "abstained", "wait"),
    ],
)
def test_who_is_not_scored_has_a_status_a_stage_and_no_number(outcome, opted_out, status, action):
    stage = Stage(name="sal")
    lead = Asked("x", NOW, True, None, outcome, opted_out, ("noted",))
    found = unscored(lead, stage, QUESTION, ["failed"])
    assert (found.lead_id, found.status, found.as_of, found.horizon_days) == ("x", status, from_us(NOW), 30)
    assert (found.probability, found.score, found.grade, found.maturity) == (None, None, None, None)
    assert (found.stage, found.warnings) == (stage, ["noted", "failed"])
    assert found.next_action is not None
    assert (found.next_action.action, found.next_action.deadline) == (action, None)
    assert unscored(lead, stage, QUESTION).warnings == ["noted"]


@pytest.mark.parametrize(("cut", "name"), [(0.0, "mql"), (1e-9, "lead")])
def test_the_points_of_an_mql_are_enough_when_they_are_reached_and_never_for_who_is_excluded(cut, name):
    recipe, rules = scorers.recipe(), scorers.rules()
    situations = Situations(recipe)
    features = {feature.name: feature for feature in (*rules.features, *situations.features)}
    table = scorers.columns(tuple(features.values()), 40)
    table["email_domain_kind"][::4] = "disposable"
    fit, engagement, excluded = rules.read(table)
    asked = [Asked(str(i), NOW, False, None) for i in range(40)]
    seen = set()
    for row in range(40):
        total = float(fit[row] + engagement[row])
        cuts = rules.card.cuts.model_copy(update={"mql": total + cut})
        card = replace(rules, card=rules.card.model_copy(update={"cuts": cuts}))
        found = Background.of(card, situations, table, asked)
        stage = found.stages[row]
        seen.add((bool(stage.missing), bool(excluded[row])))
        assert stage.name == ("contact" if stage.missing else "lead" if excluded[row] else name)
    assert {(False, False), (False, True)} <= seen
    found = Background.of(rules, situations, table, asked)
    assert (found.excluded, found.grades) == (excluded, rules.grades(fit, engagement))
    np.testing.assert_array_equal(found.intent_days, situations.intent_days(table))


def test_some_leads_have_their_own_rows_of_every_column_and_all_leads_the_columns_as_they_are():
    table = Columns({"a": np.array([1.0, 2.0, 3.0]), "b": np.array(["x", None, "z"], dtype=object)}, 3)
    some = take(table, np.array([2, 0]))
    assert {name: column.tolist() for name, column in some.items()} == {"a": [3.0, 1.0], "b": ["z", "x"]}
    assert take(table, np.arange(3)) is table
