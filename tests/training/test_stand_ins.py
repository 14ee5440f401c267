"""Values that mean "unknown" are named by `init` and `inspect`, and missing where the recipe says so."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import parse_recipe
from features.cells.fields import cell_parser
from features.discovery.discover import discover
from features.profiles.stand_ins import stand_ins
from features.recipe.crm import LeadField
from tests.made.company import RECIPE, small_company
from training.inspection.inspect import inspect

SIZES = np.random.default_rng(3).lognormal(3, 1, 400).round(1)


@pytest.mark.parametrize("value", [-1.0, 999999.0, -1e9])
@pytest.mark.parametrize("times", [3, 40])
def test_a_repeated_value_apart_from_the_rest_is_named(value, times):
    (found,) = stand_ins(np.r_[SIZES, [value] * times, np.nan])
    assert (found.value, found.count, found.cells) == (value, times, 400 + times)
    assert f'missing = ["{value:.0f}"]' in found.words("size")


@given(st.integers(0, 2**32 - 1), st.sampled_from(["normal", "lognormal", "poisson", "uniform", "zeros"]))
def test_ordinary_numbers_are_not(seed, kind):
    rng = np.random.default_rng(seed)
    made = {
        "normal": lambda: rng.normal(0, 5, 400).round(2),
        "lognormal": lambda: rng.lognormal(3, 1, 400).round(1),
        "poisson": lambda: rng.poisson(2.0, 400).astype(float),
        "uniform": lambda: rng.integers(1, 60, 400).astype(float),
        "zeros": lambda: rng.poisson(5.0, 400) * rng.integers(0, 2, 400).astype(float),
    }
    assert stand_ins(made[kind]()) == []


def test_a_zero_below_a_hole_and_a_zero_of_what_must_be_positive():
    ages = np.random.default_rng(4).integers(18, 90, 300).astype(float)
    assert [one.value for one in stand_ins(np.r_[ages, np.zeros(20)])] == [0.0]
    sizes = np.r_[np.random.default_rng(4).integers(1, 300, 300).astype(float), np.zeros(20)]
    assert stand_ins(sizes) == []
    assert [one.value for one in stand_ins(sizes, positive=True)] == [0.0]


@pytest.mark.parametrize("raw", [-1, -1.0, np.float64(-1), "-1", " -1 ", "-1.0", "-1.00"])
def test_a_number_that_means_missing_is_missing_however_it_is_written(raw):
    read = cell_parser(LeadField(type="number", missing=("-1",)), "UTC")
    assert read(raw) is None
    assert read(1) == 1.0


def test_a_date_that_stands_for_none_is_named_and_missing_in_every_writing():
    day = 86_400e6
    usual = np.random.default_rng(5).integers(19_000, 19_700, 300) * day
    (found,) = stand_ins(np.r_[usual, np.full(9, -25_567 * day)])
    assert 'missing = ["1900-01-01"]' in found.words("founded_on", "UTC")
    form = LeadField(type="date", missing=("1900-01-01",), format="dmy")
    for field, raw in (
        (LeadField(type="date", missing=("1900-01-01",)), "1900-01-01T00:00:00"),
        (LeadField(type="date", missing=("1900-01-01",)), date(1900, 1, 1)),
        (LeadField(type="date", missing=("1900-01-01",)), pd.Timestamp("1900-01-01")),
        (form, "01/01/1900"),
    ):
        assert cell_parser(field, "Europe/Paris")(raw) is None
    assert cell_parser(form, "UTC")("02/01/1900") is not None


def company(folder: Path) -> pd.DataFrame:
    """The small company, of whose sizes 6 % are −1."""
    small_company(folder, 700)
    leads = pd.read_csv(folder / "leads.csv")
    leads.loc[np.arange(0, 700, 16), "size"] = -1
    leads["size"] = leads["size"].round(0)
    return leads


def test_inspect_names_it_until_the_recipe_says_that_it_is_missing(tmp_path):
    company(tmp_path).to_csv(tmp_path / "leads.csv", index=False)
    told = RECIPE.replace('means = "size" }', 'means = "size", missing = ["-1"] }')
    before, after = (inspect(parse_recipe(text), tmp_path).notes for text in (RECIPE, told))
    assert [note for note in before if note.startswith("size: -1 in 44 of 700")]
    assert not [note for note in after if note.startswith("size:")]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_init_names_it_and_writes_it_whatever_the_format(tmp_path, ending):
    leads = company(tmp_path)
    leads["won"] = np.where(np.random.default_rng(1).random(len(leads)) < 0.3, "Won", "Lost")
    path = tmp_path / f"export.{ending}"
    leads.to_csv(path, index=False) if ending == "csv" else leads.to_parquet(path)
    found = discover([path])
    (written,) = parse_recipe(found.recipe_toml).lead.fields["size"].missing
    assert float(written) == -1
    assert f'size: {written} is read as "unknown" (missing)' in found.remarks
    json.dumps(found.as_dict())
