"""Which rung answers for a lead follows from what the rung needs and what is known of the lead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import Feature, Lead, LeadscoreError, parse_lead
from features.catalogue import EventCount, FieldValue
from features.catalogue.fields import Filled
from features.clock.instants import parse_moment
from features.columns import Column, Columns, Floats
from features.readings import stack
from serving.answer.compose import Rung
from serving.answer.ladder import Ladder
from serving.asked import Asked, asked_of
from serving.calibration.maps import MonotoneMap
from serving.calibration.reference import Reference
from serving.scorer import Contributions
from serving.scorers.bayes import Bayes, RateTable
from serving.scorers.segmented import Segmented
from tests.made import scorers
from tests.serving.test_segments_routing import PLAN

NOW = parse_moment("2026-03-02T12:00:00+00:00", "UTC")
CREATED = "2026-02-01"
VIEW = {"kind": "page_view", "occurred_at": "2026-03-01"}
DEMO = {"kind": "demo_request", "occurred_at": "2026-03-01"}
SPREAD = Reference.of(np.linspace(0.01, 0.6, 500))
NO_EVENTS = "events were not given: scored without them; send an empty list where there are none"
THIN = "nothing is known of this lead but when it came: scored by the scorecard"


def bayes() -> Bayes:
    table = RateTable(feature="industry", levels=scorers.INDUSTRIES, log_ratios=(0.4, -0.7, 0.1, 0.3))
    return Bayes((scorers.INDUSTRY,), (table,), -1.2, MonotoneMap.platt(0.7, -0.4))


def sent(
    name: str, fields: dict[str, object] | None = None, events: Sequence[Any] | None = (), **more: Any
) -> Lead:
    told = None if events is None else list(events)
    read = parse_lead(
        scorers.recipe(), lead_id=name, fields=fields or {}, events=told, as_of_us=NOW, created_at=CREATED
    )
    return replace(read, **more)


@dataclass(frozen=True)
class Told:
    """A scorer whose every probability is one half, and that fails of leads whose size is negative."""

    name: str
    rung: str = "model"

    @property
    def version(self) -> str:
        return self.name

    @property
    def features(self) -> tuple[FieldValue, ...]:
        return (scorers.SIZE,)

    def margin(self, columns: Columns) -> Floats:
        size = columns[scorers.SIZE.name].astype(np.float64)
        if (size < 0).any():
            raise ZeroDivisionError("made to fail")
        return np.zeros(len(size))

    def contributions(self, columns: Columns) -> Contributions:
        rows = len(columns[scorers.SIZE.name])
        return Contributions((scorers.SIZE.name,), np.zeros((rows, 1)), np.zeros(rows))

    def probability(self, margin: Floats) -> Floats:
        return np.full(len(margin), 0.5)


def told_ladder(needs: tuple[bool, ...]) -> Ladder:
    """Rungs 0, 1, … above the scorecard, which need events or do not."""
    rungs = [Rung(Told(str(i)), SPREAD, needs_events=need) for i, need in enumerate(needs)]
    rules = scorers.rules()
    return Ladder(scorers.recipe(), rules, (*rungs, Rung(rules, rules.reference())))


CASES = st.tuples(
    st.sampled_from([None, 40.0, -1.0]),  # the size of the company
    st.sampled_from([None, [], [DEMO]]),
    st.sampled_from(["open", "open", "open", "won", "opted out"]),
)


@given(st.lists(CASES, min_size=1, max_size=6), st.lists(st.booleans(), max_size=3))
def test_the_best_rung_that_can_answer_does_and_the_others_say_why_not(cases, needs):
    ladder = told_ladder(tuple(needs))
    leads = [
        sent(
            str(i),
            {} if size is None else {"company_size": size},
            events,
            outcome="won" if state == "won" else None,
            opted_out=state == "opted out",
        )
        for i, (size, events, state) in enumerate(cases)
    ]
    scores = ladder.score(leads)
    assert [score.lead_id for score in scores] == [lead.lead_id for lead in leads]
    thin = [size is None and events is None for size, events, _ in cases]
    open_ = [state == "open" for *_, state in cases]
    failed: list[list[str]] = [[] for _ in cases]
    answered: list[str | None] = [None] * len(cases)
    for number, need in enumerate(needs):
        mine = [
            i
            for i, (_, events, _) in enumerate(cases)
            if open_[i] and answered[i] is None and not thin[i] and not (need and events is None)
        ]
        broken = any(cases[i][0] == -1.0 for i in mine)  # a rung fails of all that it is asked about at once
        for i in mine:
            if broken:
                failed[i].append("the rung 'model' failed (ZeroDivisionError)")
            else:
                answered[i] = str(number)
    for i, score in enumerate(scores):
        if not open_[i]:
            assert score.status == ("closed" if cases[i][2] == "won" else "opted_out")
            assert (score.warnings, score.scored_by) == ([], None)
            continue
        warned = [NO_EVENTS] * (cases[i][1] is None) + [THIN] * (thin[i] and bool(needs)) + failed[i]
        assert score.warnings == warned
        assert score.scored_by is not None
        by = (score.scored_by.rung, score.scored_by.version)
        assert by == (("model", answered[i]) if answered[i] else ("rules", ladder.rules.version))
        assert (score.scored_by.name, score.horizon_days) == ("acme", 30)


def test_nobody_asked_nobody_answered():
    ladder = told_ladder((False,))
    assert ladder.score([]) == []
    assert ladder.score_columns({}, []) == []


def test_at_most_three_reasons_on_each_side_are_given_unless_told():
    ladder = Ladder.by_rules(scorers.recipe())
    rich = {"company_size": 400, "industry": "software", "title": "CEO", "email": "a@acme.io"}
    lead = sent("a", rich, [DEMO, {"kind": "page_view", "occurred_at": "2026-03-02"}])
    counts = {}
    for asked in (0, 1, 2, 3, 9):
        (score,) = ladder.score([lead], asked)
        counts[asked] = len(score.reasons_for)
        assert [score] == ladder.score_rows([lead], ladder.rows([lead]), asked)
    assert counts[9] > 3
    assert [counts[asked] for asked in (0, 1, 2, 3)] == [0, 1, 2, 3]
    (usual,) = ladder.score([lead])
    assert usual == ladder.score([lead], 3)[0] == ladder.score_rows([lead], ladder.rows([lead]))[0]


def test_what_an_answer_needs_of_a_lead_is_handed_on():
    lead = sent("x", events=[], stage="In talks", outcome="lost", opted_out=True, notes=("one", "two"))
    assert asked_of(lead) == Asked("x", NOW, True, "In talks", "lost", True, ("one", "two"))
    assert asked_of(sent("y", events=None)) == Asked("y", NOW, False)


@pytest.mark.parametrize(
    ("columns", "thin"),
    [
        ({"company_size": np.array([np.nan, 1.0, np.nan])}, [True, False, True]),
        ({"industry": np.array([None, None, "steel"], dtype=object)}, [True, True, False]),
        (
            {
                "company_size": np.array([np.nan, 1.0, np.nan]),
                "industry": np.array([None, None, "steel"], dtype=object),
            },
            [True, False, False],
        ),
    ],
)
def test_a_lead_is_thin_when_all_that_speaks_of_it_is_missing(columns: dict[str, Column], thin: list[bool]):
    rules = scorers.rules()
    rungs = (Rung(scorers.linear(), SPREAD), Rung(rules, rules.reference()))
    ladder = Ladder(scorers.recipe(), rules, rungs)
    others = {
        feature.name: np.full(3, np.nan) if feature.dtype == "number" else np.full(3, None, dtype=object)
        for feature in ladder.features
    }
    asked = [Asked(str(i), NOW, True) for i in range(3)]
    found = ladder.score_columns(others | columns, asked)
    assert [THIN in score.warnings for score in found] == thin


def linear_with(feature: Feature) -> Rung:
    plain = scorers.linear()
    return Rung(replace(plain, features=(*plain.features, feature)), SPREAD)


def test_two_rungs_may_group_one_feature_differently():
    said = replace(scorers.SIZE, group="origin")
    ladder = Ladder(scorers.recipe(), scorers.rules(), (linear_with(scorers.SIZE), linear_with(said)))
    assert [feature for feature in ladder.features if feature.name == said.name] == [scorers.SIZE]


def test_two_kinds_by_one_name_are_refused_with_a_remedy():
    one, other = (EventCount((kind,), called="touch") for kind in ("call", "mail"))
    with pytest.raises(LeadscoreError, match="two rungs read 'count_touch_ever'") as told:
        _ = Ladder(scorers.recipe(), scorers.rules(), (linear_with(one), linear_with(other))).features
    assert "Rename" in told.value.remedy


def test_a_segment_keeps_its_scorer_without_events_where_a_rung_that_needs_none_has_it():
    own = Segmented(PLAN, scorers.linear(), (("makers", scorers.linear()), ("shops", bayes())))
    variant = Segmented(PLAN, scorers.linear(), (("shops", bayes()),))
    rules = scorers.rules()
    top, less = Rung(own, SPREAD, needs_events=True), Rung(variant, SPREAD)
    ladder = Ladder(scorers.recipe(), rules, (top, less, Rung(rules, rules.reference())))
    leads = [sent(level, {"industry": level}, None) for level in ("steel", "retail", "software")]
    lost = [
        [words for words in score.warnings if "scorer of segment" in words] for score in ladder.score(leads)
    ]
    assert lost == [["the scorer of segment 'makers' reads events: that of all leads was asked"], [], []]
    given = [sent(level, {"industry": level}) for level in ("steel", "retail")]
    assert [score.warnings for score in ladder.score(given)] == [[], []]


def test_where_nothing_is_said_there_are_three_reasons():
    ladder = Ladder.by_rules(scorers.recipe())
    lead = sent(
        "a",
        {"company_size": 40, "industry": "software", "email": "a@acme.io", "title": "VP Sales"},
        [DEMO, VIEW],
    )
    columns, asked = stack(ladder.features, ladder.rows([lead])), [asked_of(lead)]
    (said,), (three,), (all_of_them,) = (
        ladder.score_columns(columns, asked),
        ladder.score_columns(columns, asked, 3),
        ladder.score_columns(columns, asked, 9),
    )
    assert said == three
    assert max(len(all_of_them.reasons_for), len(all_of_them.reasons_against)) > 3


def test_an_origin_is_something_known():
    source = replace(scorers.INDUSTRY, group="origin")
    silent = replace(scorers.rules(), compiled=(), card=scorers.rules().card)
    top = Rung(replace(bayes(), features=(source,)), SPREAD)
    plain = scorers.recipe().model_copy(update={"events": None})
    ladder = Ladder(plain, silent, (top, Rung(silent, silent.reference())))
    columns = {
        feature.name: np.array([None, "retail"], dtype=object)
        if feature.name == "industry"
        else np.full(2, np.nan)
        if feature.dtype == "number"
        else np.full(2, None, dtype=object)
        for feature in ladder.features
    }
    found = ladder.score_columns(columns, [Asked("a", NOW, True), Asked("b", NOW, True)])
    assert [THIN in score.warnings for score in found] == [True, False]


def test_two_rungs_may_name_one_feature_differently_for_people():
    one, other = (Filled(("phone",), called=name) for name in ("Phone no", "Phone_no"))
    assert (one.name, one == other) == (other.name, False)
    ladder = Ladder(scorers.recipe(), scorers.rules(), (linear_with(one), linear_with(other)))
    assert [feature for feature in ladder.features if feature.name == one.name] == [one]
