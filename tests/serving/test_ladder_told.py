"""What a ladder tells beside the probability: its words, when and how much, the steps to a win; in time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features import parse_recipe
from features.clock.instants import DAY_US
from serving.answer.compose import take
from serving.answer.foreseen import foreseen
from serving.answer.ladder import Ladder
from serving.answer.milestones import MilestoneStep, reached, steps_of
from serving.answer.time_budget import TimeBudget
from serving.artefact.folder import Artefact, Lower, load_artefact, save_artefact
from serving.asked import asked_of
from serving.rules.default import default_rules
from serving.words.rates import Counted, ObservedRates
from tests.made import scorers
from tests.serving.test_ladder_laws import DEMO, VIEW, bayes, sent
from tests.serving.test_outlook import outlook
from tests.serving.test_rung_budget import hung

STEPS = """
[[milestone]]
name = "sql"
reached = ["sql"]
[[milestone]]
name = "won"
reached = ["won"]
after = ["sql"]
"""
LEADS = [
    sent("a", {"company_size": 9}, [VIEW, DEMO]),
    sent("b", {"company_size": 2000}),
    sent("c", {"industry": "x"}, None),
    sent("d"),
    sent("e", {"company_size": 40}, [DEMO], opted_out=True),
    sent("f", {"company_size": 5}, [VIEW], stage="sql"),
]


@pytest.fixture(scope="module")
def artefact(tmp_path_factory: pytest.TempPathFactory) -> Artefact:
    folder: Path = tmp_path_factory.mktemp("artefact")
    rules = default_rules(scorers.recipe())
    save_artefact(
        folder, scorers.manifest(), scorers.blend(), rules=rules, no_events=scorers.linear(), bayes=bayes(),
        outlook=outlook(),
    )  # fmt: skip
    return load_artefact(folder)


def test_a_ladder_has_the_observed_rates_and_the_outlook_of_its_artefact(artefact: Artefact) -> None:
    rates = ObservedRates(everyone=Counted(leads=900, converted=90))
    told = replace(artefact, manifest=artefact.manifest.model_copy(update={"rates": rates}))
    assert Ladder.of(told).rates == rates
    assert Ladder.of(told).speech.rates == rates
    assert Ladder.of(told).outlook is artefact.outlook
    lower = Ladder.of_lower(Lower(told.manifest, told.bayes, told.rules), "the model is not whole")
    assert (lower.rates, lower.outlook) == (rates, None)


def test_what_the_outlook_looks_at_is_computed_for_each_lead(artefact: Artefact) -> None:
    assert artefact.outlook is not None
    ladder = Ladder.of(artefact)
    assert set(artefact.outlook.features) <= set(ladder.features)


@pytest.mark.parametrize("events", [True, False])
def test_an_answer_is_that_of_the_rung_with_its_outlook_and_others_have_none(
    artefact: Artefact, events: bool
) -> None:
    ladder = Ladder.of(artefact)
    if not events:
        ladder = replace(ladder, recipe=ladder.recipe.model_copy(update={"events": None}))
    columns, asked = ladder.plan.columns(LEADS), [asked_of(lead) for lead in LEADS]
    plain = dict(enumerate(replace(ladder, outlook=None).score_columns(columns, asked)))
    scored = {row: one for row, one in plain.items() if one.status == "scored"}
    assert len(scored) == len(LEADS) - 1
    assert artefact.outlook is not None
    found = ladder.score_columns(columns, asked)
    assert list(found) == list((plain | foreseen(artefact.outlook, columns, asked, scored, events)).values())
    assert all(one.horizons for row, one in enumerate(found) if row in scored)


def test_words_come_in_the_language_that_is_asked_for(artefact: Artefact) -> None:
    ladder = Ladder.of(artefact)
    own = ladder.recipe.recipe.language
    other = "fr" if own == "en" else "en"
    assert ladder.told_in(None) is ladder
    assert ladder.told_in(own) is ladder
    french = ladder.told_in(other)
    assert french.recipe == ladder.recipe.told_in(other)
    assert french is not ladder
    assert ladder.told_in(other) is french, "made once"
    assert (french.rungs, french.rates, french.outlook) == (ladder.rungs, ladder.rates, ladder.outlook)
    here, there = ladder.score(LEADS), french.score(LEADS)
    assert [one.probability for one in here] == [one.probability for one in there]
    assert [one.language for one in there if one.status == "scored"] == [other] * 5


def _with_steps(ladder: Ladder) -> Ladder:
    """The ladder of a recipe with two steps, each with a ladder of its own."""
    recipe = parse_recipe(scorers.RECIPE.replace("[lead]", 'outcomes = "outcomes.csv"\n[lead]', 1) + STEPS)
    own = {recipe.of_milestone(name).name: ladder for name in ("sql", "won")}
    return replace(ladder, recipe=recipe, steps=steps_of(recipe, own))


def test_the_steps_to_a_win_are_told_of_every_answer(artefact: Artefact) -> None:
    ladder = _with_steps(Ladder.of(artefact))
    columns, asked = ladder.plan.columns(LEADS), [asked_of(lead) for lead in LEADS]
    found = dict(enumerate(ladder.score_columns(columns, asked)))
    scored = {row: one for row, one in found.items() if one.status == "scored"}
    bare = {row: one.model_copy(update={"milestones": []}) for row, one in scored.items()}
    assert scored == reached(ladder.steps, columns, asked, bare)
    assert {one.name for score in scored.values() for one in score.milestones} == {"sql", "won"}
    assert all(not one.milestones for row, one in found.items() if row not in scored)


def test_of_a_win_the_step_s_rungs_answer_first_and_are_read_by_the_ladder_s_own_reference(
    artefact: Artefact,
) -> None:
    ladder = _with_steps(Ladder.of(artefact))
    far = [rung for step in ladder.steps for rung in step.far(ladder.top.reference)]
    assert far
    assert {id(rung.reference) for rung in far} == {id(ladder.top.reference)}
    other = replace(
        ladder, rungs=tuple(replace(rung, reference=ladder.rungs[-1].reference) for rung in ladder.rungs)
    )
    for one in (ladder, other):
        (answer,) = one.score([LEADS[5]])
        moved = replace(far[0], reference=one.top.reference, takes=None)
        (alone,) = replace(one, rungs=(moved,), steps=()).score([LEADS[5]])
        assert (answer.score, answer.maturity) == (alone.score, alone.maturity)


def test_a_budget_holds_for_the_ladder_and_those_of_its_steps(artefact: Artefact) -> None:
    ladder, budget = _with_steps(Ladder.of(artefact)), TimeBudget(3.0)
    empty = MilestoneStep("none", ladder.recipe, wins=False)
    given = replace(ladder, steps=(*ladder.steps, empty)).within(budget)
    assert given.budget is budget
    assert [step.ladder and step.ladder.budget for step in given.steps] == [budget, budget, None]
    assert [step.name for step in given.steps] == ["sql", "won", "none"]
    assert replace(given, budget=None, steps=ladder.steps) == ladder


def test_who_answers_for_one_lead_is_who_answers_for_it_among_all(artefact: Artefact) -> None:
    leads = [*LEADS, sent("g", {"company_size": 9}, [VIEW], outcome="lost")]
    for ladder in (Ladder.of(artefact), _with_steps(Ladder.of(artefact))):
        columns, asked = ladder.plan.columns(leads), [asked_of(lead) for lead in leads]
        found = []
        for row, one in enumerate(asked):
            rung = ladder.answering(take(columns, np.array([row])), one)
            found.append(None if rung is None else rung.scorer.version)
        scores = ladder.score_columns(columns, asked)
        assert found == [one.scored_by.version if one.scored_by else None for one in scores]
        assert found[4] is None
        assert found[6] is None


def test_each_lead_is_told_by_its_own_moment(artefact: Artefact) -> None:
    ladder = Ladder.of(artefact)
    early = [replace(lead, as_of_us=lead.as_of_us - days * DAY_US) for days, lead in enumerate(LEADS[:2])]
    alone = [ladder.score([lead])[0] for lead in early]
    assert list(ladder.score(early)) == alone


def test_rungs_are_asked_within_the_ladder_s_budget(artefact: Artefact) -> None:
    budget = TimeBudget(0.05, rest_seconds=0.0)
    hanging, climbing = hung(Ladder.of(artefact), budget)
    try:
        (answer,) = climbing.score(LEADS[:1])
    finally:
        hanging.let_go.set()
    assert answer.scored_by is not None
    assert answer.scored_by.version == climbing.rungs[1].scorer.version
    assert budget.passed_over == {("model", "slow"): 1}
