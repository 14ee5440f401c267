"""A cell that says that there is no account names none, whichever way the lead comes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from features import read_tables, tables_from_frames
from features.cells import MISSING_TEXTS
from features.clock import from_us
from features.tables import fetch_frame
from serving.api.envelope import answer_items
from serving.batch import score_export, score_frame
from serving.ledger import Ledger, LedgerTables, Writer, import_tables
from serving.neighbours import neighbours_of
from tests.features.test_accounts import RECIPE
from tests.serving.test_accounts_online import counting
from tests.serving.test_accounts_together import AS_OF_US, FLAT

WORDS = (*sorted(MISSING_TEXTS), "NULL", " None ", "NaN")


def leads_of(words: tuple[str, ...], accounts: tuple[str, ...] = ()) -> pd.DataFrame:
    """Two leads of each word, and of each account."""
    cells = [word for word in (*words, *accounts) for _ in range(2)]
    ids = [f"L{place}" for place in range(len(cells))]
    return pd.DataFrame({"lead_id": ids, "account": cells, "created_at": "2025-01-20",
                         "ended": None, "ended_at": None})  # fmt: skip


NO_EVENTS = pd.DataFrame({"lead_id": ["nobody"], "kind": ["demo"], "occurred_at": ["2025-01-21"],
                          "ingested_at": ["2025-01-21"]})  # fmt: skip


@pytest.mark.parametrize("dtype", ["object", "string", "category"])
def test_tables_know_no_account_that_says_there_is_none(dtype: str) -> None:
    frame = leads_of(WORDS, ("x", "none of your business"))
    frame["account"] = frame["account"].astype(dtype)
    tables = tables_from_frames(FLAT, frame, NO_EVENTS, clock_us=AS_OF_US)
    found = fetch_frame(tables.con, "leads").sort_values("row")["account_id"]
    assert found.dropna().tolist() == ["x", "x", "none of your business", "none of your business"]


def test_whichever_way_a_lead_comes_it_has_no_account(tmp_path: Path) -> None:
    frame = leads_of(WORDS)
    ledger = Ledger.made(tmp_path / "ledger.sqlite")
    ladder, beside, as_of = counting(FLAT), neighbours_of(ledger), from_us(AS_OF_US).isoformat()
    items = [
        {
            "lead_id": one,
            "fields": {"account": word, "created_at": "2025-01-20"},
            "events": [],
            "as_of": as_of,
        }
        for one, word in zip(frame["lead_id"], frame["account"], strict=True)
    ]
    listed = [one.score for one in answer_items(ladder, items, AS_OF_US, neighbours=beside)]
    framed = score_frame(FLAT, ladder, frame, NO_EVENTS, as_of_us=AS_OF_US, neighbours=beside)
    frame.to_csv(tmp_path / "leads.csv", index=False)
    NO_EVENTS.to_csv(tmp_path / "events.csv", index=False)
    score_export(FLAT, ladder, tmp_path / "leads.csv", tmp_path / "out.csv", as_of_us=AS_OF_US,
                 events=tmp_path / "events.csv", neighbours=beside)  # fmt: skip
    filed = pd.read_csv(tmp_path / "out.csv")["ls_probability"].tolist()
    alone = {answer_items(ladder, [item], AS_OF_US, neighbours=beside)[0].score.probability for item in items}
    assert len(alone) == 1
    for found in ([one.probability for one in listed], [one.probability for one in framed], filed):
        assert set(found) == alone
    ledger.close()


def test_an_imported_history_and_what_it_is_trained_on_know_none(tmp_path: Path) -> None:
    leads_of(WORDS, ("x",)).to_csv(tmp_path / "leads.csv", index=False)
    NO_EVENTS.to_csv(tmp_path / "events.csv", index=False)
    pd.DataFrame({"lead_id": ["L0"], "stage": ["mql"], "occurred_at": ["2025-01-25"]}).to_csv(
        tmp_path / "outcomes.csv", index=False
    )
    ledger = Ledger.made(tmp_path / "ledger.sqlite")
    with Writer(ledger) as writer:
        import_tables(writer, RECIPE, tmp_path)
    for tables in (read_tables(RECIPE, tmp_path), read_tables(RECIPE, LedgerTables(ledger, tmp_path))):
        assert fetch_frame(tables.con, "leads")["account_id"].dropna().tolist() == ["x", "x"]
    ledger.close()
