"""Which column of an unknown export is which field: by what CRMs call it, not against its cells."""

from __future__ import annotations

from pathlib import Path

import pytest

from features import parse_recipe
from serving.batch import known_name
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
