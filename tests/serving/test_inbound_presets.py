"""A recipe of a CRM's own export: what the CRM sends under its other names lands in the same column."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import FieldProblem
from features.profiles import presets
from features.profiles.presets import plain
from features.recipe import Recipe, parse_recipe
from serving.crm.cells import CellReader
from serving.crm.mapping import vendor_mapping, vendors

CRMS = [one for one in vendors() if vendor_mapping(one).preset is not None]
Names = dict[str, tuple[str, ...]]


def plain_columns(vendor: str) -> Names:
    """The preset's columns that become fields, each with the names that are its own alone."""
    mapping = vendor_mapping(vendor)
    columns = presets()[mapping.preset or ""].columns
    every = [plain(name) for one in columns.values() for name in one.names]
    found: Names = {}
    for key, one in columns.items():
        fixed = any(name in mapping.fields or name.startswith(mapping.own) for name in one.names)
        single = tuple(name for name in one.names if every.count(plain(name)) == 1)
        if one.role is None and len(single) > 1 and not fixed:
            found[key] = single
    return found


def recipe_of_export(columns: dict[str, str]) -> Recipe:
    """As `init` writes it: each field by the name that its column has in the export."""
    fields = [
        f'[lead.fields.{key}]\ntype = "text"\ncolumn = "{name}"\nknown = "current"\n'
        for key, name in columns.items()
    ]
    head = (
        '[recipe]\nname = "acme"\nhorizon_days = 30\n[tables]\nleads = "leads.csv"\n[lead]\nid = "the id"\n'
    )
    return parse_recipe(head + "\n".join(fields) + '\n[outcomes]\ncolumn = "won"\nwon = ["yes"]\n')


def test_every_crm_but_marketo_has_other_names_of_its_columns() -> None:
    assert set(CRMS) == {"hubspot", "salesforce", "dynamics", "pipedrive"}
    assert all(len(plain_columns(vendor)) >= 3 for vendor in CRMS)


@pytest.mark.parametrize("vendor", CRMS)
@settings(max_examples=40, deadline=None)
@given(draw=st.data())
def test_whichever_name_the_export_has_any_other_name_of_it_is_its_column(
    vendor: str, draw: st.DataObject
) -> None:
    columns = plain_columns(vendor)
    exported = {key: draw.draw(st.sampled_from(names)) for key, names in columns.items()}
    sent = {key: draw.draw(st.sampled_from(names)) for key, names in columns.items()}
    reader = CellReader(recipe_of_export(exported), vendor_mapping(vendor))
    problems: list[FieldProblem] = []
    cells = reader.read({sent[key]: key for key in columns} | {"nobody's": "x"}, problems)
    assert cells == {exported[key]: key for key in columns}
    assert problems == []
