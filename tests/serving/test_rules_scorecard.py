"""The scorecard: points by band, word and event; caps, half-lives, exclusions; errors with their place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from features import LeadscoreError
from features.columns import Column
from serving.rules.default import default_rules
from serving.rules.file import load_rules, rules_text
from serving.rules.rules import Rules
from tests.laws.scorer_laws import blank
from tests.made import scorers

HEAD = "version = 1\n"


def made(text: str) -> Rules:
    return load_rules(HEAD + text, scorers.recipe())


def asked(rules: Rules, **given: list[object]) -> dict[str, Column]:
    """Columns of the rules' features, named by feature or by the field they start with; others missing."""
    rows = len(next(iter(given.values())))
    columns: dict[str, Column] = {}
    for feature in rules.features:
        cells = given.get(feature.name)
        if feature.dtype == "number":
            columns[feature.name] = np.array(cells if cells else [np.nan] * rows, dtype=np.float64)
        else:
            columns[feature.name] = np.array(cells if cells else [None] * rows, dtype=object)
    return columns


def test_a_band_holds_its_lower_end_and_the_first_that_fits_counts() -> None:
    rules = made(
        """
[[fit]]
name = "size"
field = "company_size"
bands = [{ to = 10, points = 1 }, { from = 10, to = 50, points = 5 }, { from = 40, points = 9 }]
other = 2
missing = -3
"""
    )
    fit, engagement = rules.points(asked(rules, company_size=[0.0, 10.0, 45.0, 50.0, np.nan]))
    assert fit.tolist() == [1, 5, 5, 9, -3]
    assert engagement.tolist() == [0] * 5


def test_categories_match_whatever_their_case() -> None:
    rules = made(
        """
[[fit]]
name = "industry"
field = "industry"
match = { "Soft  Ware" = 20, retail = 10 }
other = -1
missing = 3
"""
    )
    fit, _ = rules.points(asked(rules, industry=["soft ware", "retail", "banking", None]))
    assert fit.tolist() == [20, 10, -1, 3]


def test_the_first_list_of_keywords_that_hits_gives_the_points() -> None:
    rules = made(
        """
[[fit]]
name = "title"
field = "title"
keywords = [{ words = ["vp"], points = 20 }, { words = ["sales"], points = 10 }]
other = 1
missing = -2
"""
    )
    fit, _ = rules.points(asked(rules, title_has_vp=[1, 0, 0, np.nan], title_has_sales=[1, 1, 0, np.nan]))
    assert fit.tolist() == [20, 10, 1, -2]


def test_events_count_up_to_a_cap_in_both_directions() -> None:
    rules = made(
        """
[[engagement]]
name = "demo"
events = ["demo_request"]
points = 30
half_life_days = 10
cap = 45

[[engagement]]
name = "left"
events = ["unsubscribe"]
points = -20
cap = 30
"""
    )
    columns = asked(
        rules, decayed_demo_request_10d=[0.5, 1, 5, np.nan], count_unsubscribe_ever=[0, 1, 2, np.nan]
    )
    assert rules.points(columns)[1].tolist() == [15, 10, 15, 0]


def test_silence_costs_points_only_to_those_who_once_spoke() -> None:
    rules = made(
        """
[[engagement]]
name = "silent"
events = ["page_view"]
points = -15
silent_days = 90
"""
    )
    assert rules.points(asked(rules, recency_page_view=[90.0, 90.5, np.nan]))[1].tolist() == [0, -15, 0]


def test_an_exclusion_is_named_and_costs_the_fit() -> None:
    rules = made('[[exclude]]\nname = "competitor"\nfield = "industry"\nmatch = ["rival"]\n')
    columns = asked(rules, industry=["rival", "other"])
    assert rules.read(columns)[2] == [("competitor",), ()]
    assert rules.points(columns)[0].tolist() == [-100, 0]


def test_two_rules_on_one_field_add_up_in_points_and_in_contributions() -> None:
    rule = '[[fit]]\nname = "x"\nfield = "industry"\nmatch = {{ retail = {} }}\n'
    rules = made(rule.format(5) + rule.format(7))
    columns = asked(rules, industry=["retail"])
    assert rules.points(columns)[0].tolist() == [12]
    assert rules.contributions(columns).values.tolist() == [[12 * rules.card.scale.per_point]]


