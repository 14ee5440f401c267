"""The same export on Spark: the same answers as in a file, however the leads are spread."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.readings.spark import java_version
from serving.answer.ladder import Ladder
from serving.artefact.folder import load_artefact, save_artefact
from serving.batch import spark as on_spark
from serving.batch.export import score_export
from serving.returned import ADDED
from serving.returned.columns import SAME
from serving.rules.default import default_rules
from tests.made import scorers
from tests.serving.test_score_export import AMOUNTS, EVENTS, HEADER, NOW, ROWS

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]  # Spark warns of its own ways

TIMES = 40


@pytest.fixture(scope="module", autouse=True)
def spark() -> Iterator[None]:
    sql = pytest.importorskip("pyspark.sql", reason="no Spark: run 'make extras'")
    if (java_version() or 0) < 17:
        pytest.skip("no Java 17")
    yield
    if (session := sql.SparkSession.getActiveSession()) is not None:
        session.stop()


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The odd leads of a file many times over, under other ids, in two files of Parquet."""
    folder = tmp_path_factory.mktemp("company")
    rows = [[cells[0] and f"{cells[0]}{time or ''}", *cells[1:]] for time in range(TIMES) for cells in ROWS]
    frame = pd.DataFrame(rows, columns=HEADER).replace("", None)
    frame["amount"] = pd.array([*AMOUNTS] * TIMES, dtype="Int64")
    events = [[f"{name}{time or ''}", moment, kind] for time in range(TIMES) for name, moment, kind in EVENTS]
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), folder / "leads.parquet")
    pd.DataFrame(events, columns=["lead_id", "occurred_at", "kind"]).to_parquet(folder / "events.parquet")
    rules = default_rules(scorers.recipe())
    save_artefact(
        folder / "model", scorers.manifest(), scorers.blend(), rules=rules, no_events=scorers.linear()
    )
    return folder


@pytest.mark.parametrize(
    ("with_model", "with_events", "bucket"), [(True, True, 20_000), (True, True, 37), (False, False, 37)]
)
def test_spark_answers_as_a_file_is_answered(
    company: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    bucket: int,
    with_events: bool,
    with_model: bool,
) -> None:
    monkeypatch.setattr(on_spark, "_BUCKET", bucket)
    leads, events = company / "leads.parquet", company / "events.parquet" if with_events else None
    model = company / "model" if with_model else None
    ladder = Ladder.of(load_artefact(model)) if model else Ladder.by_rules(scorers.recipe())
    expected = score_export(
        scorers.recipe(), ladder, leads, tmp_path / "out.parquet", events=events, as_of_us=NOW
    )
    found = on_spark.score_on_spark(
        scorers.recipe(), str(leads), str(tmp_path / "out"), events=str(events) if events else None,
        artefact=model, as_of_us=NOW,
    )  # fmt: skip
    file = pq.read_table(tmp_path / "out.parquet").drop_columns([SAME, "error"])
    table = pq.read_table(tmp_path / "out")
    assert [*file.column_names, "error"] == [name for name in table.column_names if name != SAME]
    assert set(ADDED) - {SAME} <= set(table.column_names)
    assert table.drop_columns(["error"]).to_pylist() == file.to_pylist()
    assert (found.rows, found.statuses, found.maturities) == (
        expected.rows, expected.statuses, expected.maturities,
    )  # fmt: skip
