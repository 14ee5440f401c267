"""A report says what the evidence says: of groups, both origins, a champion, conditions and fields."""

from __future__ import annotations

from dataclasses import replace

import pytest

from serving.page.look import look
from tests.made.runs import Seen, assert_self_contained, difference, made_group, made_run, with_champion
from training.figures.rates import Rate
from training.figures.weeks import WeekLists
from training.judging.evidence import Evidence
from training.judging.gate import Check
from training.report.evidence.before import agreement
from training.report.evidence.conditions import failures, in_words, title
from training.report.evidence.groups import in_words as of_groups
from training.report.evidence.time import in_words as of_months
from training.report.facts import speed
from training.report.names import NAMES
from training.report.report import report


def origin(**sides: tuple[float, float]) -> Evidence:
    """Evidence in which the model minus each rival has the given interval in log loss."""
    evidence = made_run(60).evidence
    assert evidence is not None
    found = [difference(name, *ends) for name, ends in sides.items()]
    return evidence.model_copy(update={"differences": found})


BETTER, LEVEL, WORSE = (-0.02, -0.01), (-0.01, 0.01), (0.01, 0.02)


def test_origins_that_say_the_same_agree():
    words = agreement(origin(rules=BETTER, bayes=LEVEL), origin(rules=BETTER, bayes=LEVEL))
    assert words.startswith("Both origins agree")
    assert "surely better than the scorecard rules" in words
    assert "level with Bayes rates" in words


def test_origins_that_contradict_each_other_are_said_to_disagree():
    words = agreement(origin(rules=BETTER, logistic=BETTER), origin(rules=BETTER, logistic=WORSE))
    assert words.startswith("The two origins disagree about logistic regression")
    assert "against logistic regression worse before and better now" in words


def test_a_gain_that_was_not_sure_before_is_no_contradiction():
    words = agreement(origin(bayes=BETTER), origin(bayes=LEVEL))
    assert words.startswith("The two origins do not contradict each other")
    assert "against Bayes rates level before and better now" in words


def test_both_origins_stand_side_by_side_with_their_periods():
    seen = assert_self_contained(report(made_run()))
    for words in ("log loss, now", "log loss, before", "AUC, now", "AUC, before", "Both origins agree"):
        assert words in seen.text
    assert "Now: 2025-01-01 to 2025-05-01" in seen.text
    assert "before: 2024-10-03 to 2025-01-01" in seen.text


def test_a_run_without_an_earlier_origin_says_so():
    run = made_run()
    assert run.evidence is not None
    alone = replace(run, evidence=run.evidence.model_copy(update={"earlier": []}))
    text = assert_self_contained(report(alone)).text
    assert "No earlier origin could be judged" in text
    assert "log loss, before" not in text


def test_groups_that_are_surely_promised_wrongly_are_named():
    groups = [made_group("paid", 0.5, 0.9), made_group("event", 1.1, 1.6), made_group("social", 0.8, 1.2)]
    words = of_groups(groups)
    assert "origin = paid is promised too much" in words
    assert "origin = event is promised too little" in words
    assert "social" not in words
    assert of_groups(groups[2:]) == "No group is surely served badly."


def test_a_group_that_the_present_answer_orders_better_is_named():
    group = made_group("paid", 0.8, 1.2).model_copy(update={"auc_difference": {"rules": (-0.1, -0.03)}})
    assert of_groups([group]) == "origin = paid is ordered worse than by the scorecard rules."


def test_groups_new_accounts_and_who_answers_for_a_segment_are_shown():
    text = assert_self_contained(report(made_run())).text
    assert "Who answers for which segment" in text
    assert "own minus parent in log loss [−0.0100, −0.0020]" in text
    assert "each interval holds 97.5 %" in text
    assert "Leads of accounts that no fitted row belongs to, 800 rows" in text


def test_groups_are_judged_once_and_every_table_says_what_was_found_there():
    """One interval in twenty misses by chance: no table may call a group wrong that the evidence does not."""
    run = made_run(9000)
    assert run.evidence is not None
    assert run.test is not None
    column = run.segments["region"]
    wide = {level: made_group(level, 0.7, 1.3, "region") for level in ("north", "south")}
    off = run.probabilities["model"].copy()
    off[column == "north"] *= 1.4
    told = replace(run, probabilities=run.probabilities | {"model": off})
    calm = told.evidence.model_copy(update={"segments": list(wide.values())})
    text = assert_self_contained(report(replace(told, evidence=calm))).text
    assert text.count("No group is surely served badly.") == 2, "where groups are judged, and in the card"
    assert "(too much)" not in text
    assert "(outside)" not in text
    wrong = [made_group("north", 0.5, 0.8, "region"), *[g for level, g in wide.items() if level != "north"]]
    text = assert_self_contained(
        report(replace(told, evidence=calm.model_copy(update={"segments": wrong})))
    ).text
    assert text.count("region = north is promised too much.") == 2
    assert text.count("(too much)") == 1


