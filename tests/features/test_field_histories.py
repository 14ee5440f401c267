"""Tables of changes as CRMs write them become what a current-valued field held at any moment."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from features.clock import parse_moment
from features.discovery import discover
from features.errors import LeadscoreError
from features.profiles.histories import history_of, history_presets
from features.recipe import Recipe, parse_recipe
from features.tables import read_tables

LEADS = 60
HUBSPOT = "Record ID,Create Date,Job Title,Lead Status,Converted,Contact owner"
SALESFORCE = "Lead ID,Created Date,Title,Rating,Converted,Lead Owner"


def held(recipe: Recipe, folder: Path, field: str, moment: str) -> dict[str, str | None]:
    """What each lead held at `moment`, by the canonical history."""
    tables = read_tables(recipe, folder)
    at = parse_moment(moment, "UTC")
    rows = tables.con.raw_sql(f"""
        SELECT l.lead_id, h.text FROM leads l LEFT JOIN history h ON h.row = l.row AND h.field = '{field}'
            AND h.changed_us <= {at} AND {at} < h.until_us""").fetchall()
    assert len(rows) == LEADS
    return dict(rows)


def drafted(folder: Path, changes: pd.DataFrame, header: str, row: str, name: str) -> Recipe:
    rows = [
        row.format(n=n, month=n % 9 + 1, won=n % 3 == 0, heat=("Hot", "Cold")[n % 2]) for n in range(LEADS)
    ]
    (folder / "leads.csv").write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    changes.to_csv(folder / name, index=False)
    found = discover([folder / name, folder / "leads.csv"], folder=folder)
    return parse_recipe(found.recipe_toml)


def test_hubspots_history_by_the_fivetran_package(tmp_path: Path) -> None:
    changes = pd.DataFrame(
        [
            (
                1000 + n,
                "hs_lead_status",
                value,
                f"2024-10-{day:02d} 08:00:00",
                f"2024-11-{day:02d} 08:00:00",
                "CRM_UI",
            )
            for n in range(LEADS)
            for value, day in (("NEW", 1), ("OPEN", 10))
        ],
        columns=["contact_id", "field_name", "new_value", "valid_from", "valid_to", "change_source"],
    )
    row = "1{n:03d},2024-0{month}-01,CTO,{heat},{won},ann"
    recipe = drafted(tmp_path, changes, HUBSPOT, row, "hubspot__contact_history.csv")
    assert recipe.field_history.names == {"hs_lead_status": "lead_status"}
    assert set(held(recipe, tmp_path, "lead_status", "2024-10-05").values()) == {"new"}
    assert set(held(recipe, tmp_path, "lead_status", "2024-10-20").values()) == {"open"}
    assert set(held(recipe, tmp_path, "lead_status", "2024-09-20").values()) == {None}


def test_salesforces_history_knows_the_first_value_and_the_unchanged(tmp_path: Path) -> None:
    """LeadHistory has changes alone: what was before is OldValue, and who has none was always so."""
    changes = pd.DataFrame(
        [(f"00Q{n:03d}", "Rating", old, new, f"2024-10-{day:02d}T08:00:00Z")
         for n in range(0, LEADS, 2)
         for old, new, day in (("Cold", "Warm", 1), ("Warm", "Hot", 10))],
        columns=["LeadId", "Field", "OldValue", "NewValue", "CreatedDate"],
    )  # fmt: skip
    recipe = drafted(
        tmp_path, changes, SALESFORCE, "00Q{n:03d},2024-0{month}-01,CTO,{heat},{won},ann", "history.csv"
    )
    (field,) = (name for name, one in recipe.lead.fields.items() if (one.column or name) == "Rating")
    early, later = (held(recipe, tmp_path, field, moment) for moment in ("2024-09-01", "2024-10-05"))
    assert (early["00Q000"], later["00Q000"]) == ("cold", "warm")
    assert early["00Q001"] == later["00Q001"] == "cold"
    assert held(recipe, tmp_path, field, "2024-10-11")["00Q000"] == "hot"


def test_dynamics_audit_holds_several_columns_of_one_update(tmp_path: Path) -> None:
    def audit(*changed: tuple[str, str | None, str]) -> str:
        found = [{"logicalName": name, "oldValue": old, "newValue": new} for name, old, new in changed]
        return json.dumps({"changedAttributes": found})

    updates = (
        audit(("leadqualitycode", None, "3"), ("jobtitle", None, "CTO")),
        audit(("leadqualitycode", "3", "1")),
    )
    changes = pd.DataFrame(
        [
            (
                f"a{n}-{place}",
                f"7d2e0c0a-{n:04d}-4000-8000-00000000000a",
                "lead",
                text,
                f"2024-10-{1 + 9 * place:02d}T08:00:00Z",
            )
            for n in range(LEADS)
            for place, text in enumerate(updates)
        ],
        columns=["auditid", "objectid", "objecttypecode", "changedata", "createdon"],
    )
    header = "leadid,createdon,jobtitle,leadqualitycode,emailaddress1,converted"
    recipe = drafted(
        tmp_path,
        changes,
        header,
        "7d2e0c0a-{n:04d}-4000-8000-00000000000a,2024-0{month}-01,CTO,{heat},a{n}@b.example,{won}",
        "audit.csv",
    )
    assert recipe.tables.field_history is not None
    assert recipe.tables.field_history.sql is not None
    (field,) = (name for name, one in recipe.lead.fields.items() if (one.column or name) == "leadqualitycode")
    assert recipe.lead.fields[field].known == "current"
    assert set(held(recipe, tmp_path, field, "2024-10-05").values()) == {"3"}
    assert set(held(recipe, tmp_path, field, "2024-10-15").values()) == {"1"}


def test_every_preset_is_recognised_by_its_own_columns_and_by_no_leads(tmp_path: Path) -> None:
    for key, preset in history_presets().items():
        names = preset.needs or [accepted[0] for accepted in preset.columns.values()]
        found = history_of(names)
        assert found is not None, key
        assert found.preset is preset, key
    assert history_of(HUBSPOT.split(",")) is None
    assert history_of(SALESFORCE.split(",")) is None
    assert history_of(["lead_id", "occurred_at", "kind", "value"]) is None


def test_a_name_for_a_field_that_is_not_declared_is_refused() -> None:
    text = (
        "[tables]\nleads = 'a.csv'\n[lead.fields.status]\ntype = 'category'\n"
        "[field_history]\nnames = { x = 'statsu' }\n"
    )
    with pytest.raises(LeadscoreError, match="did you mean 'status'"):
        parse_recipe(text)
