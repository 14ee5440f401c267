"""Without a date the order of rows is a hypothesis: drift speaks for time, sorting and mixing against it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.discovery import Discovery, discover
from features.errors import LeadscoreError
from features.recipe.file import lines_to_check, parse_recipe
from features.row_order import LEVEL, drift_along

SEEDS = st.integers(0, 10_000)


def drifting(seed: int, n: int = 1200) -> pd.DataFrame:
    """A list in the order of time: the web brings more and more of the leads, and more of them buy."""
    rng, t = np.random.default_rng(seed), np.linspace(0, 1, n)
    web = rng.random(n) < 0.2 + 0.5 * t
    return pd.DataFrame(
        {
            "Key": [f"K{i:05d}" for i in rng.permutation(n)],
            "Region": rng.choice(["North", "South", "East", "West"], n),
            "Size": rng.lognormal(3, 1, n).round(1),
            "Source": np.where(web, "web", rng.choice(["fair", "call"], n)),
            "Bought": (rng.random(n) < 0.1 + 0.2 * t).astype(int),
        }
    )


def found(frame: pd.DataFrame, folder: Path, **options: str) -> Discovery:
    frame.to_csv(folder / "list.csv", index=False)
    return discover([folder / "list.csv"], folder=folder, **options)


def split_by(discovery: Discovery) -> str:
    return parse_recipe(discovery.recipe_toml).split.by


def said(discovery: Discovery) -> str:
    return next(remark for remark in discovery.remarks if remark.startswith("no date says"))


@settings(max_examples=10, deadline=None)
@given(SEEDS)
def test_a_list_in_the_order_of_time_is_recognised(tmp_path_factory, seed):
    discovery = found(drifting(seed), tmp_path_factory.mktemp("time"))
    assert split_by(discovery) == "time"
    assert "beyond chance" in said(discovery)


@pytest.mark.slow
def test_the_rows_of_an_export_that_were_mixed_are_no_time(tmp_path):
    """One in a hundred may be taken for time, by the level of the test: of 40, hardly more than two."""
    taken = [split_by(found(drifting(s).sample(frac=1, random_state=s), tmp_path)) for s in range(40)]
    assert taken.count("time") <= 2


def test_a_drift_is_seen_where_there_is_none_in_one_table_of_a_hundred():
    """150 made tables of 60 to 1,500 rows: more than 6 would be one chance in two hundred."""
    rng = np.random.default_rng(5)
    tables = (
        {
            "level": rng.choice(np.array(list("abcde"), dtype=object), n, p=[0.5, 0.2, 0.15, 0.1, 0.05]),
            "rare": np.where(rng.random(n) < 0.01, "x", "y").astype(object),
            "amount": rng.lognormal(3, 1, n),
            "holes": np.where(rng.random(n) < 0.4, np.nan, rng.normal(size=n)),
            "won": (rng.random(n) < 0.1).astype(float),
        }
        for n in rng.integers(60, 1500, 150)
    )
    assert LEVEL == 0.01
    assert sum(drift_along(columns).found for columns in tables) <= 6


@settings(max_examples=8, deadline=None)
@given(SEEDS, st.sampled_from(["Region", "Size", "Source", "Key"]), st.booleans())
def test_a_list_sorted_by_a_column_is_no_time(tmp_path_factory, seed, column, ascending):
    frame = drifting(seed).rename(columns={"Key": "Company"} if column == "Key" else {})
    column = "Company" if column == "Key" else column
    frame = frame.sort_values(column, kind="stable", ascending=ascending)
    discovery = found(frame, tmp_path_factory.mktemp("sorted"))
    assert split_by(discovery) == "lot"
    assert f"sorted by '{column}'" in said(discovery)


def test_a_list_in_groups_is_no_time(tmp_path):
    frame = drifting(1)
    parts = [frame[frame["Region"] == region] for region in ("West", "East", "South", "North")]
    assert "grouped by 'Region'" in said(found(pd.concat(parts), tmp_path))


def test_a_list_sorted_by_its_outcome_is_no_time(tmp_path):
    discovery = found(drifting(1).sort_values("Bought"), tmp_path)
    assert split_by(discovery) == "lot"
    assert "sorted by the outcome" in said(discovery)


MONTHS = ["Oct", "Nov", "Dec", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep"]


@pytest.mark.parametrize(
    ("months", "by"),
    [(MONTHS, "time"), (MONTHS[3:] + MONTHS[:3], "lot"), (sorted(MONTHS), "lot"), (MONTHS + MONTHS, "time")],
)
def test_months_that_follow_one_another_are_time_and_grouped_ones_are_not(tmp_path, months, by):
    frame = drifting(2)
    frame["Month"] = [months[i] for i in np.linspace(0, len(months) - 0.01, len(frame)).astype(int)]
    discovery = found(frame, tmp_path)
    assert split_by(discovery) == by
    assert "months in" in said(discovery) or "grouped by 'Month'" in said(discovery)


def test_campaigns_and_numbers_that_go_on_are_time(tmp_path):
    mixed = drifting(3).sample(frac=1, random_state=1)
    wave = mixed.assign(Campaign=[f"wave {i // 200}" for i in range(len(mixed))])
    assert "as 'Campaign' goes on" in said(found(wave, tmp_path))
    numbered = mixed.assign(Key=np.cumsum(np.random.default_rng(1).integers(1, 5, len(mixed))))
    assert "as 'Key' rises" in said(found(numbered, tmp_path))
    counted = mixed.assign(Key=np.arange(len(mixed)))
    assert split_by(found(counted, tmp_path)) == "lot", "a running number of the file says nothing"


def test_an_order_that_is_time_in_one_half_only_is_said(tmp_path):
    rng, frame = np.random.default_rng(4), drifting(4, 3000)
    old = frame.iloc[:1500].sample(frac=1, random_state=1)
    new = frame.iloc[1500:].copy()
    new["Source"] = np.where(rng.random(1500) < np.linspace(0.1, 0.9, 1500), "web", "call")
    discovery = found(pd.concat([old, new]), tmp_path)
    assert "only within rows 1,501 to 3,000" in said(discovery)
    assert any("only within rows" in line for line in lines_to_check(discovery.recipe_toml))


def test_who_knows_better_says_so(tmp_path):
    frame = drifting(5)
    assert split_by(found(frame, tmp_path, time="none")) == "lot"
    discovery = found(frame.sort_values("Region"), tmp_path, time="rows")
    assert split_by(discovery) == "time"
    assert not any("creation" in line or "by =" in line for line in lines_to_check(discovery.recipe_toml))


def test_a_file_with_dates_is_not_asked(tmp_path):
    frame = drifting(6).assign(Created=pd.date_range("2024-01-01", periods=1200, freq="6h").astype(str))
    recipe = parse_recipe(found(frame, tmp_path).recipe_toml)
    assert recipe.dated
    assert recipe.split.by == "time"
    assert not parse_recipe(found(frame, tmp_path, time="none").recipe_toml).dated


@pytest.mark.parametrize(
    "also",
    ['[lead]\ncreated_at = "Created"\n[split]', '[lead]\norder = "No"\n[split]',
     *(f'[split]\n{key} = "2025-01-31"' for key in ("train_from", "test_from", "test_until", "history_end"))],
)  # fmt: skip
def test_a_lot_beside_an_order_is_refused(also):
    with pytest.raises(LeadscoreError, match="take out"):
        parse_recipe(f'[tables]\nleads = "list.csv"\n{also}\nby = "lot"\n')


def test_few_rows_tell_nothing(tmp_path):
    assert "too few rows" in said(found(drifting(7).iloc[::80], tmp_path))
