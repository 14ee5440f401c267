"""The account of leads as a field of theirs: judged as every other column is, by a name of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.discovery import Discovery, discover
from features.discovery.draft import field_names
from features.errors import LeadscoreError
from features.profiles import ColumnProfile
from features.profiles.format import ColumnFormat
from features.recipe.file import parse_recipe

N = 600
DAYS = [date(2024, 1, 1) + timedelta(days=n) for n in range(N)]
NAMES = (
    "account",
    "Account",
    "account_level",
    "account_id",
    "Account ID",
    "account_id_2",
    "Région",
    "region",
)


def found(folder: Path, cells: Sequence[object], name: str, won: Sequence[bool], **options: Any) -> Discovery:
    """What `discover` makes of leads with one column of `cells` called `name`."""
    path = folder / "list.csv"
    columns = {
        "Lead ID": [f"L{n:05d}" for n in range(N)], "Created Date": DAYS, name: cells,
        "Employees": [n * 37 % 11 for n in range(N)], "Status": ["Won" if one else "Lost" for one in won],
    }  # fmt: skip
    pd.DataFrame(columns).to_csv(path, index=False)
    return discover([path], folder=folder, **options)


@pytest.mark.parametrize(
    ("base", "others", "late"),
    [(0.3, "UNASSIGNED", True), (0.65, "UNASSIGNED", True), (0.65, "", True), (0.3, "", False)],
)
def test_an_account_is_judged_as_the_same_cells_would_be_under_another_name(
    tmp_path: Path, base: float, others: str, late: bool
) -> None:
    """Where it is `late`, leads that were not won have `others` for an account."""
    rng = np.random.default_rng(7)
    won = list(rng.random(N) < base)
    each = zip(won, rng.integers(0, 30, N), strict=True)
    cells = [f"A{n:03d}" if one or not late else others for one, n in each]
    account, plain = (found(tmp_path, cells, name, won) for name in ("Account ID", "Area"))
    judged = next(one for one in account.judged if one.column == "Account ID")
    other = next(one for one in plain.judged if one.column == "Area")
    assert (judged.treatment, judged.kind, judged.reason) == (other.treatment, other.kind, other.reason)
    recipe = parse_recipe(account.recipe_toml)
    assert recipe.lead.account_id == "Account ID"
    assert ("account" in recipe.lead.fields) == (judged.treatment != "left out") == (not late)
    assert (judged.suspect in account.suspects) == late


def test_an_account_is_kept_or_left_out_by_who_knows_better(tmp_path: Path) -> None:
    won = [n % 3 == 0 for n in range(N)]
    cells = [n * 7 % 40 if one else 99 for n, one in enumerate(won)]
    kept = parse_recipe(found(tmp_path, cells, "Account ID", won, keep=["Account ID"]).recipe_toml)
    assert kept.lead.fields["account"].type == "category"
    excluded = found(tmp_path, cells, "Account ID", won, exclude=["Account ID"])
    assert "left out by --exclude" in excluded.recipe_toml
    assert "account" not in parse_recipe(excluded.recipe_toml).lead.fields


@given(st.lists(st.sampled_from(NAMES), unique=True), st.sets(st.sampled_from(NAMES)), st.booleans())
def test_no_field_has_the_name_of_another_field_or_column(
    names: list[str], unused: set[str], preset: bool
) -> None:
    cells = ColumnFormat("category", filled=9, distinct=3)
    columns = [ColumnProfile(name, cells, "account" if preset else None) for name in names]
    every = {*names, *unused}
    fields = field_names(columns, every)
    assert list(fields) == names
    assert len({field.casefold() for field in fields.values()}) == len(names)
    for column, field in fields.items():
        assert field.casefold() not in {name.casefold() for name in every - {column}}


def test_names_of_fields_that_differ_by_case_alone_are_refused() -> None:
    text = """
[recipe]
name = "a"
[tables]
leads = "a.csv"
[lead.fields]
Area = { type = "category" }
area = { type = "category", column = "zone" }
[outcomes]
column = "won"
won = ["yes"]
lost = ["no"]
"""
    with pytest.raises(LeadscoreError, match="'Area' and 'area' differ by case alone"):
        parse_recipe(text)
    assert set(parse_recipe(text.replace('"zone"', '"zone", use = false')).lead.fields) == {"Area"}


@pytest.mark.parametrize("beside", [("account", "account_level"), ("Account", "Segment")])
def test_columns_beside_an_account_keep_their_names(beside: tuple[str, str], tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    columns = {
        "lead_id": range(7000, 7000 + N), "created_at": DAYS, "account_id": [n * 7 % 40 for n in range(N)],
        beside[0]: [("Acme", "Beta")[n * 3 % 7 % 2] for n in range(N)],
        beside[1]: [("gold", "free")[n * 5 % 11 % 2] for n in range(N)],
        "won": [("yes", "no", "no")[n % 3] for n in range(N)],
    }  # fmt: skip
    pd.DataFrame(columns).to_csv(path, index=False)
    fields = parse_recipe(discover([path], folder=tmp_path).recipe_toml).lead.fields
    read = {field.column or name: name for name, field in fields.items()}
    assert {"account_id", *beside} <= set(read)
    assert [read[name] for name in beside] == list(beside)
