"""Leads of one account that come together count each other, whichever way they come, and a ledger's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features import tables_from_frames
from features.clock import DAY_US, from_us, now_us, parse_moment
from features.lead import Lead
from features.readings import offline
from serving.api import named_by
from serving.api.envelope import answer_items
from serving.batch import score_export, score_frame
from serving.ledger import LeadSent, Ledger, Writer, import_tables
from serving.neighbours import Neighbours, neighbours_of
from tests.features.test_accounts import FEATURES, RECIPE, START_US, company
from tests.serving.test_accounts_online import counting

AS_OF_US = START_US + 61 * DAY_US
FLAT = RECIPE.model_copy(
    update={
        "outcomes": RECIPE.outcomes.model_copy(update={"column": "ended", "occurred_at": "ended_at"}),
        "tables": RECIPE.tables.model_copy(update={"outcomes": None}),
    }
)
"""The same company with the outcome as a column of the leads, so that a file and a request tell it."""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger.made(tmp_path / "ledger.sqlite")
    yield made
    made.close()


def written(seed: int) -> dict[str, pd.DataFrame]:
    """A company whose leads tell their end themselves."""
    frames = company(seed, leads=24)
    ends = frames["outcomes"]
    ends = ends[ends["stage"] != "mql"].drop_duplicates("lead_id").set_index("lead_id")
    leads = frames["leads"].assign(
        ended=lambda one: one["lead_id"].map(ends["stage"]),
        ended_at=lambda one: one["lead_id"].map(ends["occurred_at"]),
    )
    return {"leads": leads, "events": frames["events"]}


def items_of(
    frames: dict[str, pd.DataFrame], ids: list[str], as_of_us: int = AS_OF_US
) -> list[dict[str, Any]]:
    """The leads as a request sends them."""
    found = []
    for row in frames["leads"].itertuples(index=False):
        if row.lead_id not in ids:
            continue
        cells = {name: cell for name, cell in row._asdict().items() if name != "lead_id" and pd.notna(cell)}
        own = frames["events"][frames["events"]["lead_id"] == row.lead_id].drop(columns="lead_id")
        found.append({"lead_id": row.lead_id, "fields": cells, "events": own.to_dict("records"),
                      "as_of": from_us(as_of_us).isoformat()})  # fmt: skip
    return found


def counted(leads: list[Lead]) -> dict[str, list[float]]:
    return {lead.lead_id: [feature.value(lead) for feature in FEATURES] for lead in leads}


def expected(frames: dict[str, pd.DataFrame], as_of_us: int) -> dict[str, list[float]]:
    """By the whole tables."""
    moments = pd.DataFrame({"lead_id": frames["leads"]["lead_id"], "as_of_us": as_of_us})
    tables = tables_from_frames(FLAT, frames["leads"], frames["events"], clock_us=as_of_us)
    columns = offline(FEATURES, FLAT, tables, moments)
    rows = zip(*(columns[feature.name].tolist() for feature in FEATURES), strict=True)
    return dict(zip(moments["lead_id"], map(list, rows), strict=True))


def alike(found: dict[str, list[float]], told: dict[str, list[float]]) -> None:
    for name, values in found.items():
        np.testing.assert_array_equal(values, told[name], name)


@pytest.mark.parametrize("known", [0, 10, 24])
def test_a_list_counts_what_the_ledger_does_not_know(ledger: Ledger, tmp_path: Path, known: int) -> None:
    frames = written(3)
    ids = frames["leads"]["lead_id"].tolist()
    for name, frame in frames.items():
        frame[frame["lead_id"].isin(ids[:known])].to_csv(tmp_path / f"{name}.csv", index=False)
    with Writer(ledger) as writer:
        if known:
            import_tables(writer, FLAT, tmp_path)
    # an end that is a column of the leads is known to a ledger from when it was recorded
    at = now_us() + DAY_US if known else AS_OF_US
    ladder, told = counting(FLAT), expected(frames, at)
    named = [{"lead_id": one, "as_of": from_us(at).isoformat()} for one in ids[:known]]
    items = [*items_of(frames, ids[known:], at), *named]
    how = {"named": named_by(ledger), "neighbours": neighbours_of(ledger)}
    answers = answer_items(ladder, items, at, **how)  # type: ignore[arg-type]
    leads = [one.lead for one in answers if one.lead is not None]
    assert len(leads) == 24
    alike(counted(leads), told)
    assert np.nanmax(list(told.values())) > 2
    assert all(one.score.scored_by is None or one.score.scored_by.rung == "model" for one in answers)


@pytest.mark.parametrize("block_rows", [5, 20_000])
def test_file_frame_and_list_answer_alike(ledger: Ledger, tmp_path: Path, block_rows: int) -> None:
    frames = written(4)
    for name, frame in frames.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    ladder, beside = counting(FLAT), neighbours_of(ledger)
    listed = answer_items(
        ladder, items_of(frames, frames["leads"]["lead_id"].tolist()), AS_OF_US, neighbours=beside
    )
    framed = score_frame(
        FLAT, ladder, frames["leads"], frames["events"], as_of_us=AS_OF_US, neighbours=beside
    )
    score_export(
        FLAT, ladder, tmp_path / "leads.csv", tmp_path / "out.csv", events=tmp_path / "events.csv",
        as_of_us=AS_OF_US, neighbours=beside, block_rows=block_rows,
    )  # fmt: skip
    out = pd.read_csv(tmp_path / "out.csv")
    chances = [one.score.probability for one in listed]
    assert [one.probability for one in framed] == chances
    assert out["ls_probability"].astype(object).where(out["ls_probability"].notna(), None).tolist() == chances
    assert len({one for one in chances if one is not None}) > 3
    alone = score_frame(FLAT, ladder, frames["leads"], frames["events"], as_of_us=AS_OF_US)
    assert all(
        one.scored_by is None or one.scored_by.rung == "rules" for one in alone if one.status != "closed"
    )


def test_nothing_of_the_future_and_no_copy_counts(ledger: Ledger) -> None:
    ladder = counting(FLAT)
    at = parse_moment("2025-03-20", "UTC")
    asked = {"lead_id": "a", "fields": {"account": "x", "created_at": "2025-03-01"}, "events": []}
    before = {"lead_id": "b", "fields": {"account": "x", "created_at": "2025-03-05"}, "events": []}
    later = {"lead_id": "c", "fields": {"account": "x", "created_at": "2025-03-25"}, "events": []}
    items = [asked, before, before, asked, {**later, "as_of": "2025-04-01"}]
    answers = answer_items(ladder, items, at, neighbours=neighbours_of(ledger))
    place = [feature.name for feature in FEATURES].index("account_leads_ever")
    found = [(one.lead.lead_id, FEATURES[place].value(one.lead)) for one in answers if one.lead]
    assert found == [("a", 1.0), ("b", 1.0), ("b", 1.0), ("a", 1.0), ("c", 2.0)]


def test_what_some_were_sent_without_is_not_counted_as_nothing(ledger: Ledger) -> None:
    one = {"lead_id": "a", "fields": {"account": "x", "created_at": "2025-03-01"}, "events": []}
    other = {"lead_id": "b", "fields": {"account": "x", "created_at": "2025-03-05"}}
    answers = answer_items(counting(FLAT), [one, other], AS_OF_US, neighbours=Neighbours(ledger))
    lead = answers[0].lead
    assert lead is not None
    assert lead.others is not None
    assert lead.others["events"] is None
    assert len(lead.others["leads"] or ()) == 1


def test_an_export_is_not_gone_on_with_by_another_state_of_the_ledger(ledger: Ledger, tmp_path: Path) -> None:
    ids = [f"L{number}" for number in range(12)]
    frame = pd.DataFrame({"lead_id": ids, "account": "x", "created_at": "2025-01-20"})
    frame.to_csv(tmp_path / "leads.csv", index=False)
    written(4)["events"].assign(lead_id="nobody").to_csv(tmp_path / "events.csv", index=False)
    out, ladder = tmp_path / "out.csv", counting(FLAT)
    rows: list[int] = []

    def run(stops: bool = False) -> set[float]:
        def seen(done: int, total: int | None = None) -> None:
            rows.append(done)
            if stops and done >= 7:
                raise KeyboardInterrupt

        score_export(
            FLAT, ladder, tmp_path / "leads.csv", out, events=tmp_path / "events.csv", as_of_us=AS_OF_US,
            neighbours=neighbours_of(ledger), block_rows=4, progress=seen,
        )  # fmt: skip
        return set(pd.read_csv(out)["ls_probability"])

    def interrupted() -> None:
        with pytest.raises(KeyboardInterrupt):
            run(stops=True)
        rows.clear()

    interrupted()
    before = run()
    assert min(rows) > 4, "nothing has changed: what was done stays"
    interrupted()
    cells = {"account": "x", "created_at": "2025-01-20"}
    with Writer(ledger) as writer:
        writer.submit(
            [LeadSent("crm", f"Z{number}", cells, AS_OF_US - DAY_US) for number in range(30)]
        ).result()
    (chance,) = run()
    assert chance not in before
    assert min(rows) <= 4
