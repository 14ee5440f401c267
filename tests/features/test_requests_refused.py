"""Bad tables and bad requests: a clear error or a counted treatment, and nothing else lost."""

from __future__ import annotations

import gzip
import hashlib
import sqlite3
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import LeadError, LeadscoreError, parse_lead, parse_recipe, read_tables, tables_from_frames
from features.cells.parse import parse_date
from features.clock.instants import parse_moment
from features.readings import offline
from features.tables.duck import connect, register_frame
from features.tables.sql_cells import dated_sql, types_of

_RECIPE = """
[recipe]
zone = "Europe/Paris"
[tables]
leads = "leads.csv"
events = "events.csv"
outcomes = "outcomes.csv"
[lead]
id = "lead_id"
created_at = "created_at"
[lead.fields]
company_size = { type = "number" }
[events]
event_id = "event_id"
[events.kinds]
demo = "intent"
"""
CLOCK_US = parse_moment("2026-01-01", "UTC")
LEADS = (
    "lead_id,created_at,company_size\n1,2025-01-01,12\n2,2025-01-02,secret\n2,2025-01-02,secret\n"
    "1,2025-01-09,3\n,2025-01-01,1\n"
)
EVENTS = (
    "lead_id,occurred_at,kind,event_id\n1,2025-01-03,demo,x\n1,2025-01-03,demo,x\n9,2025-01-03,demo,y\n"
    "1,,demo,z\n1,2025-01-03,click,u\n1,2099-01-01,demo,v\n"
)
OUTCOMES = "lead_id,stage,occurred_at\n1,won,2025-02-01\n2,lost,2024-01-01\n9,won,2025-02-01\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "leads.csv").write_text(LEADS)
    (tmp_path / "events.csv").write_text(EVENTS)
    (tmp_path / "outcomes.csv").write_text(OUTCOMES)
    return tmp_path


def test_what_is_odd_is_counted_with_its_treatment(folder: Path) -> None:
    tables = read_tables(parse_recipe(_RECIPE), folder, clock_us=CLOCK_US)
    counts = {(table, what): count for table, what, count, _ in tables.quality.rows()}
    assert counts == {
        ("leads", "rows read"): 5,
        ("leads", "rows without an id"): 1,
        ("leads", "exact copies of a row"): 1,
        ("leads", "rows with the id of an earlier, different row"): 1,
        ("leads", "cells of company_size that do not parse"): 1,
        ("events", "rows read"): 6,
        ("events", "rows of unknown leads"): 1,
        ("events", "rows without a readable date"): 1,
        ("events", "rows of kinds that the recipe does not name"): 1,
        ("events", "rows dated in the future"): 1,
        ("events", "repetitions of an event id"): 1,
        ("outcomes", "rows read"): 3,
        ("outcomes", "rows of unknown leads"): 1,
        ("outcomes", "closing rows before the lead's creation"): 1,
    }
    assert all(treatment for _, what, _, treatment in tables.quality.rows() if what != "rows read")


def test_a_cell_that_does_not_parse_is_named_without_its_value(folder: Path) -> None:
    tables = read_tables(parse_recipe(_RECIPE), folder, clock_us=CLOCK_US)
    problem = tables.problems.iloc[0]
    assert (problem["table"], problem["row"], problem["lead_id"], problem["field"]) == (
        "leads",
        1,
        "2",
        "company_size",
    )
    assert "number" in problem["problem"]
    assert "secret" not in tables.problems.to_string()


def test_the_hash_is_that_of_the_content(folder: Path) -> None:
    recipe = parse_recipe(_RECIPE)
    first = read_tables(recipe, folder, clock_us=CLOCK_US).hash
    assert read_tables(recipe, folder, clock_us=CLOCK_US).hash == first
    (folder / "events.csv").write_text(EVENTS.replace("2025-01-03,demo,x", "2025-01-04,demo,x"))
    assert read_tables(recipe, folder, clock_us=CLOCK_US).hash != first


