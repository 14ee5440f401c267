"""A wrong key is told in the same words by whatever held it: a recipe, a scorecard, a feature, a request."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from features.catalogue.json import load_features
from features.errors import LeadscoreError
from features.recipe.file import parse_recipe
from serving.answer.ladder import Ladder
from serving.api.envelope import score_items
from serving.rules.file import load_rules
from tests.made import scorers

RECIPE = "[tables]\nleads = 'a.csv'\n"


def of_recipe(line: str) -> str:
    return refusal(lambda: parse_recipe(f"{RECIPE}[gate]\n{line}\n"))


def of_scorecard(line: str) -> str:
    return refusal(lambda: load_rules(f"version = 1\n[scale]\n{line}\n", scorers.recipe()))


def of_feature(**keys: object) -> str:
    return refusal(lambda: load_features([{"type": "event_count", "kinds": ["a"], **keys}]))


def of_request(**keys: object) -> str:
    (answer,) = score_items(Ladder.by_rules(scorers.recipe()), [{"lead_id": "1", "fields": {}, **keys}], 0)
    return str(answer.error)


def refusal(read: Callable[[], object]) -> str:
    with pytest.raises(LeadscoreError) as refused:
        read()
    return refused.value.problem


def test_a_value_of_another_type() -> None:
    for said in (
        of_recipe("capacity_per_week = 'x'"),
        of_scorecard("base_rate = 'x'"),
        of_feature(window_days="x"),
        of_request(fields=3),
    ):
        assert " should be a valid " in said
        assert "Input" not in said


def test_a_key_that_nobody_knows() -> None:
    for said in (
        of_recipe("capacty = 1"),
        of_scorecard("base = 1"),
        of_feature(kind=["a"]),
        of_request(name=1),
    ):
        assert " is not known" in said
        assert "permitted" not in said
