"""Open, label and maturity, as the design decides them, on tables small enough to check by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from features import LeadscoreError, parse_recipe, tables_from_frames
from features.clock.instants import DAY_US, parse_moment
from features.snapshots import open_leads, snapshots
from features.snapshots.snapshots import Snapshots

_HEAD = """
[recipe]
horizon_days = 10
[tables]
leads = "leads.csv"
outcomes = "outcomes.csv"
[lead]
id = "lead_id"
created_at = "created_at"
[snapshots]
at_days = [0, 5, 20]
"""
CLOCK_US = parse_moment("2026-06-01", "UTC")


def look(outcomes: list[tuple[str, str, str]], created: str = "2025-01-01", tail: str = "") -> Snapshots:
    """Snapshots of lead 'a' (and of 'end', created 2025-03-01, which ends the history)."""
    recipe = parse_recipe(_HEAD + tail)
    leads = pd.DataFrame({"lead_id": ["a", "end"], "created_at": [created, "2025-03-01"]})
    frame = pd.DataFrame(outcomes, columns=["lead_id", "stage", "occurred_at"], dtype=object)
    return snapshots(recipe, tables_from_frames(recipe, leads, None, frame, clock_us=CLOCK_US))


def of_a(found: Snapshots) -> dict[float, float | None]:
    """age_days → label of lead 'a', None where unknown."""
    frame = found.frame[found.frame["lead_id"] == "a"]
    return {
        age: None if label != label else label
        for age, label in zip(frame["age_days"], frame["label"], strict=True)
    }


def test_won_within_the_horizon_counts_from_the_snapshots_before_it() -> None:
    assert of_a(look([("a", "won", "2025-01-12T00:00:00Z")])) == {0.0: 0.0, 5.0: 1.0}


def test_won_exactly_at_the_horizon_counts_and_a_microsecond_later_does_not() -> None:
    assert of_a(look([("a", "won", "2025-01-11T00:00:00Z")]))[0.0] == 1.0
    assert of_a(look([("a", "won", "2025-01-11T00:00:00.000001Z")]))[0.0] == 0.0


def test_won_exactly_at_as_of_is_closed_not_converted() -> None:
    assert of_a(look([("a", "won", "2025-01-06T00:00:00Z")])) == {0.0: 1.0}


def test_lost_and_later_won_within_the_horizon_counts_as_won_and_lost_leads_are_not_looked_at() -> None:
    found = of_a(look([("a", "lost", "2025-01-03T00:00:00Z"), ("a", "Won ", "2025-01-08T00:00:00Z")]))
    assert found == {0.0: 1.0}


def test_a_reopened_lead_is_looked_at_again() -> None:
    found = look([("a", "lost", "2025-01-03T00:00:00Z"), ("a", "qualified", "2025-01-04T00:00:00Z")])
    assert of_a(found) == {0.0: 0.0, 5.0: 0.0, 20.0: 0.0}


def test_an_outcome_date_without_time_is_the_end_of_its_day() -> None:
    assert of_a(look([("a", "won", "2025-01-10")]))[0.0] == 1.0
    assert of_a(look([("a", "won", "2025-01-11")]))[0.0] == 0.0


def test_rows_that_have_not_matured_are_unknown_even_when_won() -> None:
    found = look([("a", "won", "2025-02-25T00:00:00Z")], created="2025-02-20")
    frame = found.frame[found.frame["lead_id"] == "a"]
    assert frame["matured"].tolist() == [False]
    assert frame["label"].isna().all()
    assert (frame["label_known_us"] == frame["as_of_us"] + 10 * DAY_US).all()


def test_maturity_ends_exactly_at_the_end_of_the_history() -> None:
    assert of_a(look([], created="2025-02-19"))[0.0] == 0.0
    assert of_a(look([], created="2025-02-19T00:00:00.000001"))[0.0] is None


def test_won_before_creation_was_never_open_and_is_counted() -> None:
    found = look([("a", "won", "2024-12-31T00:00:00Z")])
    assert of_a(found) == {}
    assert ("closed before", 3) in found.account.rows()


def test_won_nobody_knows_when_is_left_out_not_negative() -> None:
    found = look([("a", "won", "some day")])
    assert of_a(found) == {}
    assert ("won leads without a date, left out", 1) in found.account.rows()


def test_lost_nobody_knows_when_is_not_won_at_any_age() -> None:
    assert of_a(look([("a", "lost", "some day")])) == {0.0: 0.0, 5.0: 0.0, 20.0: 0.0}


def test_train_from_drops_leads_created_before_it() -> None:
    found = look([], created="2025-01-01", tail='[split]\ntrain_from = "2025-01-02"')
    assert set(found.frame["lead_id"]) == {"end"}
    assert ("leads created before split.train_from", 1) in found.account.rows()


def test_every_planned_snapshot_is_accounted_for() -> None:
    rows = dict(look([("a", "lost", "2025-01-03T00:00:00Z")]).account.rows())
    assert rows["planned snapshots"] == 6
    assert (
        rows["planned snapshots"] - rows["planned after the end of the history"] - rows["closed before"]
        == (rows["snapshots"])
    )
    assert (
        rows["snapshots"] - rows["snapshots not matured or without a known outcome"]
        == rows["matured snapshots"]
    )


def test_the_rows_are_in_order_of_time() -> None:
    frame = look([]).frame
    assert frame["as_of_us"].is_monotonic_increasing
    assert frame["order"].tolist() == list(range(len(frame)))


def test_open_leads_are_those_created_and_not_closed() -> None:
    recipe = parse_recipe(_HEAD)
    leads = pd.DataFrame(
        {"lead_id": ["a", "b", "late"], "created_at": ["2025-01-01", "2025-01-01", "2025-02-01"]}
    )
    outcomes = pd.DataFrame([("b", "lost", "2025-01-03")], columns=["lead_id", "stage", "occurred_at"])
    tables = tables_from_frames(recipe, leads, None, outcomes, clock_us=CLOCK_US)
    at = open_leads(recipe, tables, parse_moment("2025-01-20", "UTC"))
    assert at["lead_id"].tolist() == ["a"]
    assert at["row"].tolist() == [0]


_FLAT = """
[tables]
leads = "leads.csv"
[lead]
order = "week"
[lead.fields]
age = { type = "number" }
[outcomes]
column = "y"
won = ["yes"]
lost = ["no"]
at_once = true
[snapshots]
at_days = [0]
"""


def test_without_dates_a_column_stands_for_time_and_an_empty_outcome_is_unknown() -> None:
    recipe = parse_recipe(_FLAT)
    leads = pd.DataFrame({"age": [1, 2, 3, 4], "week": [9, 8, 10, 8], "y": ["yes", "no", None, " YES"]})
    frame = snapshots(recipe, tables_from_frames(recipe, leads)).frame
    assert frame["lead_id"].tolist() == ["1", "3", "0", "2"]
    assert frame["label"].tolist()[:3] == [0.0, 1.0, 1.0]
    assert frame["matured"].tolist() == [True, True, True, False]
    assert (frame["label_known_us"] == frame["as_of_us"]).all()


def test_a_recipe_without_outcomes_has_no_snapshots() -> None:
    recipe = parse_recipe('[tables]\nleads = "leads.csv"\n[lead]\nid = "lead_id"')
    with pytest.raises(LeadscoreError, match="no outcomes"):
        snapshots(recipe, tables_from_frames(recipe, pd.DataFrame({"lead_id": ["a"]})))


def test_a_stage_that_is_neither_won_nor_lost_is_unknown_where_losses_are_told() -> None:
    leads = pd.DataFrame({"age": [1, 2, 3], "week": [1, 2, 3], "y": ["yes", "maybe", "no"]})
    told = parse_recipe(_FLAT)
    frame = snapshots(told, tables_from_frames(told, leads)).frame
    assert frame["matured"].tolist() == [True, False, True]
    untold = parse_recipe(_FLAT.replace('lost = ["no"]', "lost = []").replace("[0]", "[2]"))
    frame = snapshots(untold, tables_from_frames(untold, leads)).frame
    assert frame["label"].tolist() == [1.0, 0.0, 0.0]
    assert frame["age_days"].tolist() == [0.0, 0.0, 0.0]
    assert frame["created_us"].tolist() == frame["as_of_us"].tolist()
    assert str(frame["created_us"].dtype) == "int64"


_ONE_LOOK = """
[recipe]
horizon_days = 10
[tables]
leads = "leads.csv"
[lead]
id = "lead_id"
created_at = "created_at"
[outcomes]
column = "stage"
won = ["won"]
[snapshots]
at_days = [3]
"""


def test_the_only_look_is_at_the_first_planned_age_and_its_outcome_known_at_the_horizon() -> None:
    recipe = parse_recipe(_ONE_LOOK)
    leads = pd.DataFrame(
        {
            "lead_id": ["a", "b", "end"],
            "created_at": ["2025-01-01", "2025-01-02", "2025-03-01"],
            "stage": ["won", "talks", "won"],
        }
    )
    frame = snapshots(recipe, tables_from_frames(recipe, leads, clock_us=CLOCK_US)).frame
    created = [parse_moment(day, "UTC") for day in leads["created_at"]]
    assert frame["created_us"].tolist() == created
    assert frame["as_of_us"].tolist() == [us + 3 * DAY_US for us in created]
    assert frame["age_days"].tolist() == [3.0, 3.0, 3.0]
    assert frame["label_known_us"].tolist() == [us + 13 * DAY_US for us in created]
    assert frame["matured"].tolist() == [True, True, False]
    assert frame["label"].tolist()[:2] == [1.0, 0.0]
    assert {str(frame[name].dtype) for name in ("as_of_us", "created_us", "label_known_us")} == {"int64"}


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("history_end", "2024-12-01", "ends before the first lead"),
        ("train_from", "2025-04-01", "leaves no lead"),
    ],
)
def test_a_split_outside_the_history_is_told_with_the_span_of_the_leads(key, value, what) -> None:
    with pytest.raises(LeadscoreError) as told:
        look([], tail=f'[split]\n{key} = "{value}"\n')
    assert told.value.problem == (
        f"recipe: [split] {key} '{value}' {what}: leads were created from 2025-01-01 to 2025-03-01."
    )
    assert told.value.remedy == f"Choose a date inside that span, or leave {key} out."


def test_leads_that_are_not_looked_at_are_counted_by_why_and_those_alone_are_warned_of() -> None:
    days = pd.date_range("2025-01-01", periods=120).strftime("%Y-%m-%d").tolist()
    created = [*days, "1999-05-05", "", "2025-05-20", "2025-05-21", "2025-05-22"]
    leads = pd.DataFrame({"lead_id": [f"l{i}" for i in range(len(created))], "created_at": created})
    none = pd.DataFrame({"lead_id": [], "stage": [], "occurred_at": []}, dtype=object)
    recipe = parse_recipe(_HEAD + '[split]\nhistory_end = "2025-05-15"\n')
    account = snapshots(recipe, tables_from_frames(recipe, leads, None, none, clock_us=CLOCK_US)).account
    counted = dict(account.rows())
    assert counted["leads without a creation time"] == 1
    assert counted["leads created after the end of the history"] == 3
    assert counted["leads created alone, long before all others"] == 1
    (warning,) = account.warnings
    assert warning.startswith("leads created alone, long before all others, left out: 1. Correct the date")


def test_where_nothing_is_odd_nothing_is_warned_of() -> None:
    assert look([("a", "won", "2025-01-12T00:00:00Z")]).account.warnings == []
