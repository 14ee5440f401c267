"""On a simulated company: the set-based batch and lead by lead in memory answer alike, to the last digit."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

import data
from features import load_recipe
from features.clock.instants import parse_moment
from serving.answer.ladder import Ladder
from serving.api.envelope import score_items
from serving.batch.export import score_export
from serving.returned.columns import ADDED, row_of

AS_OF = "2026-02-10T08:30:00+00:00"


def test_batch_and_lead_by_lead_answer_alike(tmp_path: Path) -> None:
    data.simulate(tmp_path, 300, 4)
    data.simulate_export(tmp_path, 250, 4)
    recipe = load_recipe(tmp_path / "recipe.toml")
    ladder = Ladder.by_rules(recipe)
    moment = parse_moment(AS_OF, "UTC")
    summary = score_export(
        recipe,
        ladder,
        tmp_path / "export.csv",
        tmp_path / "out.csv",
        events=tmp_path / "export_events.csv",
        as_of_us=moment,
    )
    assert set(summary.statuses) == {"uncalibrated", "opted_out", "error"}  # the error: created after as_of
    out = pd.read_csv(tmp_path / "out.csv", dtype=str, keep_default_na=False)
    events = pd.read_csv(tmp_path / "export_events.csv", dtype=str, keep_default_na=False)
    own = {
        name: group.drop(columns="lead_id").to_dict("records") for name, group in events.groupby("lead_id")
    }
    known = {*recipe.lead.fields, "created_at", "account_id", "opted_out", "cost"}
    rows = out[out["ls_status"] != "error"]
    items = [
        {
            "lead_id": row["lead_id"],
            "fields": {name: cell for name, cell in row.items() if name in known},
            "events": own.get(row["lead_id"], []),
            "as_of": AS_OF,
        }
        for row in rows.to_dict("records")
    ]
    warnings = ADDED.index("ls_warnings") - 1  # a file does not say for each lead which events came too late
    for score, added in zip(score_items(ladder, items, 0), rows[list(ADDED[1:-1])].to_numpy(), strict=True):
        expected = ["" if cell is None else str(cell) for cell in row_of(score)]
        expected[warnings] = added[warnings]
        assert added.tolist() == expected
