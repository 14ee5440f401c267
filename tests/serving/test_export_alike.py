"""An export written by columns says of each lead what its own score says, cell for cell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.exports import RawTable
from features.tables import LINE
from serving.answer.compose import Rung
from serving.answer.ladder import Ladder
from serving.asked import Decided, Heard
from serving.batch.alike import score_alike
from serving.batch.block import Block, Task, score_block
from serving.calibration.bounds import Bounds
from serving.calibration.maps import MonotoneMap
from serving.calibration.reference import Reference
from serving.returned import Added
from tests.made import scorers
from tests.serving.test_score_export import HEADER, NOW

IDS = ("a", "b", "c", "d", "e", "f", "", "g")
CELLS = {
    "created_at": ("2026-02-01", "2025-01-03", "", "soon", "2099-01-01"),
    "company_size": ("120", "1e9", "-4", "many", ""),
    "industry": ("Software", "retail", "", "no such"),
    "title": ("VP Sales", "student", ""),
    "email": ("a@acme.io", "x@gmail.com", "no address", ""),
    "opted_out": ("yes", "no", "perhaps", ""),
    "stage": ("won", "lost", "mql", "In talks", ""),
}
KINDS = ("page_view", "demo_request", "unsubscribe", "no such kind", "")
DAYS = (
    "2026-02-27",
    "2026-03-02T11:30:00+00",
    "2026-03-02T01:00:00Z",
    "2025-06-01",
    "2099-01-01",
    "then",
    "",
)
DECIDED = Decided("hot", "Jane", "met at a fair", NOW - 10, NOW + 10)
SAID = Heard(frozenset({"c"}), (("a", "contested"),), (("b", DECIDED), ("d", replace(DECIDED, until_us=NOW))))


def ladders() -> dict[str, Ladder]:
    """The scorecard; a model above it with intervals and ranges; one that fails of some."""
    recipe = scorers.recipe()
    flat = MonotoneMap.platt(1.0, 0.0)
    bounds = Bounds(lower=flat, upper=flat, spreads={"company_size": 0.6, "industry": 0.3}, hidden=0.4)
    spread = Reference.of(np.linspace(0.01, 0.6, 500))
    rules = Ladder.by_rules(recipe, note="answered by rules")
    model = Rung(scorers.linear(), spread, bounds={None: bounds}, needs_events=True)
    return {"rules": rules, "model": replace(rules, rungs=(model, *rules.rungs))}


LADDERS = ladders()
ROW = st.fixed_dictionaries(
    {"lead_id": st.sampled_from(IDS), **{name: st.sampled_from(cells) for name, cells in CELLS.items()}}
)
EVENT = st.fixed_dictionaries(
    {"lead_id": st.sampled_from(IDS), "occurred_at": st.sampled_from(DAYS), "kind": st.sampled_from(KINDS)}
)


def table(name: str, rows: list[dict[str, str]], columns: list[str]) -> RawTable:
    frame = pd.DataFrame([{c: row.get(c) or None for c in columns} for row in rows], columns=columns)
    return RawTable.of_frame(name, frame.astype(object).where(frame.notna(), None))


@pytest.mark.parametrize("name", LADDERS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    rows=st.lists(ROW, min_size=1, max_size=12),
    events=st.one_of(st.none(), st.lists(EVENT, min_size=1, max_size=20)),
    reasons=st.sampled_from([0, 2]),
    said=st.booleans(),
)
def test_columns_hold_what_one_score_for_each_lead_would(
    name: str,
    rows: list[dict[str, str]],
    events: list[dict[str, str]] | None,
    reasons: int,
    said: bool,
) -> None:
    happened = None if events is None else table("events", events, ["lead_id", "occurred_at", "kind"]).frame
    if happened is not None:
        happened = happened.assign(**{LINE: np.arange(1, len(happened) + 1)})
    block = Block(table("leads", rows, HEADER), happened)
    ladder = LADDERS[name]
    task = Task(ladder.recipe, ladder, NOW, reasons, NOW, SAID if said else Heard())
    added = Added.of(ladder.recipe)
    one_by_one = score_block(task, block, added.row)
    columns, summary = score_alike(task, block, added)
    assert columns.to_pylist() == added.table(one_by_one.rows).to_pylist()
    assert columns.schema == added.table(one_by_one.rows).schema
    told, other = summary.as_dict(), one_by_one.summary.as_dict()
    assert told == other
    assert summary.expected == pytest.approx(one_by_one.summary.expected, abs=1e-12)
    assert summary.outside == one_by_one.summary.outside
