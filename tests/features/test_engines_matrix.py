"""The matrix file holds the snapshots and their features, in order, whatever the size of its parts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import data
from features import LeadscoreError, default_features, load_recipe, parse_recipe, read_tables
from features.readings import offline
from features.snapshots import snapshots, write_matrix

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the tables of 300 simulated leads."""
    folder = tmp_path_factory.mktemp("acme")
    data.simulate(folder, 300, 4)
    return folder


def test_the_file_holds_snapshots_and_features_in_order(company: Path, tmp_path: Path) -> None:
    recipe = load_recipe(company / "recipe.toml")
    told: list[tuple[int, int | None]] = []
    account = write_matrix(
        recipe, company, tmp_path / "m.parquet", progress=lambda *done: told.append(done), rows_at_once=700
    )
    table = pq.read_table(tmp_path / "m.parquet")
    tables = read_tables(recipe, company)
    taken, features = snapshots(recipe, tables), default_features(recipe)
    names = [
        "lead_id",
        "as_of",
        "age_days",
        "label",
        "label_known_at",
        *(feature.name for feature in features),
    ]
    assert table.column_names == names
    assert account.rows() == taken.account.rows()
    assert told[-1] == (len(table), len(table))
    assert len(told) == -(-len(table) // 700)
    assert table.column("lead_id").to_pylist() == taken.frame["lead_id"].tolist()
    assert table.schema.field("as_of").type == pa.timestamp("us", tz="UTC")
    assert table.column("as_of").cast(pa.int64()).to_pylist() == taken.frame["as_of_us"].tolist()
    assert table.column("label").null_count == int((~taken.frame["matured"]).sum())
    for feature, column in offline(features, recipe, tables, taken.frame).items():
        written = table.column(feature).to_pandas().to_numpy()
        expected = pd.Series(column, dtype=object)
        assert pd.Series(written, dtype=object).fillna("–").equals(expected.fillna("–")), feature
    assert [path.name for path in tmp_path.iterdir()] == ["m.parquet"]


def test_the_size_of_the_parts_changes_nothing(company: Path, tmp_path: Path) -> None:
    recipe = load_recipe(company / "recipe.toml")
    for size in (701, 100_000):
        write_matrix(recipe, company, tmp_path / f"{size}", rows_at_once=size, memory_limit="300MB")
    assert pq.read_table(tmp_path / "701").equals(pq.read_table(tmp_path / "100000"))


def test_an_undated_export_has_rows_in_order_and_no_moments(tmp_path: Path) -> None:
    leads = pd.DataFrame({"age": np.arange(6), "y": ["yes", "no", "", "no", "yes", "no"]})
    leads.to_csv(tmp_path / "leads.csv", index=False)
    recipe = parse_recipe(
        '[tables]\nleads = "leads.csv"\n[lead.fields]\nage = { type = "number" }\n'
        '[outcomes]\ncolumn = "y"\nwon = ["yes"]\nlost = ["no"]\nat_once = true\n[snapshots]\nat_days = [0]\n'
    )
    write_matrix(recipe, tmp_path, tmp_path / "m.parquet")
    table = pq.read_table(tmp_path / "m.parquet")
    assert table.column("as_of").null_count == len(table) == 6
    assert table.column("age").to_pylist() == [0, 1, 2, 3, 4, 5]
    assert table.column("label").to_pylist() == [1, 0, None, 0, 1, 0]


def test_a_failure_leaves_no_file_behind(company: Path, tmp_path: Path) -> None:
    recipe = load_recipe(company / "recipe.toml")
    with pytest.raises(LeadscoreError):
        write_matrix(recipe, tmp_path, tmp_path / "m.parquet")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(KeyboardInterrupt):
        write_matrix(recipe, company, tmp_path / "m.parquet", rows_at_once=500, progress=_interrupt)
    assert list(tmp_path.iterdir()) == []


def _interrupt(done: int, total: int | None) -> None:
    raise KeyboardInterrupt
