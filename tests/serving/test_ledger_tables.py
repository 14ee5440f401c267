"""What files give, the ledger gives: the same tables for training, the same lead by name, in any order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import data
from features import LeadError, LeadscoreError, Recipe, load_recipe, parse_recipe, read_tables
from features.cells import parse_date
from features.clock import DAY_US, from_us, now_us, to_us
from features.lead import LeadReader
from features.tables import Tables, fetch_frame
from serving.ledger import (
    EventSent,
    LeadSent,
    Ledger,
    LedgerTables,
    ScoreGiven,
    Writer,
    import_tables,
    lead_of,
    scores_of,
)
from serving.ledger.reading import folded
from tests.made.company import small_company

NOON = to_us(pd.Timestamp("2025-03-01T12:00", tz="UTC").to_pydatetime())
ODD = """
[tables]
leads = "leads.csv"
events = "events.csv"
outcomes = "outcomes.csv"
field_history = "changes.csv"
[recipe]
zone = "Europe/Paris"
[lead]
id = "Id"
created_at = "Created"
created_format = "dmy"
opted_out = "Opt Out"
[lead.fields]
size = { type = "number", column = "Employees", format = "decimal_comma" }
industry = { type = "category" }
owner = { type = "category", known = "current", column = "Lead Owner" }
[events]
lead_id = "Lead"
occurred_at = "When"
kind = "What"
event_id = "Event"
value = "Worth"
ingested_at = "Seen"
[events.kinds]
visit = "interest"
demo = "intent"
[outcomes]
occurred_at = "on"
won = ["*"]
lost = ["Lost"]
"""
LEADS = """Id,Created,Employees,industry,Lead Owner,Opt Out
1,03.02.2025,"1.200,5",Steel ,anna,no
2,04.02.2025,,steel,,yes
2,04.02.2025,,steel,,yes
3,nonsense,x,,bob,
,05.02.2025,9,steel,bob,
2,04.02.2025,88,other,,yes
4,06.02.2025,12,Élan,bob,no
"""
EVENTS = """Lead,When,What,Event,Worth,Seen
1,2025-02-04,visit,e1,"3.5",2025-02-05T10:00:00Z
1,2025-02-04,visit,,1,
1,2025-02-04,visit,,1,
2,2025-02-05 10:00:00,demo,e2,9,
2,2025-02-05 10:00:00,demo,e2,10,
9,2025-02-05,visit,e3,,
4,never,visit,e4,,
4,2025-02-07T10:00:00+05:00,unknown kind,e5,,
4,2025-02-07T10:00:00+05:00,demo,e6,,nonsense
"""
OUTCOMES = """lead_id,stage,on
1,Customer,2025-02-20
2,Lost,2025-02-21
2,Deal,2025-02-21
4,Lost,
"""
CHANGES = """lead_id,field,value,changed_at
1,owner,zoe,2025-02-10
1,Lead Owner,yan,2025-02-10
2,owner,,2025-02-12
2,industry,not current,2025-02-12
9,owner,bob,2025-02-12
"""


def odd_company(folder: Path) -> Recipe:
    """Tables with repeated and wrong rows, of every kind that a ledger meets."""
    for name, text in {"leads": LEADS, "events": EVENTS, "outcomes": OUTCOMES, "changes": CHANGES}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return parse_recipe(ODD)


def simulated_company(folder: Path) -> Recipe:
    """Typed columns, from Parquet."""
    data.simulate(folder, 400, 1)
    return load_recipe(folder / "recipe.toml")


def small(folder: Path) -> Recipe:
    return small_company(folder, 200)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger.made(tmp_path / "ledger.sqlite")
    yield made
    made.close()


def filled(ledger: Ledger, recipe: Recipe, folder: Path) -> list[tuple[object, ...]]:
    with Writer(ledger) as writer:
        done = import_tables(writer, recipe, folder)
    return [(t.table, t.rows, t.new, t.changed, t.known, t.conflicts, t.lack, t.refused) for t in done]


@pytest.mark.parametrize("company", [odd_company, small, simulated_company])
def test_the_ledger_gives_what_the_files_give(ledger: Ledger, tmp_path: Path, company: object) -> None:
    recipe = company(tmp_path)  # type: ignore[operator]
    clock = now_us()
    for _ in range(2):  # a second import changes nothing
        filled(ledger, recipe, tmp_path)
        files = read_tables(recipe, tmp_path, clock_us=clock)
        kept = read_tables(recipe, LedgerTables(ledger, tmp_path), clock_us=clock)
        assert kept.end == files.end
        for table in ("events", "outcomes", "history"):
            assert rows(kept, table) == rows(files, table), table
        names = [name for name in files.leads.columns if name not in ("row", "position")]
        frames = [canonical(tables)[names] for tables in (kept, files)]
        pd.testing.assert_frame_equal(*frames)
        if company is not odd_company:  # there rows are dropped, and the others' numbers move up
            assert kept.hash == files.hash


def canonical(tables: Tables, name: str = "leads") -> pd.DataFrame:
    frame = fetch_frame(tables.con, name)
    return frame.sort_values("row", ignore_index=True)


def rows(tables: Tables, name: str) -> list[tuple[str, ...]]:
    """A canonical table by the ids of its leads, in an order that is its content's."""
    if getattr(tables, name) is None:
        return []
    frame = canonical(tables, name)
    frame["row"] = frame["row"].map(canonical(tables).set_index("row")["lead_id"])
    return sorted(tuple(str(cell) for cell in row) for row in frame.itertuples(index=False, name=None))