def test_a_scorecard_without_rules_answers_with_its_prior() -> None:
    rules = made("[scale]\nbase_rate = 0.2\ntypical_points = 0\n")
    probability = rules.probability(rules.margin({"anything": np.zeros(2)}))
    np.testing.assert_allclose(probability, [0.2, 0.2])


def test_grades_go_from_a1_to_d4() -> None:
    rules = made("[cuts]\nfit = [30, 20, 10]\nengagement = [30, 20, 10]\n")
    grades = rules.grades(np.array([30.0, 29.9, 10.0, -5.0]), np.array([50.0, 20.0, 19.0, 0.0]))
    assert grades == ["A1", "B2", "C3", "D4"]


def test_before_training_the_score_is_the_sum_of_points() -> None:
    rules = made("")
    reference = rules.reference()
    margins = rules.margin({"x": np.zeros(1)}) + rules.card.scale.per_point * np.array([-40, 1, 42, 99, 300])
    assert reference.scores(rules.probability(margins)) == [1, 1, 42, 99, 99]
    assert reference.maturities(rules.probability(margins)) == ["cold", "cold", "warm", "hot", "hot"]


def test_the_default_scorecard_fits_every_vocabulary_and_likes_what_sales_people_like() -> None:
    rules = load_rules(default_rules(scorers.recipe()), scorers.recipe())
    nobody = {name: blank(column) for name, column in scorers.columns(tuple(rules.features), 1).items()}
    asked_for_a_demo = {**nobody, "decayed_demo_request_60d": np.array([1.0])}
    assert rules.margin(asked_for_a_demo)[0] > rules.margin(nobody)[0]
    bare = scorers.recipe().model_copy(update={"events": None})
    assert load_rules(default_rules(bare), bare).features


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[fit]]\nname = 'x'\nfield = 'industri'\nmatch = { a = 1 }", ["[fit] number 1", "'industry'?"]),
        ("[[fit]]\nname = 'x'\nfield = 'title'\nmatch = { a = 1 }", ["key 'match'", "is a text"]),
        (
            "[[fit]]\nname = 'x'\nfield = 'industry'\nkeywords = [{words=['a'], points=1}]",
            ["read text", "keywords"],
        ),
        ("[[fit]]\nname = 'x'\nfield = 'industry'\nbands = [{points=1}]", ["key 'bands'", "is a category"]),
        ("[[fit]]\nname = 'x'\nfield = 'industry'", ["[fit] number 1", "exactly one of"]),
        (
            "[[fit]]\nname='x'\nfield='company_size'\nbands=[{from=5, to=5, points=1}]",
            ["'from' must be below"],
        ),
        (
            "[[engagement]]\nname = 'x'\nevents = ['demo']\npoints = 1",
            ["[engagement] number 1", "demo_request"],
        ),
        (
            "[[engagement]]\nname = 'x'\nevents = ['page_view']\npoint = 1",
            ["'point'", "is not known", "points"],
        ),
        ("[[exclude]]\nname = 'x'\nfield = 'industry'", ["[exclude] number 1", "either"]),
        ("[scale]\nbase_rate = 2", ["[scale], key 'base_rate'", "less than 1"]),
        ("[cuts]\nfit = [1, 2, 3]", ["[cuts]", "must fall"]),
        ("[points]\na = 1", ["'points'", "is not known", "engagement"]),
        ("[[fit]", ["not valid TOML"]),
    ],
)
def test_an_error_names_section_and_key(text: str, said: list[str]) -> None:
    with pytest.raises(LeadscoreError) as refused:
        made(text)
    for words in said:
        assert words in refused.value.problem, refused.value.problem
    assert refused.value.remedy


def test_an_absent_scorecard_of_the_recipe_is_said_with_its_key(tmp_path: Path) -> None:
    recipe = scorers.recipe().model_copy(update={"rules": "nowhere.toml"})
    with pytest.raises(
        LeadscoreError, match=r"recipe: rules 'nowhere\.toml': no such text file in"
    ) as refused:
        rules_text(recipe, tmp_path)
    assert "'rules'" in refused.value.remedy


def test_an_absent_scorecard_is_said() -> None:
    with pytest.raises(LeadscoreError, match="no such scorecard"):
        load_rules("nowhere.toml", scorers.recipe())
