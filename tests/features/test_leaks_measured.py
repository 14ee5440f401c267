"""Columns that know the outcome are named by measurement, under any name, and honest ones are left alone."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import numpy as np
import pytest

import data
from features.discovery.discover import discover
from features.exports.reader import read_raw
from features.leaks.leaks import find_leaks
from features.profiles.profile import profile

SHARED = Path(os.environ.get("LEADSCORE_SHARED_DATA", "../shared/data"))


def world(seed: int, n: int = 3000) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Honest columns of moderate strength, and an outcome."""
    rng = np.random.default_rng(seed)
    size, source = rng.lognormal(3, 1, n), rng.choice(np.array(["web", "fair", "call"], dtype=object), n)
    seen = rng.normal(size=n)
    margin = 0.5 * (np.log(size) - 3) + 0.8 * (source == "call") + 0.7 * seen - 1.8
    y = (rng.random(n) < 1 / (1 + np.exp(-margin))).astype(np.float64)
    blank = np.where(rng.random(n) < 0.3, np.nan, size)
    return {"size": blank, "source": source, "seen": seen, "noise": rng.normal(size=n)}, y


@pytest.mark.parametrize("seed", range(5))
def test_honest_columns_are_no_suspects(seed: int) -> None:
    columns, y = world(seed)
    assert find_leaks(columns, y, np.arange(len(y))) == ()


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("outcome renamed", lambda y, rng: np.where(y == 1, "blue", "red").astype(object)),
        ("too good alone", lambda y, rng: y * 2 + rng.normal(size=len(y))),
        ("filled by the outcome", lambda y, rng: np.where(y == 1, rng.normal(size=len(y)), np.nan)),
        (
            "filled by the outcome",
            lambda y, rng: np.where((y == 1) & (rng.random(len(y)) < 0.1), 1, np.nan),
        ),
        (
            "filled by the outcome",
            lambda y, rng: np.where((y == 0) & (rng.random(len(y)) < 0.3), 1, np.nan),
        ),
        ("calendar", lambda y, rng: np.cumsum(rng.random(len(y)))),
        ("calendar", lambda y, rng: (np.arange(len(y)) * 24 // len(y)).astype(str).astype(object)),
        ("counter", lambda y, rng: rng.permutation(len(y)).astype(np.float64) + 5000),
        ("counter", lambda y, rng: rng.permutation(899_999)[: len(y)] + 100_000.0),
    ],
)
@pytest.mark.parametrize("name", ["x1", "size of shoes"])
def test_each_kind_of_leak_is_named(kind: str, make: object, name: str) -> None:
    columns, y = world(9)
    leak = make(y, np.random.default_rng(3))  # type: ignore[operator]
    found = find_leaks({**columns, name: leak}, y, np.arange(len(y)))
    assert [(suspect.column, suspect.kind) for suspect in found] == [(name, kind)]


def test_a_column_that_only_closed_leads_have_is_named() -> None:
    columns, y = world(4)
    rng = np.random.default_rng(4)
    closed = (y == 1) | (rng.random(len(y)) < 0.4)
    reason = np.where(closed, rng.choice(np.array(["price", "time"], dtype=object), len(y)), None)
    y = np.where(closed, rng.permutation(y), 0.0)
    found = find_leaks({**columns, "z": reason}, y, np.arange(len(y)), closed=closed)
    assert "z" in [suspect.column for suspect in found]


def test_nothing_of_the_test_period_is_looked_at() -> None:
    columns, y = world(5)
    late = np.arange(len(y)) >= 0.75 * len(y)
    columns["late"] = np.where(late, y, np.random.default_rng(0).normal(size=len(y)))
    assert find_leaks(columns, y, np.arange(len(y))) == ()


def test_a_shuffled_outcome_accuses_nobody() -> None:
    columns, y = world(6)
    assert find_leaks(columns, np.random.default_rng(1).permutation(y), np.arange(len(y))) == ()


def test_too_few_outcomes_accuse_nobody() -> None:
    columns, _ = world(7)
    y = np.zeros(3000)
    y[:10] = 1.0
    columns["copy"] = y.copy()
    assert find_leaks(columns, y, np.arange(3000)) == ()


@pytest.mark.parametrize("file", ["bank-additional-full.csv.gz", "bank-full.csv.gz"])
def test_the_calls_duration_is_the_one_suspect_of_the_bank(file: str) -> None:
    path = SHARED / "uci_bank_marketing" / file
    if not path.exists():
        pytest.skip(f"{path} is absent: set LEADSCORE_SHARED_DATA")
    table = profile(path, read_raw(path))
    y = (table.cells("y") == "yes").to_numpy(dtype=np.float64)
    renamed = {f"c{n}": table.values(name) for n, name in enumerate(table.columns) if name != "y"}
    duration = f"c{list(table.columns).index('duration')}"
    found = find_leaks(renamed, y, np.arange(len(y)), dated=False)
    assert [suspect.column for suspect in found] == [duration]


def test_every_column_of_the_closed_deals_is_a_suspect() -> None:
    folder = SHARED / "olist_marketing_funnel"
    if not folder.exists():
        pytest.skip(f"{folder} is absent: set LEADSCORE_SHARED_DATA")
    leads = read_raw(folder / "olist_marketing_qualified_leads_dataset.csv").frame
    deals = read_raw(folder / "olist_closed_deals_dataset.csv").frame
    joined = leads.merge(deals, on="mql_id", how="left").astype(object)
    joined = joined.where(joined.notna(), None)
    names = [name for name in deals.columns if name != "mql_id"]
    y = joined["won_date"].notna().to_numpy(dtype=np.float64)
    order = np.argsort(np.argsort(joined["first_contact_date"].to_numpy(dtype=str), kind="stable"))
    columns = {name: joined[name].to_numpy(dtype=object) for name in [*names, "origin", "landing_page_id"]}
    found = {suspect.column for suspect in find_leaks(columns, y, order)}
    assert found == set(names)


@pytest.mark.slow
def test_the_planted_leaks_of_a_simulated_company_are_found(tmp_path: Path) -> None:
    seed = secrets.randbelow(1_000_000)  # drawn here, so that nobody can tune to it
    data.simulate(tmp_path, 3000, seed)
    names = ("leads.parquet", "events.parquet", "outcomes.parquet")
    found = discover([tmp_path / name for name in names], folder=tmp_path)
    suspects = {suspect.column for suspect in found.suspects}
    assert {"contract_reference", "close_reason"} <= suspects, f"seed {seed}"
    assert len(suspects) <= 3, f"seed {seed}"