def test_the_end_of_the_history_is_its_newest_date_or_the_declared_one(folder: Path) -> None:
    recipe = parse_recipe(_RECIPE)
    end = parse_moment("2025-02-01T22:59:59.999999", "UTC")  # the end of that day in Paris
    assert read_tables(recipe, folder, clock_us=CLOCK_US).end_us == end
    declared = parse_recipe(_RECIPE + '[split]\nhistory_end = "2025-01-15T00:00:00Z"')
    assert read_tables(declared, folder, clock_us=CLOCK_US).end_us == parse_moment("2025-01-15", "UTC")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("events.csv", None, "events.csv: no such file"),
        ("leads.csv", "", "leads.csv: is empty"),
        ("leads.csv", "lead_id,created_at,company_size\n", "has no row"),
        ("leads.csv", LEADS.replace("company_size", "compny_size"), "did you mean 'compny_size'"),
        ("events.csv", EVENTS.replace("kind", "what"), "names column 'kind'"),
        ("outcomes.csv", OUTCOMES.replace("stage", "Stage"), "did you mean 'Stage'"),
    ],
)
def test_a_table_that_is_absent_empty_or_lacks_a_column_is_an_error_with_its_place(
    folder: Path, name: str, content: str | None, message: str
) -> None:
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_text(content)
    with pytest.raises(LeadscoreError, match=message.replace("(", r"\(")) as caught:
        read_tables(parse_recipe(_RECIPE), folder, clock_us=CLOCK_US)
    assert caught.value.remedy


def test_a_changed_file_is_refused(folder: Path) -> None:
    right = hashlib.sha256(LEADS.encode()).hexdigest()
    for recorded, refused in ((right, False), ("0" * 64, True)):
        source = f'leads = {{ file = "leads.csv", sha256 = {{ "leads.csv" = "{recorded}" }} }}'
        recipe = parse_recipe(_RECIPE.replace('leads = "leads.csv"', source))
        if refused:
            with pytest.raises(LeadscoreError, match="sha256"):
                read_tables(recipe, folder, clock_us=CLOCK_US)
        else:
            read_tables(recipe, folder, clock_us=CLOCK_US)


def test_the_same_table_from_a_query_a_database_and_other_files_has_the_same_content(folder: Path) -> None:
    recipe = parse_recipe(_RECIPE)
    expected = read_tables(recipe, folder, clock_us=CLOCK_US).hash
    events = pd.read_csv(folder / "events.csv", dtype=str)
    events.to_parquet(folder / "events.parquet")
    events.to_excel(folder / "events.xlsx", index=False)
    (folder / "events.csv.gz").write_bytes(gzip.compress(EVENTS.encode()))
    with sqlite3.connect(folder / "crm.sqlite") as connection:
        events.to_sql("log", connection, index=False)
    connection.close()
    sources = ['"events.parquet"', '"events.xlsx"', '"events.csv.gz"', '"crm.sqlite#log"']
    sources.append("{ sql = \"SELECT * FROM read_csv('events.csv', all_varchar = true)\" }")
    for source in sources:
        other = parse_recipe(_RECIPE.replace('events = "events.csv"', f"events = {source}"))
        assert read_tables(other, folder, clock_us=CLOCK_US).hash == expected, source


def test_a_query_that_does_not_run_is_an_error_of_the_recipe(folder: Path) -> None:
    broken = _RECIPE.replace('events = "events.csv"', 'events = { sql = "SELECT * FROM nowhere" }')
    with pytest.raises(LeadscoreError, match=r"\[tables\] events"):
        read_tables(parse_recipe(broken), folder, clock_us=CLOCK_US)


