"""A person's decision goes before what is computed while it holds; a rung is asked about what it can read."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from features.catalogue.accounts import AccountCount
from serving.answer.compose import Question, Rung, scored, unscored
from serving.asked import Asked, Decided
from serving.playbook.actions import Circumstances, next_action
from serving.playbook.maturity import Maturity
from serving.words import grade_note
from tests.made import scorers
from tests.serving.test_answer_composed import NOW, QUESTION, SPREAD, composed


def decided(maturity: Maturity, since: int = NOW, until: int = NOW + 1) -> Decided:
    return Decided(maturity, "anna", "met at the fair", since, until)


@pytest.mark.parametrize("maturity", ["cold", "warm", "hot"])
@pytest.mark.parametrize("row", [0, 1])
def test_what_a_person_decided_stands_and_decides_what_is_done(maturity: Maturity, row: int) -> None:
    background, computed = composed()
    plain = scored(Asked("a", NOW, True), background, row, computed, 1, QUESTION, [])
    found = scored(
        Asked("a", NOW, True, decided=decided(maturity)), background, row, computed, 1, QUESTION, []
    )
    excluded = background.excluded[row]
    case = Circumstances(
        NOW, maturity, background.stages[row], float(background.intent_days[row]),
        excluded_by=excluded if maturity == "cold" else (),
    )  # fmt: skip
    assert found.maturity == maturity
    assert found.next_action == next_action(case)
    assert found.maturity_because is not None
    assert "anna" in found.maturity_because
    assert found.override is not None
    assert (found.override.by, found.override.reason, found.override.computed) == (
        "anna", "met at the fair", plain.maturity,
    )  # fmt: skip
    changed = {"maturity", "maturity_because", "next_action", "override", "grade_note"}
    assert found.model_dump(exclude=changed) == plain.model_dump(exclude=changed)
    assert plain.override is None


@pytest.mark.parametrize(("since", "until"), [(NOW + 1, NOW + 9), (NOW - 9, NOW), (NOW - 9, NOW - 1)])
def test_before_it_was_made_and_once_it_has_ended_a_decision_changes_nothing(since: int, until: int) -> None:
    background, computed = composed()
    for row in (0, 1, 2):
        plain = scored(Asked("a", NOW, True), background, row, computed, 1, QUESTION, [])
        lead = Asked("a", NOW, True, decided=decided("cold", since, until))
        assert scored(lead, background, row, computed, 1, QUESTION, []) == plain


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("grade", ["A1", "D4"])
@pytest.mark.parametrize("maturity", ["cold", "hot"])
def test_a_grade_that_seems_to_contradict_is_explained_but_not_of_the_scorecard(
    language: Any, grade: str, maturity: Maturity
) -> None:
    background, computed = composed()
    background = replace(background, grades=[grade] * 3)
    computed = replace(computed, maturities=[maturity] * 2, answerers=[("rules", None), ("model", None)])
    question = Question(QUESTION.name, QUESTION.horizon_days, language)
    notes = [
        scored(Asked("b", NOW, True), background, 1, computed, at, question, []).grade_note for at in (0, 1)
    ]
    assert notes == [None, grade_note(grade, maturity, language)]
    assert (notes[1] is None) == ((grade == "A1") == (maturity == "hot"))


class Counting:
    """A scorer of which only what it reads is looked at."""

    def __init__(self, counts: bool) -> None:
        self.features = (*((AccountCount("leads"),) if counts else ()), scorers.SIZE)


@pytest.mark.parametrize("needs", [True, False])
@pytest.mark.parametrize("counts", [True, False])
@pytest.mark.parametrize("takes", [None, True, False])
def test_a_rung_is_asked_where_what_it_needs_was_told(needs: bool, counts: bool, takes: bool | None) -> None:
    seen: list[Asked] = []

    def choice(lead: Asked) -> bool:
        seen.append(lead)
        return bool(takes)

    rung = Rung(Counting(counts), SPREAD, needs_events=needs, takes=None if takes is None else choice)  # type: ignore[arg-type]
    assert bool(rung.counts) == counts
    for events, account in product([True, False], repeat=2):
        lead = Asked("a", NOW, events, account_told=account)
        able = (events or not needs) and (account or not counts) and takes is not False
        assert rung.may_answer(lead) == able
        assert all(one is lead for one in seen)
        seen.clear()


def test_an_answer_says_its_language_and_its_action_is_in_it() -> None:
    background, computed = composed()
    question = Question(QUESTION.name, QUESTION.horizon_days, "fr")
    told = scored(Asked("b", NOW, True), background, 1, computed, 1, question, [])
    case = Circumstances(NOW, told.maturity, background.stages[1], float(background.intent_days[1]))
    assert (told.language, told.next_action) == ("fr", next_action(case, "fr"))
    quiet = unscored(Asked("b", NOW, True, opted_out=True), background.stages[1], question)
    english = unscored(Asked("b", NOW, True, opted_out=True), background.stages[1], QUESTION)
    assert quiet.language == "fr"
    assert quiet.next_action is not None
    assert english.next_action is not None
    assert quiet.next_action.reason != english.next_action.reason


@pytest.mark.parametrize(("hot", "warm"), [(0.5, 0.2), (0.3, 0.3)])
def test_cut_offs_that_were_agreed_on_take_the_place_of_those_of_the_shares(hot: float, warm: float) -> None:
    cut = SPREAD.cut(hot, warm)
    assert (cut.hot, cut.warm) == (hot, warm)
    assert cut.model_dump(exclude={"hot", "warm"}) == SPREAD.model_dump(exclude={"hot", "warm"})