def test_an_import_tells_what_became_of_each_row_and_a_second_one_adds_nothing(
    ledger: Ledger, tmp_path: Path
) -> None:
    recipe = odd_company(tmp_path)
    assert filled(ledger, recipe, tmp_path) == [
        ("leads", 7, 4, 0, 1, 0, 2, 0),
        ("events", 9, 7, 0, 0, 1, 1, 0),
        ("outcomes", 4, 4, 0, 0, 0, 0, 0),
        ("field_history", 5, 5, 0, 0, 0, 0, 0),
    ]
    before = ledger.counts()
    assert filled(ledger, recipe, tmp_path) == [
        ("leads", 7, 0, 0, 5, 0, 2, 0),
        ("events", 9, 0, 0, 7, 1, 1, 0),
        ("outcomes", 4, 0, 0, 4, 0, 0, 0),
        ("field_history", 5, 0, 0, 5, 0, 0, 0),
    ]
    assert ledger.counts() == before


def test_a_later_export_adds_what_differs_and_earlier_moments_stay(ledger: Ledger, tmp_path: Path) -> None:
    recipe = odd_company(tmp_path)
    filled(ledger, recipe, tmp_path)
    between = now_us()
    path = tmp_path / "leads.csv"
    path.write_text(path.read_text().replace("Steel ,anna", "Glass,carl") + "5,07.02.2025,3,,,\n")
    assert filled(ledger, recipe, tmp_path)[0] == ("leads", 8, 1, 1, 4, 0, 2, 0)
    reader = LeadReader(recipe)
    old, new = (lead_of(ledger, reader, "1", at).values for at in (between, now_us()))
    assert (old["industry"], old["owner"]) == ("steel", "anna")
    assert (new["industry"], new["owner"]) == ("glass", "carl")
    kept = canonical(read_tables(recipe, LedgerTables(ledger, tmp_path)))
    files = canonical(read_tables(recipe, tmp_path))
    pd.testing.assert_frame_equal(
        kept.drop(columns=["row", "position"]), files.drop(columns=["row", "position"])
    )


def test_a_lead_by_name_is_the_lead_that_a_request_makes(ledger: Ledger, tmp_path: Path) -> None:
    recipe = small(tmp_path)
    filled(ledger, recipe, tmp_path)
    leads = pd.read_csv(tmp_path / "leads.csv", dtype=str)
    events = pd.read_csv(tmp_path / "events.csv", dtype=str)
    reader = LeadReader(recipe)
    for cells in leads.head(60).to_dict("records"):
        lead_id = str(cells["lead_id"])
        own = events[events["lead_id"] == lead_id].to_dict("records")
        created = parse_date(cells["created_at"], "UTC")
        for as_of in (created, created + 5 * DAY_US, now_us()):
            seen = [one for one in own if parse_date(one["occurred_at"], "UTC", "end") <= as_of]
            whole = reader.read(lead_id=lead_id, fields=cells, events=seen, as_of_us=as_of)
            kept = lead_of(ledger, reader, lead_id, as_of)
            assert replace(kept, stage=None, outcome=None) == whole


