"""Which column of an unknown export is which field: by what CRMs call it, not against its cells."""

from __future__ import annotations

from pathlib import Path

import pytest

from features import LeadscoreError, parse_recipe
from features.exports import spool
from serving.batch import known_name
from serving.batch.named_columns import renamed
from serving.browse import matched

RECIPE = """
[recipe]
horizon_days = 30
[tables]
leads = "leads.csv"
[lead]
id = "lead_id"
[lead.fields]
company_size = { type = "number", means = "size" }
"""


@pytest.mark.parametrize(
    ("column", "spare", "meant"),
    [
        ("company_size", ["Company", "No. of Employees"], "No. of Employees"),
        ("company_size", ["Effectif"], "Effectif"),
        ("origin", ["Original Traffic Source"], "Original Traffic Source"),
        ("company_size", ["Company"], None),
        ("no such thing", ["Company", "No. of Employees"], None),
    ],
)
def test_a_column_is_known_by_what_any_crm_calls_the_same(column, spare, meant):
    assert known_name(column, spare) == meant


@pytest.mark.parametrize(("cell", "chosen"), [("Acme", ""), ("40", "company_sise")])
def test_a_near_name_counts_only_where_the_cells_are_of_the_fields_type(tmp_path: Path, cell, chosen):
    (tmp_path / "leads.csv").write_text(f"lead_id,company_sise\na,{cell}\nb,{cell}\n")
    (size,) = (
        one for one in matched(parse_recipe(RECIPE), tmp_path / "leads.csv").fields if one.type != "role"
    )
    assert size.column == chosen
    assert size.how == ("near" if chosen else "none")


def test_a_role_and_a_field_of_one_column_find_the_same_column(tmp_path: Path) -> None:
    firm = 'account_id = "Account ID"\n[lead.fields]\nfirm = { type = "category", column = "Account ID" }\n'
    recipe = parse_recipe(RECIPE.partition("[lead.fields]")[0] + firm)
    leads = tmp_path / "leads.csv"
    leads.write_text("lead_id,Acount ID,Acount IDs\na,7,1\nb,9,1\n")
    found = {one.field: one.column for one in matched(recipe, leads).fields}
    assert found["account"] == found["firm"] == "Acount ID"
    read = renamed(recipe, spool(leads, tmp_path / "spooled"), {"account": "Acount ID", "firm": "Acount ID"})
    assert read.names == ("lead_id", "Account ID", "Acount IDs")
    with pytest.raises(LeadscoreError, match="two columns are named for 'Account ID'"):
        renamed(recipe, read, {"account": "Account ID", "firm": "Acount IDs"})


@pytest.mark.parametrize("order", [("company_size", "company_site"), ("company_site", "company_size")])
def test_a_near_name_that_its_cells_refuse_is_left_to_the_field_that_they_fit(tmp_path: Path, order):
    kinds = {"company_size": "number", "company_site": "category"}
    lines = "".join(f'{name} = {{ type = "{kinds[name]}" }}\n' for name in order)
    recipe = parse_recipe(RECIPE.partition("company_size")[0] + lines)
    leads = tmp_path / "leads.csv"
    leads.write_text("lead_id,company_sise,companysizes\na,Lyon,40\nb,Nice,7\n")
    found = {one.field: (one.column, one.how) for one in matched(recipe, leads).fields}
    assert found["company_size"] == ("companysizes", "near")
    assert found["company_site"] == ("company_sise", "near")
