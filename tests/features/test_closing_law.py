"""Won or lost: the engine's reading and the one of a lead in memory say the same of every stage."""

from __future__ import annotations

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import LeadError, Recipe, parse_lead, parse_recipe, tables_from_frames
from features.clock.instants import DAY_US, from_us, parse_moment
from features.lead.closing import closing, closing_of_lead, closing_sql
from features.recipe.outcomes import Outcomes
from features.snapshots import open_leads

AS_OF_US = parse_moment("2025-06-01", "UTC")
_LETTERS = st.characters(blacklist_categories=("Cs", "Cc", "Co"))
_STAGES = st.one_of(
    st.sampled_from(["Won", " won\t", "WON", "lost", "Perdu", "null", "NaN", " n/a ", "", "ΣΑΣ", "İyi", "*"]),
    st.text(_LETTERS, max_size=6),
)
_WON = st.sampled_from([("won",), ("*",), ("won", "*"), ("ΣΑΣ", "İyi")])
_LOST = st.sampled_from([(), ("lost",), ("Perdu", "it's lost")])


@given(won=_WON, lost=_LOST, stages=st.lists(_STAGES, min_size=1, max_size=20))
@settings(max_examples=60, deadline=None)
def test_both_readings_of_a_stage_are_equal(won: tuple[str, ...], lost: tuple[str, ...], stages: list[str]):
    outcomes = Outcomes(won=won, lost=lost)
    frame = pd.DataFrame({"n": range(len(stages)), "stage": pd.Series(stages, dtype=object)})
    con = duckdb.connect()
    con.register("t", frame)
    read = con.execute(f"SELECT {closing_sql(outcomes, 'stage')} FROM t ORDER BY n").fetchall()
    assert [end for (end,) in read] == [closing(outcomes, stage) for stage in stages]


def test_nothing_is_neither() -> None:
    assert closing(Outcomes(won=("*",)), None) is None
    (found,) = duckdb.execute(f"SELECT {closing_sql(Outcomes(won=('*',)), 'NULL::VARCHAR')}").fetchall()
    assert found == (None,)


_DATED = parse_recipe(
    """
    [tables]
    leads = "leads.csv"
    [lead]
    id = "lead_id"
    created_at = "created_at"
    [outcomes]
    column = "won_on"
    occurred_at = "won_on"
    occurred_format = "dmy"
    won = ["*"]
    lost = []
    """
)


@pytest.mark.parametrize("cell", ["31/05/2025", "01/06/2025", "02/06/2025", "", None, "NULL"])
def test_a_customer_told_by_a_date_alone_is_closed_in_a_file_and_in_a_request(cell: str | None) -> None:
    leads = pd.DataFrame({"lead_id": ["a"], "created_at": ["2025-01-01"], "won_on": [cell]}, dtype=object)
    tables = tables_from_frames(_DATED, leads, clock_us=AS_OF_US + 300 * DAY_US)
    in_file = open_leads(_DATED, tables, AS_OF_US).empty
    fields = {"created_at": "2025-01-01", "won_on": cell}
    lead = parse_lead(_DATED, lead_id="a", fields=fields, events=None, as_of_us=AS_OF_US)
    assert (lead.outcome == "won") is in_file
    assert in_file is (cell == "31/05/2025")


@pytest.mark.parametrize("cell", ["some day", "0000-00-00", "-"])
def test_a_date_of_winning_that_cannot_be_read_is_an_error_of_its_lead(cell: str) -> None:
    with pytest.raises(LeadError, match="won_on: cannot be read"):
        parse_lead(_DATED, lead_id="a", fields={"won_on": cell}, events=None, as_of_us=AS_OF_US)


def test_of_a_table_of_wins_a_stage_of_the_lead_is_no_win() -> None:
    recipe = deals('stage = "signed"\noccurred_at = "signed"')
    assert closing_of_lead(recipe, "MQL", AS_OF_US) is None
    assert closing_of_lead(recipe, from_us(AS_OF_US - DAY_US).isoformat(), AS_OF_US) == "won"
    assert closing_of_lead(deals('stage = "phase"'), "MQL", AS_OF_US) is None


def deals(columns: str) -> Recipe:
    head = (
        '[tables]\nleads = "l.csv"\noutcomes = "o.csv"\n[lead]\nid = "lead_id"\ncreated_at = "created_at"\n'
    )
    return parse_recipe(head + f'[outcomes]\nwon = ["*"]\nlost = []\n{columns}')
