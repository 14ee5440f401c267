"""Ids and contacts of a long export are compared within the engine's memory."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.exports import spool
from features.tables import FileRows
from tests.made import scorers

ROWS = 700_000


@pytest.mark.slow  # 700,000 addresses are read: at a tenth of it the engine has room for all
def test_second_rows_of_a_person_are_found_in_a_long_export_after_its_events_were_sorted(
    tmp_path: Path,
) -> None:
    addresses = [f"p{place // 2}@acme.io" for place in range(ROWS)]
    ids = [f"l{place}" for place in range(ROWS)]
    leads, events = tmp_path / "leads.parquet", tmp_path / "events.parquet"
    pq.write_table(pa.table({"lead_id": ids, "email": addresses}), leads)
    pq.write_table(
        pa.table({"lead_id": ["l0"], "occurred_at": ["2026-02-01"], "kind": ["page_view"]}), events
    )
    rows = FileRows(scorers.recipe(), spool(leads, tmp_path / "l"), [*range(0, ROWS, 100_000)], tmp_path)
    try:
        assert rows.part_events(spool(events, tmp_path / "e"), lambda *_: None).unknown == 0
        same = rows.same_person()
        assert same.column("row").to_pylist() == [*range(1, ROWS, 2)]
        assert same.column("first_id").to_pylist() == ids[::2]
    finally:
        rows.close()
