"""The answer: bands, stages, actions and words follow from what is known, and never overrule a person."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from features import Lead
from features.catalogue import EventCount, Recency
from features.clock.instants import DAY_US, HOUR_US, from_us, parse_moment
from features.lead import LeadReader
from serving.answer.ladder import Ladder
from serving.answer.reasons import Reasoner
from serving.api.envelope import LeadRequest, read_lead
from serving.calibration.reference import Reference
from serving.playbook.actions import Circumstances, next_action
from serving.rules.default import default_rules
from serving.rules.file import parse_rules
from serving.score import Problem, Score, Stage, failed
from serving.scorer import Contributions
from serving.words import Moments, Voice
from tests.made import scorers

NOW = parse_moment("2026-03-02T12:00:00+00:00", "UTC")
LEAD = Stage(name="lead")


def lead(stage: str | None = None, events: list[dict[str, object]] | None = None, **fields: object) -> Lead:
    request = LeadRequest(lead_id="x", fields=fields, events=events, stage=stage, created_at="2026-02-01")
    return read_lead(LeadReader(scorers.recipe()), request, NOW)


def answer(asked: Lead) -> Score:
    (score,) = Ladder.by_rules(scorers.recipe()).score([asked])
    return score


def demo(days_ago: float) -> dict[str, object]:
    return {"kind": "demo_request", "occurred_at": from_us(NOW - round(days_ago * DAY_US)).isoformat()}


def stage_of(asked: Lead) -> Stage:
    stage = answer(asked).stage
    assert stage is not None
    return stage


def test_a_record_without_a_valid_address_is_a_contact_and_the_answer_says_what_is_missing() -> None:
    stage = stage_of(lead(events=[demo(1)]))
    assert (stage.name, stage.missing, stage.not_assessed) == ("contact", ["identification"], [])
    action = answer(lead(events=[demo(1)])).next_action
    assert action is not None
    assert action.action == "complete"


def test_without_any_action_it_is_a_contact_and_without_events_nobody_can_tell() -> None:
    silent = stage_of(lead(events=[], email="a@acme.io"))
    assert (silent.name, silent.missing) == ("contact", ["interest", "engagement"])
    unknown = stage_of(lead(events=None, email="a@acme.io"))
    assert (unknown.name, unknown.not_assessed) == ("lead", ["interest", "engagement"])


def test_looking_at_pages_is_engagement_but_no_interest_yet() -> None:
    looked = {"kind": "page_view", "occurred_at": from_us(NOW - HOUR_US).isoformat()}
    assert stage_of(lead(events=[looked], email="a@acme.io")).missing == ["interest"]


def test_enough_points_make_a_marketing_qualified_lead() -> None:
    strong = lead(events=[demo(0.1), demo(0.2)], email="a@acme.io", title="CEO", company_size=300)
    assert stage_of(strong).name == "mql"
    excluded = lead(events=[demo(0.1), demo(0.2)], email="a@mailinator.com", title="CEO", company_size=300)
    assert stage_of(excluded).name == "lead"
    assert "throw-away address" in answer(excluded).warnings[0]


@example(size=300, demos=2, title="CEO")
@given(size=st.integers(1, 5000), demos=st.integers(0, 6), title=st.sampled_from(["CEO", "VP Sales", ""]))
def test_who_is_excluded_is_no_marketing_qualified_lead_with_however_many_points(
    size: int, demos: int, title: str
) -> None:
    """The exclusion costs next to no point here, so that the points alone would say otherwise."""
    recipe = scorers.recipe()
    rival = '[[exclude]]\nname = "rival"\nfield = "industry"\nmatch = ["rival"]\npoints = -0.001\n'
    ladder = Ladder.by_rules(recipe, parse_rules(f"{default_rules(recipe)}\n{rival}", recipe))
    fields = {"email": "a@acme.io", "title": title, "company_size": size}
    asked = [lead(events=[demo(0.1)] * demos, industry=name, **fields) for name in ("retail", "rival")]
    free, excluded = (score.stage.name for score in ladder.score(asked) if score.stage is not None)
    assert excluded == ("lead" if free == "mql" else free)
    if (size, demos, title) == (300, 2, "CEO"):
        assert free == "mql"


@pytest.mark.parametrize(
    ("stage", "kept"), [("In talks", "opportunity"), ("IN TALKS ", "opportunity"), ("sql", "sql")]
)
def test_a_person_s_stage_is_kept_whatever_is_computed(stage: str, kept: str) -> None:
    assert stage_of(lead(stage=stage, events=[])).name == kept


@pytest.mark.parametrize(("stage", "name"), [("won", "customer"), ("Lost", "disqualified")])
def test_closed_leads_have_no_probability(stage: str, name: str) -> None:
    score = answer(lead(stage=stage, events=[demo(0.01)], email="a@acme.io"))
    assert (score.status, score.probability, score.score, score.grade) == ("closed", None, None, None)
    assert score.stage is not None
    assert score.stage.name == name
    assert score.next_action is not None
    assert score.next_action.action == "none"


def test_who_opted_out_is_not_scored_nor_contacted() -> None:
    score = answer(lead(events=[demo(0.01)], email="a@acme.io", opted_out="yes"))
    assert (score.status, score.probability) == ("opted_out", None)
    assert score.next_action is not None
    assert score.next_action.action == "do_not_contact"


@pytest.mark.parametrize(
    ("maturity", "intent_days", "action", "within_us"),
    [
        ("hot", 0.01, "call", HOUR_US // 12),
        ("hot", 0.9, "call", HOUR_US),
        ("hot", float("nan"), "call", DAY_US),
        ("warm", 0.5, "call", 4 * HOUR_US),
        ("warm", 20.0, "write", 3 * DAY_US),
        ("cold", 0.5, "write", DAY_US),
        ("cold", float("nan"), "nurture", None),
    ],
)
def test_the_hotter_and_the_fresher_the_sooner(
    maturity: str, intent_days: float, action: str, within_us: int | None
) -> None:
    case = Circumstances(NOW, maturity, LEAD, intent_days)  # type: ignore[arg-type]
    found = next_action(case)
    assert found.action == action
    assert found.deadline == (None if within_us is None else from_us(NOW + within_us))
    assert next_action(replace(case, opted_out=True)).action == "do_not_contact"
    assert next_action(replace(case, excluded_by=("rival",))).action == "none"


@given(st.lists(st.floats(1e-6, 1 - 1e-6), min_size=1, max_size=60), st.floats(1e-6, 1 - 1e-6))
def test_scores_are_percentiles_of_the_reference_and_rise_with_probability(
    known: list[float], asked: float
) -> None:
    reference = Reference.of(np.array(known))
    below, same = sum(p < asked for p in known), sum(p == asked for p in known)
    expected = np.clip(round(100 * (below + same / 2) / len(known)), 1, 99)
    assert abs(reference.scores(np.array([asked]))[0] - expected) <= 1
    ordered = np.sort(np.array([*known, asked]))
    assert reference.scores(ordered) == sorted(reference.scores(ordered))
    ranks = ["cold", "warm", "hot"]
    places = [ranks.index(maturity) for maturity in reference.maturities(ordered)]
    assert places == sorted(places)


def test_a_score_does_not_depend_on_the_other_leads_asked() -> None:
    ladder = Ladder.by_rules(scorers.recipe())
    leads = [lead(events=[demo(days)], email="a@acme.io") for days in (0.1, 5, 50)]
    assert ladder.score(leads) == [ladder.score([one])[0] for one in leads]


def test_bands_hold_the_shares_that_the_recipe_asks_for() -> None:
    probabilities = np.linspace(0.01, 0.9, 1000)
    maturities = Reference.of(probabilities, 0.1, 0.3).maturities(probabilities)
    assert 95 <= maturities.count("hot") <= 101
    assert 195 <= maturities.count("warm") <= 205


@given(st.lists(st.floats(1e-6, 1 - 1e-6), min_size=3, max_size=60, unique=True), st.floats(0.05, 0.5))
def test_hot_are_leads_whose_middle_rank_is_within_the_best_share(known: list[float], share: float) -> None:
    ordered = np.sort(np.array(known))
    best = [(rank + 0.5) / len(known) >= 1 - share for rank in range(len(known))]
    found = Reference.of(ordered, share, share).maturities(ordered)
    assert [band == "hot" for band in found] == best


def test_a_probability_on_a_cut_is_in_the_better_band() -> None:
    reference = Reference(probabilities=(0.1, 0.2, 0.4), hot=0.4, warm=0.2)
    assert reference.maturities(np.array([0.4, 0.2, 0.1])) == ["hot", "warm", "cold"]


def test_where_everybody_is_alike_nobody_is_hot() -> None:
    alike = np.full(50, 0.2)
    assert set(Reference.of(alike).maturities(alike)) == {"cold"}
    assert Reference.of(alike).scores(alike)[0] == 50


def test_features_on_one_signal_speak_once_and_the_strongest_comes_first() -> None:
    week, month = EventCount(("demo_request",), 7), EventCount(("demo_request",), 30)
    ever, newest, size = EventCount(("demo_request",)), Recency(("demo_request",)), scorers.SIZE
    reasoner = Reasoner(Voice(scorers.recipe(), (week, month, size), "en"), 3)
    parts = Contributions(
        (week.name, month.name, size.name), np.array([[0.5, 0.8, 1.0], [0.1, -0.4, 0.001]]), np.zeros(2)
    )
    columns = {week.name: np.array([1.0, 0.0]), month.name: np.array([3.0, 0.0]), size.name: np.ones(2)}
    columns |= {ever.name: np.array([3.0, 0.0]), newest.name: np.array([2.5, np.nan])}
    pro, con = reasoner.reasons(parts, columns, Moments())
    assert [(reason.feature, reason.strength) for reason in pro[0]] == [(month.name, 1.3), (size.name, 1.0)]
    assert [reason.text for reason in pro[0]] == [
        "asked for a demo 3 times, most recently 2 days ago",
        "company of one person",
    ]
    assert pro[1] == []
    assert [(reason.feature, reason.strength) for reason in con[1]] == [(month.name, -0.3)]
    assert [reason.signal for reason in con[1]] == ["events:demo_request"]


@pytest.mark.parametrize("certain", [0.0, 1.0])
def test_a_score_is_never_certain(certain: float) -> None:
    honest = answer(lead(events=[]))
    with pytest.raises(ValidationError):
        Score.model_validate(honest.model_dump() | {"probability": certain})


def test_a_score_survives_json() -> None:
    for score in (answer(lead(events=[demo(1)])), failed("x", [Problem(field="a", problem="b")])):
        assert Score.model_validate_json(score.model_dump_json()) == score