def test_the_last_outcome_up_to_the_moment_closes_a_lead(ledger: Ledger, tmp_path: Path) -> None:
    recipe = odd_company(tmp_path)
    filled(ledger, recipe, tmp_path)
    reader, day = LeadReader(recipe), to_us(pd.Timestamp("2025-02-20T22:59:59Z").to_pydatetime())
    ends = {name: lead_of(ledger, reader, name, now_us()).outcome for name in "124"}
    assert ends == {"1": "won", "2": "won", "4": "lost"}  # of equal moments won is last; undated: closed
    with pytest.raises(LeadError, match="Created: cannot be read") as told:
        lead_of(ledger, reader, "3", now_us())
    assert "nonsense" not in str(told.value)
    with Writer(ledger) as writer:
        writer.submit([LeadSent("web", "1", {"Lead Owner": "dan"}, day - 30 * DAY_US)]).result()
    assert lead_of(ledger, reader, "1", day - 1).outcome is None
    assert lead_of(ledger, reader, "1", day + 1_000_000).outcome == "won"


def test_events_of_a_lead_that_nobody_knows_are_kept_and_join_when_it_comes(
    ledger: Ledger, tmp_path: Path
) -> None:
    recipe = odd_company(tmp_path)
    reader = LeadReader(recipe)
    with Writer(ledger) as writer:
        assert writer.submit([EventSent("web", "late", "demo", NOON, event_id="x")]).result().items == (
            "stored",
        )
        with pytest.raises(LeadError, match="not known to the ledger") as told:
            lead_of(ledger, reader, "late", NOON)
        assert "late" not in str(told.value)
        writer.submit([LeadSent("web", "late", {"size": "5"}, NOON - DAY_US)]).result()
    lead = lead_of(ledger, reader, "late", NOON)
    assert lead.by_kind is not None
    assert list(lead.by_kind) == ["demo"]
    with pytest.raises(LeadError, match="not known to the ledger"):
        lead_of(ledger, reader, "late", NOON - 2 * DAY_US)


def test_no_event_of_anybody_is_not_given_and_none_of_this_lead_is_none(
    ledger: Ledger, tmp_path: Path
) -> None:
    reader = LeadReader(odd_company(tmp_path))
    with Writer(ledger) as writer:
        writer.submit([LeadSent("web", "a", {}, NOON)]).result()
        assert lead_of(ledger, reader, "a", NOON).by_kind is None
        writer.submit([EventSent("web", "b", "demo", NOON)]).result()
    assert lead_of(ledger, reader, "a", NOON).by_kind == {}


_CELLS = st.dictionaries(
    st.sampled_from(["size", "Employees", "industry", "owner", "Lead Owner", "unknown"]),
    st.sampled_from([None, "", "1", "2", "a"]), max_size=3,
)  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 4), _CELLS), max_size=8), st.randoms())
def test_a_lead_is_the_fold_of_its_history_in_whatever_order_it_comes(
    changes: list[tuple[int, dict[str, str | None]]], draw: random.Random
) -> None:
    import json

    recipe = parse_recipe(ODD)
    written = [(moment, json.dumps(cells)) for moment, cells in changes]
    expected = folded(recipe, written)
    draw.shuffle(written)
    assert folded(recipe, written) == expected
    names = {"Employees": "Employees", "size": "Employees", "industry": "industry", "owner": "Lead Owner",
             "Lead Owner": "Lead Owner"}  # fmt: skip
    for name in ("Employees", "industry", "Lead Owner"):  # the plain reading, field by field
        told = [
            (moment, cell is not None, cell or "", cell)
            for moment, cells in changes
            for key, cell in cells.items()
            if names.get(key) == name
        ]
        if told:
            assert expected[name] == max(told, key=lambda one: one[:3])[3]


def test_scores_of_a_lead_come_by_the_moment_they_are_about(ledger: Ledger) -> None:
    given_scores = [ScoreGiven("L1", NOON + n, "model", "3", "abc", f'{{"n":{n}}}') for n in (2, 3, 1)]
    shadow = replace(given_scores[0], shadow=True, version="4")
    with Writer(ledger) as writer:
        writer.submit([*given_scores, shadow]).result()
    assert [score.as_of_us - NOON for score in scores_of(ledger, "L1")] == [3, 2, 1]
    assert [score.as_of_us - NOON for score in scores_of(ledger, "L1", most=1)] == [3]
    assert sum(score.shadow for score in scores_of(ledger, "L1", shadow=True)) == 1
    assert scores_of(ledger, "L2") == []


def test_a_recipe_without_ids_cannot_use_a_ledger(ledger: Ledger, tmp_path: Path) -> None:
    recipe = odd_company(tmp_path)
    nameless = recipe.model_copy(update={"lead": recipe.lead.model_copy(update={"id": None})})
    with pytest.raises(LeadscoreError, match="names no 'id'"):
        read_tables(nameless, LedgerTables(ledger, tmp_path))
    assert from_us(NOON).year == 2025
