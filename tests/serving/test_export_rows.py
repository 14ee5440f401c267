"""What each row of an export is asked for, or why it is not: the whole table written out by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from features import parse_recipe
from features.cells.parse import date_expected
from features.clock.instants import parse_moment
from features.lead.lead import UNDATED, events_noted
from serving.batch.rows import ExportRows
from serving.batch.whole import read_tables_of_export
from serving.playbook.stage import Asked
from serving.score import NO_ID, OWN_ID
from serving.words.translation import translated

AS_OF = "2026-03-02T12:00:00+00:00"
NOW = parse_moment(AS_OF, "UTC")
RECIPE = """
[recipe]
name = "acme"
horizon_days = 30
[tables]
leads = "leads.csv"
{events}
[lead]
id = "lead_id"
{created}
opted_out = "opted_out"
[lead.fields.size]
type = "number"
[outcomes]
won = ["won"]
lost = ["lost"]
{outcomes}
"""
KINDS = """
[events.kinds]
demo = "intent"
"""
EVENTS = 'events = "events.csv"'
CREATED = 'created_at = "created_at"'
COLUMN = 'column = "stage"\noccurred_at = "ended_at"'
HAPPENED = """lead_id,occurred_at,kind
a,2026-03-01,demo
a,2026-03-04,demo
b,2026-03-04,demo
b,2026-03-05,demo
odd,soon,demo
odder,soon,demo
"""
DATE = f"cannot be read; expected {date_expected(None)}"


@dataclass(frozen=True)
class Row:
    """A row as it stands in the file, and what must become of it.

    `asked` is (stage, outcome, opted out, notes) of a row that is scored; `problems` are (field, problem) of
    one that is not; `copy` is the earlier row whose answer it shares.
    """

    cells: str
    asked: tuple[str | None, str | None, bool, list[str]] | None = None
    problems: tuple[tuple[str, str], ...] = ()
    copy: int | None = None


LATER = [events_noted(0, 1)[0], events_noted(0, 2)[0]]
TABLE = [
    # lead_id, created_at, opted_out, size, stage, ended_at
    Row("a,2026-02-01,no,5, In talks ,", ("In talks", None, False, LATER[:1])),
    Row("b,2026-02-01,yes,5,,", (None, None, True, LATER[1:])),
    Row("won,2026-01-01,no,5,won,2026-02-01", ("won", "won", False, [])),
    Row("lost,2026-01-01,no,5,LOST,", ("LOST", "lost", False, [])),
    Row("later,2026-01-01,no,5,won,2026-03-05", (None, None, False, [])),
    Row("undated,,no,5,,", (None, None, False, [UNDATED])),
    Row("many,2026-02-01,no,many,,", problems=(("size", "cannot be read; expected a number such as 12.5"),)),
    Row("tocome,2026-12-01,no,5,,", problems=(("created_at", "is after as_of"),)),
    Row("ended,2026-02-01,no,5,won,some day", problems=(("ended_at", DATE),)),
    Row("odd,2026-02-01,no,5,,", problems=(("events[line 6].occurred_at", DATE),)),
    Row("shifted,2026-02-01,no,5,,,beyond", problems=(("row", "the row has more or fewer cells"),)),
    Row(",2026-02-01,no,5,,", problems=(("lead_id", NO_ID),)),
    Row(",2026-02-01,no,5,,", problems=(("lead_id", NO_ID),)),
    Row("a,2026-02-01,no,6,,", problems=(("lead_id", "appeared before with other cells"),)),
    Row("a,2026-02-01,no,5, In talks ,", copy=0),
    Row("many,2026-02-01,no,many,,", copy=6),
    Row("both,soon,no,many,,", problems=(("created_at", DATE), ("size", "cannot be read"))),
    Row("c,2026-02-01,no,7,,", (None, None, False, [])),
    Row("now,2026-03-02T12:00:00Z,no,5,,", (None, None, False, [])),
    Row(
        "odder,2026-02-01,no,many,,",
        problems=(("events[line 7].occurred_at", DATE), ("size", "cannot be read")),
    ),
]  # fmt: skip


def read(folder: Path, table: list[Row], recipe: str, events: str | None = HAPPENED) -> ExportRows:
    header = "lead_id,created_at,opted_out,size,stage,ended_at"
    (folder / "leads.csv").write_text("\n".join([header, *(row.cells for row in table)]) + "\n")
    if events is not None:
        (folder / "events.csv").write_text(events)
    declared = parse_recipe(recipe + KINDS if EVENTS in recipe else recipe)
    given = folder / "events.csv" if events is not None else None
    export = read_tables_of_export(declared, folder / "leads.csv", given, NOW)
    return ExportRows.of(declared, export.raw, export.tables, NOW)


@pytest.fixture
def rows(tmp_path: Path) -> ExportRows:
    """Read anew for each test, so that planted faults in the reading are tried with all of them."""
    recipe = RECIPE.format(events=EVENTS, created=CREATED, outcomes=COLUMN)
    return read(tmp_path, TABLE, recipe)


def test_the_rows_that_are_scored_are_those_without_a_problem_once_a_lead_in_order(rows):
    scored = [place for place, row in enumerate(TABLE) if row.asked]
    good = rows.good()
    assert good["row"].tolist() == scored
    assert good["lead_id"].tolist() == [TABLE[place].cells.split(",")[0] for place in scored]
    assert set(good["as_of_us"]) == {NOW}
    assert list(good) == ["lead_id", "as_of_us", "row"]


def test_a_row_is_asked_for_with_its_stage_outcome_wish_and_notes(rows):
    for place, row in enumerate(TABLE):
        if row.asked:
            stage, outcome, opted_out, notes = row.asked
            name = row.cells.split(",")[0]
            assert rows.asked(place) == Asked(name, NOW, True, stage, outcome, opted_out, tuple(notes))


def test_of_rows_with_one_manner_the_same_is_asked_beside_the_id(rows):
    """One answer is made for rows of one manner."""
    scored = [row for row, one in enumerate(TABLE) if one.asked is not None]
    for row in scored:
        for other in scored:
            if rows.manner(row) == rows.manner(other):
                assert replace(rows.asked(row), lead_id="") == replace(rows.asked(other), lead_id="")


def test_rows_that_are_alike_have_one_manner_and_each_oddity_has_its_own(tmp_path):
    table = [
        Row(f"{name},{cells}")
        for name, cells in {
            "one": "2026-02-01,no,5,,", "other": "2026-02-01,no,7,,", "talks": "2026-02-01,no,5,In talks,",
            "out": "2026-02-01,yes,5,,", "undated": ",no,5,,", "won": "2026-01-01,no,5,won,2026-02-01",
            "won later": "2026-01-01,no,5,won,2026-03-05", "later": "2026-02-01,no,5,,",
            "unknown": "2026-02-01,no,5,,",
        }.items()
    ]  # fmt: skip
    events = "lead_id,occurred_at,kind\nlater,2026-03-04,demo\nunknown,2026-03-01,dance\n"
    recipe = RECIPE.format(events=EVENTS, created=CREATED, outcomes=COLUMN)
    first, *others = map(read(tmp_path, table, recipe, events).manner, range(len(table)))
    assert first == others[0]
    assert len({first, *others}) == len(others)


def test_where_no_column_says_a_stage_rows_are_alike_all_the_same(tmp_path):
    table = [Row("a,2026-02-01,no,5"), Row("b,2026-02-01,no,7"), Row("c,2026-02-01,yes,7")]
    bare = RECIPE.format(events="", created=CREATED, outcomes='stage = "step"')
    found = read(tmp_path, table, bare, None)
    assert found.manner(0) == found.manner(1) != found.manner(2)


def test_a_row_that_is_not_scored_says_every_problem_with_its_field_and_remedy(rows):
    for place, row in enumerate(TABLE):
        if not row.problems:
            continue
        told = rows.failure(place)
        assert told.status == "error"
        assert told.lead_id == (row.cells.split(",")[0] or None)
        assert told.error is not None
        assert [one.field for one in told.error.problems] == [field for field, _ in row.problems]
        for one, (_, words) in zip(told.error.problems, row.problems, strict=True):
            assert one.problem.startswith(words)
            assert one.remedy.endswith(".")
            assert (one.remedy == OWN_ID) == (one.field == "lead_id")


def test_what_is_wrong_with_a_row_is_told_in_french_where_that_is_asked(rows):
    for place in (row for row, one in enumerate(TABLE) if one.problems):
        english, french = (rows.failure(place, language).error.problems for language in ("en", "fr"))
        assert [one.field for one in english] == [one.field for one in french]
        for one, other in zip(english, french, strict=True):
            assert other.problem == translated(one.problem, "fr") != one.problem
            assert other.remedy == translated(one.remedy, "fr") != one.remedy


def test_an_exact_copy_shares_the_answer_of_its_first_row_and_no_other_row_does(rows):
    for place, row in enumerate(TABLE):
        expected = None if place in rows.problems else row.copy
        assert rows.copy_of(place) == expected, row.cells
    first, again = (rows.failure(place) for place in (6, 15))
    assert again.error == first.error
    assert again.error is not None
    assert [one.field for one in again.error.problems] == ["size"]


def test_what_the_whole_table_says_is_kept(rows):
    names = [row.cells.split(",")[0] or None for row in TABLE]
    assert rows.ids == names
    assert rows.first == {name: names.index(name) for name in names if name}
    assert rows.closed >= {2, 3}
    assert not rows.closed & {0, 1, 4, 5, 17}
    assert rows.as_of_us == NOW


@pytest.mark.parametrize(
    ("declared", "given", "known"), [(EVENTS, HAPPENED, True), (EVENTS, None, False), ("", None, True)]
)
def test_events_are_given_by_a_file_or_by_a_recipe_that_has_none(tmp_path, declared, given, known):
    recipe = RECIPE.format(events=declared, created=CREATED, outcomes="")
    found = read(tmp_path, [TABLE[0]], recipe, given)
    assert found.events_given is known
    assert found.asked(0).events_given is known


def test_without_a_column_of_outcomes_the_stage_alone_closes(tmp_path):
    recipe = RECIPE.format(events="", created=CREATED, outcomes='stage = "stage"')
    table = [
        Row("x,2026-02-01,no,5,won,some day"),
        Row("y,2026-02-01,no,5,In talks,"),
        Row("z,2026-02-01,no,5,,"),
    ]
    found = read(tmp_path, table, recipe, None)
    assert found.closed == frozenset()
    asked = [found.asked(place) for place in range(3)]
    assert [(one.stage, one.outcome) for one in asked] == [("won", "won"), ("In talks", None), (None, None)]
    assert found.problems == {}


def test_outcomes_known_at_once_and_absent_columns_of_ends_ask_for_no_date(tmp_path):
    for outcomes in ('column = "stage"\nat_once = true\noccurred_at = "ended_at"', 'column = "stage"'):
        recipe = RECIPE.format(events="", created=CREATED, outcomes=outcomes)
        assert read(tmp_path, [Row("x,2026-02-01,no,5,won,some day")], recipe, None).problems == {}


def test_leads_without_dates_are_noted_nowhere(tmp_path):
    recipe = RECIPE.format(events="", created="", outcomes='column = "stage"')
    found = read(tmp_path, [Row("x,2027-02-01,no,5,,")], recipe, None)
    assert (found.asked(0).notes, found.problems) == ((), {})


def test_the_end_of_a_lead_is_read_in_the_form_that_the_recipe_declares(tmp_path):
    form = COLUMN + '\noccurred_format = "dmy"'
    recipe = RECIPE.format(events="", created=CREATED, outcomes=form)
    table = [Row("x,2026-02-01,no,5,won,28/02/2026"), Row("y,2026-02-01,no,5,won,2/28/2026")]
    found = read(tmp_path, table, recipe, None)
    assert found.asked(0).outcome == "won"
    assert list(found.problems) == [1]
    (told,) = found.problems[1]
    assert (told.field, told.problem) == ("ended_at", f"cannot be read; expected {date_expected('dmy')}")
