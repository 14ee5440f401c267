"""Amounts in several currencies are converted by declared rates, or refused cell by cell."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import LeadscoreError, parse_recipe, tables_from_frames
from features.cells.parse import parse_amount
from features.snapshots import snapshots
from features.tables import fetch_frame

AMOUNTS = st.floats(0, 1e9).map(lambda amount: round(amount, 2))
RECIPE = """
[tables]
leads = "list.csv"
[lead]
id = "id"
[lead.fields]
budget = { type = "number", rates = { EUR = 1, USD = 0.5 } }
"""


@given(AMOUNTS, st.floats(1e-4, 1e4))
def test_an_amount_is_worth_its_rate_however_its_currency_is_written(amount, rate):
    rates = {"EUR": 1.0, "USD": rate}
    for text in (f"{amount:.2f} USD", f"$ {amount:.2f}", f"usd {amount:.2f}"):
        assert parse_amount(text, ".", rates) == amount * rate
    for text in (f"{amount:.2f}", f"{amount:.2f} €", amount):
        assert parse_amount(text, ".", rates) == amount
    assert parse_amount(f"{amount:.2f} GBP", ".", {}) == amount, "without rates currencies are not looked at"


@given(AMOUNTS)
def test_a_currency_without_a_rate_is_refused_and_never_shown(amount):
    with pytest.raises(ValueError, match="an amount in EUR or USD; its field has no rate") as refused:
        parse_amount(f"{amount:.2f} GBP", ".", {"EUR": 1.0, "USD": 0.9})
    assert f"{amount:.2f}" not in str(refused.value)


def test_a_cell_that_is_refused_is_named_and_costs_no_other(tmp_path):
    leads = pd.DataFrame({"id": ["a", "b", "c"], "budget": ["100 €", "100 $", "100 GBP"]})
    tables = tables_from_frames(parse_recipe(RECIPE), leads)
    read = fetch_frame(tables.con, "leads").sort_values("row")["f_budget"]
    assert read.iloc[:2].tolist() == [100.0, 50.0]
    assert read.isna().tolist() == [False, False, True]
    (problem,) = tables.quality.problems.to_dict("records")
    assert (problem["lead_id"], problem["field"]) == ("c", "budget")
    assert "no rate for another currency" in problem["problem"]


@pytest.mark.parametrize(
    "field",
    ['{ type = "category", rates = { EUR = 1 } }', '{ type = "number", rates = { euro = 1 } }',
     '{ type = "number", rates = { EUR = 0 } }'],
)  # fmt: skip
def test_rates_that_cannot_be_are_refused(field):
    with pytest.raises(LeadscoreError, match="budget"):
        parse_recipe(f'[tables]\nleads = "list.csv"\n[lead.fields]\nbudget = {field}\n')


UNDATED = """
[recipe]
value = true
[tables]
leads = "list.csv"
outcomes = "deals.csv"
[lead]
id = "id"
[outcomes]
lead_id = "id"
amount = "eur"
"""


@pytest.mark.slow
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(["won", "lost", "open"]), AMOUNTS | st.none()),
        min_size=1,
        max_size=8,
    )
)
def test_where_leads_have_no_date_a_lead_brings_the_sum_of_its_wins(deals):
    frame = pd.DataFrame(deals, columns=["id", "stage", "eur"]).astype({"eur": "float64"})
    frame["occurred_at"] = [f"2025-01-0{day}" for day in range(1, len(deals) + 1)]
    leads = pd.DataFrame({"id": ["a", "b", "c"]})
    found = snapshots(
        parse_recipe(UNDATED), tables_from_frames(parse_recipe(UNDATED), leads, outcomes=frame)
    ).frame.set_index("lead_id")["won_amount"]
    for lead in "abc":
        won = [eur for id_, stage, eur in deals if (id_, stage) == (lead, "won") and eur is not None]
        assert found[lead] == pytest.approx(sum(won), nan_ok=True) if won else pd.isna(found[lead])


ENDLESS = ["inf", "-Infinity", "1e400", "9" * 400, "1e301"]


def test_numbers_that_are_infinite_are_no_values_and_are_counted():
    leads = pd.DataFrame({"id": list("abcdefg"), "budget": ["100 €", "", *ENDLESS]})
    tables = tables_from_frames(parse_recipe(RECIPE), leads)
    read = fetch_frame(tables.con, "leads").sort_values("row")["f_budget"]
    assert read.dropna().tolist() == [100.0]
    told = ("leads", "cells of budget that are no finite number", 5, "taken as no value")
    assert told in tables.quality.rows()
    assert tables.quality.problems.empty


def test_an_amount_that_is_infinite_is_none_and_costs_no_win():
    text = RECIPE.replace("[lead]", 'outcomes = "won.csv"\n[lead]')
    text += '[outcomes]\nwon = ["won"]\namount = "brought"\n'
    leads = pd.DataFrame({"id": list("abcdefg"), "budget": "1", "created_at": "2026-01-01"})
    won = pd.DataFrame({"lead_id": list("abcdef"), "stage": "won", "occurred_at": "2026-01-05"})
    recipe = parse_recipe(text.replace('id = "id"', 'id = "id"\ncreated_at = "created_at"'))
    for amounts in (["100", *ENDLESS], [100.0, *map(float, ENDLESS)]):
        tables = tables_from_frames(recipe, leads, outcomes=won.assign(brought=amounts))
        read = fetch_frame(tables.con, "outcomes").sort_values("row")["amount"]
        assert len(read) == 6
        assert read.dropna().tolist() == [100.0]
        told = ("outcomes", "cells of brought that are no finite number", 5, "taken as no value")
        assert told in tables.quality.rows()