def test_a_run_without_groups_and_accounts_says_so():
    run = made_run()
    assert run.evidence is not None
    bare = run.evidence.model_copy(update={"segments": [], "new_accounts": None})
    text = assert_self_contained(report(replace(run, evidence=bare, answering=[]))).text
    assert "No group of a declared attribute has 100 converted test rows" in text
    assert "the leads belong to no accounts" in text
    assert "Who answers for which segment" not in text


def test_a_champion_is_drawn_beside_the_model_everywhere():
    run = with_champion(made_run())
    page = report(run)
    assert "by the present champion, and " in Seen(page).text
    for key in ("verdict", "capacity", "gains", "calibration"):
        drawn = page.partition(f'<section id="{key}">')[2].partition("</section>")[0]
        assert "the present champion" in drawn.partition("<svg")[2].partition("</svg>")[0], key


def test_no_two_scorers_look_alike_without_colour():
    looks = [look(name) for name in NAMES if name != "base_rate"]
    assert len({(one.dash, one.mark) for one in looks}) == len(looks)
    assert len({one.mark for one in looks}) == len(looks)


def test_the_best_by_truth_find_more_than_any_order():
    made = made_run()
    weeks = WeekLists.of(made.test, made.probabilities)
    model, chance = weeks.brought("model", 30), weeks.brought("base_rate", 30)
    assert model is not None
    assert chance is not None
    assert model.mean > 1.5 * chance.mean


def test_a_team_with_time_for_everybody_is_told_so():
    run = replace(made_run(900), capacity=60)
    weeks = WeekLists.of(run.test, run.probabilities)
    found = weeks.brought("model", 60)
    assert found is not None
    assert found.calls < 50, "a third of the rows are new leads"
    text = Seen(report(run)).text
    assert "The recipe says 60 calls a week: that is time for nearly every lead" in text
    assert "Call the best 12 a week" in text or "Call the best 30 a week" in text
    assert "time for nearly every lead" not in Seen(report(made_run(9000))).text


def test_every_condition_is_told_in_words_without_code():
    run = with_champion(made_run())
    told = [(title(check), in_words(check)) for check in run.checks]
    assert "Better than the present champion, beyond chance" in [name for name, _ in told]
    text = " ".join(f"{name} {words}" for name, words in told)
    for code in ("base_rate", "newest_first", "observed_expected", "observed/expected", " -0."):
        assert code not in text


def test_a_refusal_names_the_condition_that_is_not_met():
    check = Check(
        name="gain over rules", passed=False, words="log loss minus that of rules: +0.0100 [-1, +1]."
    )
    run = replace(made_run(), verdict="refuse", checks=[check], reasons=[check.words])
    expected = (
        "Not met: Better than the scorecard rules, beyond chance. Log loss, less that of the scorecard rules"
    )
    assert failures(run)[0].startswith(expected)


@pytest.mark.parametrize(
    ("promised", "said"),
    [
        ([0.1, 0.1, 0.1], "In each month what was promised came"),
        ([0.1, 0.2, 0.1], "Promised too much in 2025-02, beyond chance"),
        ([0.2, 0.2, 0.2], "That lasts"),
        ([0.05, 0.2, 0.1], "too much in 2025-02 and too little in 2025-01"),
    ],
)
def test_months_that_miss_their_promise_are_named(promised, said):
    rates = [Rate(500, 50, 0.1, 0.08, 0.13)] * 3
    assert said in of_months(["2025-01", "2025-02", "2025-03"], rates, promised, "month")


def test_fields_that_are_filled_differently_now_are_pointed_at():
    text = Seen(report(made_run())).text
    assert "1 of 2 fields are filled in nearly every row" in text
    assert "Filled differently in the test than in the fit rows: north" in text
    assert "emptier now" in text


def test_the_time_of_an_answer_is_said_with_its_part_for_reasons():
    evidence = made_run(60).evidence
    assert evidence is not None
    assert evidence.latency is not None
    assert speed(evidence.latency).startswith("1.5 ms in the middle, 95\xa0% within 3 ms; 0.5 ms of it")