def test_a_join_that_multiplies_leads_is_refused(folder: Path) -> None:
    joined = "{ sql = \"SELECT l.* FROM read_csv('leads.csv') l, range(3)\" }"
    recipe = parse_recipe(_RECIPE.replace('leads = "leads.csv"', f"leads = {joined}"))
    with pytest.raises(LeadscoreError, match="12 rows for 2 leads"):
        read_tables(recipe, folder, clock_us=CLOCK_US)


def test_a_moment_of_an_unknown_lead_is_an_error() -> None:
    recipe = parse_recipe(_RECIPE)
    leads = pd.DataFrame({"lead_id": ["a"], "created_at": ["2025-01-01"], "company_size": [1]})
    moments = pd.DataFrame({"lead_id": ["b"], "as_of_us": [0]})
    with pytest.raises(LeadscoreError, match="1 of 1 moments"):
        offline((), recipe, tables_from_frames(recipe, leads), moments)


def test_a_request_hears_of_all_its_problems_at_once_and_never_of_its_values() -> None:
    with pytest.raises(LeadError) as caught:
        parse_lead(
            parse_recipe(_RECIPE),
            lead_id="a",
            fields={"company_sise": 1, "company_size": "secret"},
            events=[{"kind": "demo", "occured_at": "2025-01-01"}, {"kind": "demo", "occurred_at": "secret"}],
            as_of_us=CLOCK_US,
            created_at="secret",
        )
    fields = [problem.field for problem in caught.value.problems]
    assert fields == [
        "company_sise", "company_size", "created_at",
        "events[0]", "events[0].occured_at", "events[1].occurred_at",
    ]  # fmt: skip
    assert "company_size" in caught.value.problems[0].remedy
    assert "occurred_at" in caught.value.problems[4].remedy
    assert "secret" not in str(caught.value)


def test_what_a_request_leaves_out_is_noted_not_refused() -> None:
    lead = parse_lead(
        parse_recipe(_RECIPE),
        lead_id="a",
        fields={},
        events=[
            {"kind": "click", "occurred_at": "2025-01-01"},
            {"kind": "demo", "occurred_at": "2030-01-01"},
        ],
        as_of_us=CLOCK_US,
        stage="WON",
    )
    assert len(lead.notes) == 3, "no date of creation, an unknown kind, an event to come"
    assert lead.by_kind == {}
    assert lead.outcome == "won"
    assert lead.created_us is None


@settings(max_examples=25)
@given(  # inside 1970–2060, where the engine's table of a zone's offsets reaches
    st.lists(
        st.integers(25_600, 58_000).map(str)
        | st.floats(25_600, 58_000).map(str)
        | st.dates(date(1971, 1, 1), date(2059, 12, 1)).map(lambda day: day.strftime("%d/%m/%Y %H:%M"))
        | st.dates(date(1971, 1, 1), date(2059, 12, 1)).map(lambda day: day.strftime("%m/%d/%y"))
        | st.dates(date(1971, 1, 1), date(2059, 12, 1)).map(str)
        | st.sampled_from(["", "soon", "2025", "-5", "1e400", "3.3e10"]),
        min_size=1,
        max_size=8,
    ),
    st.sampled_from(["excel", "excel_dmy", "excel_mdy", "dmy", None]),
)
def test_sql_reads_mixed_dates_as_the_scalar_parser_does(cells: list[str], form: Any) -> None:
    con = connect()
    register_frame(
        con, "mixed", pd.DataFrame({"at": pd.Series(cells, dtype=object), "row": range(len(cells))})
    )
    relation = dated_sql(con, "mixed", {"us": "at"}, types_of(con, "mixed"), "Europe/Paris", form)
    by_sql = [us for (us,) in con.raw_sql(f"SELECT us FROM {relation} ORDER BY row").fetchall()]
    assert by_sql == [_scalar(cell, form) for cell in cells]


def _scalar(cell: str, form: Any) -> int | None:
    try:
        return parse_date(cell, "Europe/Paris", "end", form)
    except ValueError:
        return None
