"""A lead drawn to be worked whatever its score says so in every answer; its draw is recorded before."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from features.clock import from_us, now_us
from features.errors import LeadscoreError
from features.recipe import parse_recipe
from serving.answer import Ladder
from serving.answer.opening import Opened
from serving.api import score_items
from serving.batch import score_export, score_frame, score_known
from serving.exploration import Arrived, drawn, draws_of, record_draws
from serving.ledger import LeadSent, Ledger, Writer, standing
from serving.ledger.decisions import Voices
from serving.ledger.person import everything_of, forget
from tests.made.company import RECIPE as TEXT
from tests.made.edge import Service

RECIPE = parse_recipe(TEXT + "\n[exploration]\nshare = 0.4\n")
LADDER = Ladder.by_rules(RECIPE)
NOW = now_us()
CREATED = "2026-10-01"
LEADS = [
    {"lead_id": f"L{at}", "fields": {"created_at": CREATED, "size": at, "origin": "paid"}, "events": []}
    for at in range(12)
]
CREATED_US = 1_790_812_800_000_000
CHOSEN = {f"L{at}" for at in range(12) if drawn(RECIPE, Arrived(f"L{at}", None, CREATED_US))}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger.made(tmp_path / "ledger.sqlite")
    yield made
    made.close()


def said(answers: list[Any]) -> set[str]:
    """Who is said to be drawn, in the field and in words alike."""
    found = {one["lead_id"] for one in answers if one["drawn"]}
    assert found == {one["lead_id"] for one in answers if any("drawn by lot" in w for w in one["warnings"])}
    return found


def test_a_service_draws_before_it_answers_and_says_the_same_ever_after(ledger: Ledger) -> None:
    assert 2 < len(CHOSEN) < 10
    service = Service(ledger, recipe=RECIPE)
    first = service.ask("POST", "/v1/score", json=LEADS).json()
    assert said(first) == CHOSEN
    kept = draws_of(ledger)
    assert {one.lead_id for one in kept if one.chosen} == CHOSEN
    assert len(kept) == 12
    assert all(one.share == 0.4 for one in kept)
    assert said(service.ask("POST", "/v1/score", json=LEADS).json()) == CHOSEN
    assert draws_of(ledger) == kept
    one = service.ask("POST", "/v1/score", json=LEADS[0], headers={"Accept-Language": "fr"}).json()
    assert any("tiré au sort" in words for words in one["warnings"]) == ("L0" in CHOSEN)
    service.close()


def test_every_way_says_what_was_recorded_and_nothing_else(ledger: Ledger, tmp_path: Path) -> None:
    frame = pd.DataFrame([{"lead_id": one["lead_id"], **one["fields"]} for one in LEADS])  # type: ignore[dict-item]
    frame.to_csv(tmp_path / "leads.csv", index=False)
    before = score_items(LADDER, LEADS, NOW, standing=standing(ledger))
    assert said([one.model_dump() for one in before]) == set()
    with Writer(ledger) as writer:
        sent = [LeadSent("crm", str(one["lead_id"]), one["fields"], NOW - 1) for one in LEADS]  # type: ignore[arg-type]
        writer.submit(sent).result()
        assert score_known(Opened(LADDER, "tests"), writer, NOW).scored == 12
    held = standing(ledger)
    assert held.drawn == CHOSEN
    python = score_items(LADDER, LEADS, NOW, standing=held)
    assert said([one.model_dump() for one in python]) == CHOSEN
    framed = score_frame(RECIPE, LADDER, frame, as_of_us=NOW, standing=held)
    assert said([one.model_dump() for one in framed]) == CHOSEN
    score_export(RECIPE, LADDER, tmp_path / "leads.csv", tmp_path / "out.csv", as_of_us=NOW, standing=held)
    out = pd.read_csv(tmp_path / "out.csv")
    assert set(out.loc[out["ls_warnings"].str.contains("drawn by lot"), "lead_id"]) == CHOSEN
    service = Service(ledger, recipe=RECIPE)
    named = [{"lead_id": one["lead_id"], "as_of": from_us(NOW).isoformat()} for one in LEADS]
    assert said(service.ask("POST", "/v1/score", json=named).json()) == CHOSEN
    service.close()


def test_who_is_not_scored_is_not_drawn(ledger: Ledger) -> None:
    service = Service(ledger, recipe=RECIPE)
    wrong = {"lead_id": "wrong", "fields": {"created_at": CREATED, "size": "many"}}
    undated = {"lead_id": "undated", "fields": {"size": 3}, "events": []}
    closed = {"lead_id": "closed", "fields": {"created_at": CREATED}, "events": [], "stage": "won"}
    answers = service.ask("POST", "/v1/score", json=[wrong, undated, closed]).json()
    assert said(answers) == set()
    assert draws_of(ledger) == []
    service.close()


def test_who_was_erased_for_good_is_never_drawn_again(ledger: Ledger) -> None:
    service = Service(ledger, recipe=RECIPE)
    service.ask("POST", "/v1/score", json=LEADS)
    gone = sorted(CHOSEN)[0], sorted({f"L{at}" for at in range(12)} - CHOSEN)[0]
    for lead in gone:
        assert service.ask("DELETE", f"/v1/leads/{lead}?for_good=true").status_code == 200
    assert said(service.ask("POST", "/v1/score", json=LEADS).json()) == CHOSEN - {*gone}
    arrived = [Arrived(str(one["lead_id"]), None, CREATED_US) for one in LEADS]
    assert record_draws(ledger, RECIPE, arrived, NOW) == CHOSEN - {*gone}
    assert not {one.lead_id for one in draws_of(ledger)} & {*gone}
    for lead in gone:
        assert set(everything_of(ledger, lead)) == {"decisions"}
    service.close()


def test_a_ledger_that_is_locked_draws_nobody_new_and_says_so(ledger: Ledger) -> None:
    """Who has a draw already needs no write, and is told it."""
    service = Service(ledger, recipe=RECIPE)
    service.ask("POST", "/v1/score", json=LEADS[:6])
    known = {one.lead_id for one in draws_of(ledger) if one.chosen}
    assert known
    assert ledger.path is not None
    other = sqlite3.connect(ledger.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LeadscoreError, match="another process"), ledger.transaction(0.01):
        pass
    first = service.ask("POST", "/v1/score", json=LEADS).json()
    other.execute("ROLLBACK")
    other.close()
    assert said(first) == known
    lost = {one["lead_id"] for one in first if any("no draw for exploration" in w for w in one["warnings"])}
    assert lost == {one["lead_id"] for one in LEADS[6:]}
    assert all(one["probability"] is not None for one in first)
    assert len(draws_of(ledger)) == 6
    assert said(service.ask("POST", "/v1/score", json=LEADS).json()) == CHOSEN
    service.close()


def test_a_new_draw_makes_nobody_read_again_what_was_read(ledger: Ledger) -> None:
    """What a statement is asked for is the same after 20 draws and after 2,000: those that came since."""
    voices = Voices(ledger)
    statements: list[str] = []
    event.listen(ledger.engine, "before_cursor_execute", lambda *sent: statements.append(sent[2]))
    for first, many in ((0, 20), (20, 2_000), (2_020, 1)):
        before = voices.heard()
        leads = [Arrived(f"M{at}", None, CREATED_US) for at in range(first, first + many)]
        record_draws(ledger, RECIPE, leads, NOW)
        assert voices.unchanged() is None
        statements.clear()
        assert voices.heard() is before
        asked = [words for words in statements if "chosen" in words]
        assert len(asked) == 1
        assert "seq > " in asked[0]
        assert not any("decisions.kind IN" in words for words in statements)
        assert voices.heard().drawn == standing(ledger).drawn
    assert voices.unchanged() is before


@given(st.lists(st.tuples(st.sampled_from([f"L{at}" for at in range(6)]), st.booleans()), max_size=10))
@settings(max_examples=8, deadline=None)
def test_draws_that_come_are_heard_and_the_newest_that_goes(steps: list[tuple[str, bool]]) -> None:
    with TemporaryDirectory() as folder:
        ledger = Ledger.made(Path(folder) / "ledger.sqlite")
        voices = Voices(ledger)
        for lead, comes in steps:
            kept = draws_of(ledger)
            if comes:
                record_draws(ledger, RECIPE, [Arrived(lead, None, CREATED_US)], now_us())
            elif kept:
                forget(ledger, kept[-1].lead_id)
            assert (voices.unchanged() or voices.heard()).drawn == standing(ledger).drawn
        ledger.close()
