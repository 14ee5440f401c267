"""Snapshots, labels and open leads against the definition in plain loops, over histories aimed at edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from features import Recipe, Tables, parse_recipe, tables_from_frames
from features.clock.instants import DAY_US, from_us, parse_moment
from features.snapshots import open_leads, snapshots

START_US = parse_moment("2025-01-01", "UTC")
CLOCK_US = START_US + 400 * DAY_US
AGES = (0, 5, 20)
HORIZON_US = 10 * DAY_US
_LOOK = settings(max_examples=40, deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
"""Cases are small as they are: making a counterexample smaller takes minutes and tells nothing more."""

Row = tuple[str, int, float, float | None, bool]
"""lead_id, as_of_us, age_days, label (None: not known), matured."""

_RECIPE = """
[recipe]
horizon_days = 10
[tables]
leads = "leads.csv"
{table}
[lead]
id = "lead_id"
created_at = "created_at"
[snapshots]
at_days = [0, 5, 20]
[split]
history_end = "{end}"
[outcomes]
{outcomes}
"""
_COLUMN = 'column = "stage"\noccurred_at = "occurred_at"'


@dataclass(frozen=True)
class Case:
    """A lead: when it was created (None: nobody knows), and its outcomes (stage, µs or None)."""

    created_us: int | None
    ends: tuple[tuple[str, int | None], ...]


# Days from the start and µs beside them: ages, horizons and ends fall on one another all the time.
_moments = st.builds(
    lambda day, beside: START_US + day * DAY_US + beside,
    st.sampled_from((0, 1, 5, 10, 15, 20, 25, 30, 35, 45)),
    st.sampled_from((0, 0, 0, 1, -1)),
)
_ends = st.tuples(
    st.sampled_from(("won", "lost", " Won ", "LOST", "qualified")), st.one_of(_moments, st.none())
)
_tables = st.lists(
    st.builds(Case, st.one_of(_moments, st.none()), st.lists(_ends, max_size=3).map(tuple)),
    min_size=1,
    max_size=6,
)
_columns = st.lists(
    st.builds(Case, st.one_of(_moments, st.none()), st.lists(_ends, max_size=1).map(tuple)),
    min_size=1,
    max_size=6,
)


def written(us: int | None) -> str | None:
    return None if us is None else from_us(us).isoformat()


def recipe_of(end_us: int, outcomes: str = "") -> Recipe:
    table = "" if "column" in outcomes else 'outcomes = "outcomes.csv"'
    return parse_recipe(_RECIPE.format(table=table, end=written(end_us), outcomes=outcomes))


def read(recipe: Recipe, cases: list[Case]) -> Tables:
    """The cases as a table of leads, and one of outcomes unless they stand in a column."""
    leads = pd.DataFrame(
        {"lead_id": [str(n) for n in range(len(cases))], "created_at": [written(c.created_us) for c in cases]}
    ).astype(object)
    if recipe.outcomes.column is not None:
        for place, name in enumerate(("stage", "occurred_at")):
            cells = [case.ends[0][place] if case.ends else None for case in cases]
            leads[name] = [written(c) if isinstance(c, int) else c for c in cells]
        return tables_from_frames(recipe, leads.astype(object), clock_us=CLOCK_US)
    rows = [(str(n), stage, written(us)) for n, case in enumerate(cases) for stage, us in case.ends]
    outcomes = pd.DataFrame(rows, columns=["lead_id", "stage", "occurred_at"], dtype=object)
    return tables_from_frames(recipe, leads, None, outcomes, clock_us=CLOCK_US)


def named(case: Case) -> list[tuple[str, int | None]]:
    return [(stage.strip().lower(), us) for stage, us in case.ends]


def is_closed(case: Case, as_of_us: int) -> bool:
    """By the last dated outcome; at one instant 'won' is after 'lost', and both after any other."""
    rank = {"lost": 1, "won": 2}
    known = sorted((us, rank.get(stage, 0)) for stage, us in named(case) if us is not None and us <= as_of_us)
    return bool(known) and known[-1][1] > 0


def is_won(case: Case, after_us: int, until_us: int) -> bool:
    return any(stage == "won" and us is not None and after_us < us <= until_us for stage, us in named(case))


def over_time(cases: list[Case], end_us: int) -> list[Row]:
    """Each lead at each age: the definition of an open lead, of a label and of maturity."""
    rows: list[Row] = []
    for number, case in enumerate(cases):
        if case.created_us is None or case.created_us > end_us or ("won", None) in named(case):
            continue
        for age in AGES:
            as_of_us = case.created_us + age * DAY_US
            if as_of_us > end_us or is_closed(case, as_of_us):
                continue
            matured = as_of_us + HORIZON_US <= end_us
            label = float(is_won(case, as_of_us, as_of_us + HORIZON_US)) if matured else None
            rows.append((str(number), as_of_us, float(age), label, matured))
    return sorted(rows)


def known_at_once(cases: list[Case], end_us: int, waits_us: int, losses_told: bool) -> list[Row]:
    """One look a lead; an outcome is known at once, or when the horizon is over."""
    rows: list[Row] = []
    for number, case in enumerate(cases):
        if case.created_us is None or case.created_us > end_us:
            continue
        told = [stage for stage, _ in named(case)]
        if losses_told:
            told = [stage for stage in told if stage in ("won", "lost")]
        matured = bool(told) and (waits_us == 0 or case.created_us + waits_us <= end_us)
        label = float("won" in told) if matured else None
        rows.append((str(number), case.created_us, 0.0, label, matured))
    return sorted(rows)


def rows_of(frame: pd.DataFrame) -> list[Row]:
    columns = ("lead_id", "as_of_us", "age_days", "label", "matured")
    return sorted(
        (str(lead), int(us), float(age), None if pd.isna(label) else float(label), bool(matured))
        for lead, us, age, label, matured in zip(*(frame[name] for name in columns), strict=True)
    )


@given(cases=_tables, end_us=_moments)
@_LOOK
def test_snapshots_are_those_of_the_definition(cases: list[Case], end_us: int) -> None:
    recipe = recipe_of(end_us)
    kept = [case for case in cases if case.created_us is not None]
    if kept and all(case.created_us > end_us for case in kept if case.created_us is not None):
        return  # refused in words, see test_recipe
    assert rows_of(snapshots(recipe, read(recipe, cases)).frame) == over_time(cases, end_us)


@pytest.mark.slow
@given(cases=_columns, end_us=_moments)
@_LOOK
def test_a_column_of_outcomes_is_read_as_a_table_of_them(cases: list[Case], end_us: int) -> None:
    # one dated outcome at least: with none, the outcome is that of the lead's only look
    cases = [*cases, Case(START_US - 90 * DAY_US, (("lost", START_US - 89 * DAY_US),))]
    recipe = recipe_of(end_us, _COLUMN)
    assert rows_of(snapshots(recipe, read(recipe, cases)).frame) == over_time(cases, end_us)


@pytest.mark.slow
@given(cases=_columns, end_us=_moments, lost=st.booleans())
@_LOOK
def test_outcomes_without_any_date_are_known_when_the_horizon_is_over(
    cases: list[Case], end_us: int, lost: bool
) -> None:
    cases = [Case(case.created_us, tuple((stage, None) for stage, _ in case.ends)) for case in cases]
    cases = [*cases, Case(START_US - 90 * DAY_US, (("lost", None),))]
    recipe = recipe_of(end_us, 'column = "stage"' + ("" if lost else "\nlost = []"))
    expected = known_at_once(cases, end_us, HORIZON_US, losses_told=False)
    assert rows_of(snapshots(recipe, read(recipe, cases)).frame) == expected


@pytest.mark.slow
@given(cases=_columns, end_us=_moments, lost=st.booleans())
@_LOOK
def test_outcomes_known_at_once_are_those_of_the_only_look(
    cases: list[Case], end_us: int, lost: bool
) -> None:
    cases = [*cases, Case(START_US - 90 * DAY_US, (("lost", None),))]
    recipe = recipe_of(end_us, 'column = "stage"\nat_once = true' + ("" if lost else "\nlost = []"))
    expected = known_at_once(cases, end_us, 0, losses_told=lost)
    assert rows_of(snapshots(recipe, read(recipe, cases)).frame) == expected


@pytest.mark.slow
@given(cases=_tables, as_of_us=_moments, column=st.booleans())
@_LOOK
def test_open_leads_are_those_of_the_definition(cases: list[Case], as_of_us: int, column: bool) -> None:
    if column:
        cases = [Case(case.created_us, case.ends[:1]) for case in cases]
    recipe = recipe_of(START_US + 60 * DAY_US, _COLUMN if column else "")
    opened = open_leads(recipe, read(recipe, cases), as_of_us)
    expected = [
        str(number)
        for number, case in enumerate(cases)
        if (case.created_us is None or case.created_us <= as_of_us)
        and not is_closed(case, as_of_us)
        and not any(us is None and stage in ("won", "lost") for stage, us in named(case))
    ]
    assert sorted(opened["lead_id"]) == sorted(expected)
    assert set(opened["as_of_us"]) <= {as_of_us}


def test_a_lead_created_at_the_very_moment_is_open() -> None:
    recipe = recipe_of(START_US + 60 * DAY_US)
    tables = read(recipe, [Case(START_US, ()), Case(START_US + 1, ())])
    assert open_leads(recipe, tables, START_US)["lead_id"].tolist() == ["0"]


def test_an_outcome_without_a_date_is_known_at_the_very_end_of_its_horizon() -> None:
    recipe = recipe_of(START_US + HORIZON_US, 'column = "stage"')
    tables = read(recipe, [Case(START_US, (("won", None),)), Case(START_US + 1, (("won", None),))])
    assert [row[3] for row in rows_of(snapshots(recipe, tables).frame)] == [1.0, None]


def losing(wins: int, losses: int, column: bool) -> tuple[Recipe, Tables]:
    """A company that dates its wins (on the fifth day) and not its losses."""
    cases = [Case(START_US, (("won", START_US + 4 * DAY_US),))] * wins
    cases += [Case(START_US, (("lost", None),))] * losses
    recipe = recipe_of(START_US + 60 * DAY_US, _COLUMN if column else "")
    return recipe, read(recipe, cases)


def test_undated_losses_do_not_raise_the_rate_of_wins_and_are_told() -> None:
    for column in (True, False):
        recipe, tables = losing(10, 90, column)
        found = snapshots(recipe, tables)
        first = found.frame[found.frame["age_days"] == 0]
        assert first["label"].mean() == 0.1
        assert ("lost leads without a date, counted as not won", 90) in found.account.rows()
        assert any("lost leads without a date: 90" in warning for warning in found.account.warnings)
        counted: Any = {(table, what): count for table, what, count, _ in tables.quality.rows()}
        assert counted["outcomes", "lost rows without a readable date"] == 90


def test_undated_wins_are_left_out_and_told() -> None:
    recipe = recipe_of(START_US + 60 * DAY_US, _COLUMN)
    dated = Case(START_US, (("won", START_US + 4 * DAY_US),))
    found = snapshots(recipe, read(recipe, [dated, Case(START_US, (("won", None),))]))
    assert set(found.frame["lead_id"]) == {"0"}
    assert any("won leads without a date, left out: 1" in warning for warning in found.account.warnings)
