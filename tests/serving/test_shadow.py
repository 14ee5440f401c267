"""The challenger in shadow: it scores what the champion was asked, for the ledger alone; nobody is told."""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from features.errors import LeadscoreError
from serving.answer.ladder import Ladder
from serving.answer.opening import open_ladder
from serving.api.envelope import score_items
from serving.artefact.folder import load_artefact
from serving.aside import Shadow, shadow_pairs
from serving.aside.shadow import VARIABLE
from serving.ledger import Ledger, Writer, scores_of
from tests.made import scorers
from tests.made.edge import Service
from tests.made.service import GOOD, MISSPELT, Server, free_port
from tests.made.versions import Versions, changed
from tests.training.test_promotion_moves import pytestmark as quiet

pytestmark = quiet
OPEN = {**GOOD, "fields": {**GOOD["fields"], "company_size": 400}, "lead_id": "d"}


class Beside:
    """A service whose champion is version 1, and a shadow that has looked for its challenger."""

    def __init__(self, versions: Versions, folder: Path) -> None:
        self.ledger = Ledger.made(folder / "ledger.sqlite")
        champion = open_ladder(scorers.recipe())
        self.service = Service(self.ledger, ladder=champion.ladder)
        assert self.service.writer is not None
        self.shadow = Shadow(self.service.writer, scorers.recipe())
        self.service.desk.shadow = self.shadow
        self.shadow.look("acme")

    def ask(self, body: object) -> object:
        """What is answered."""
        return self.service.ask("POST", "/v1/score", json=body).json()


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Versions:
    made = Versions(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", made.address)
    made.promote(made.register())
    return made


def test_the_challengers_scores_are_kept_as_shadow_and_answered_to_nobody(
    versions: Versions, tmp_path: Path
) -> None:
    versions.challenge(versions.register(shift=1.0))
    beside = Beside(versions, tmp_path)
    answers = beside.ask([GOOD, MISSPELT, OPEN])
    assert [one["scored_by"] and one["scored_by"]["version"] for one in answers] == ["1", None, "1"]  # type: ignore[attr-defined]
    beside.shadow.work()
    challenger = Ladder.of(load_artefact(versions.path("2"), "2"))
    expected = score_items(challenger, [GOOD], 0)[0]
    (answered,) = scores_of(beside.ledger, "a")
    newest = {one.shadow: one for one in scores_of(beside.ledger, "a", shadow=True)}
    assert (answered.version, answered.shadow, newest[False]) == ("1", False, answered)
    assert (newest[True].version, newest[True].answer) == ("2", expected.model_dump_json())
    assert +beside.shadow.fates == {"kept": 2}
    (pairs,) = shadow_pairs(beside.ledger)
    move = json.loads(newest[True].answer)["probability"] - json.loads(answered.answer)["probability"]
    assert (pairs.version, pairs.scores, pairs.pairs) == ("2", 2, 2)
    assert pairs.higher == 2 * (move > 0)
    assert pairs.mean_move is not None
    model = beside.service.ask("GET", "/v1/model").json()
    assert model["challenger"] == {"version": "2", "pending": None}


@pytest.mark.slow
def test_the_challenger_of_a_model_that_is_named_later_is_found(versions: Versions, tmp_path: Path) -> None:
    versions.challenge(versions.register(shift=1.0))
    shadow, names = Beside(versions, tmp_path).shadow, iter(["nothing-yet", "acme"])
    shadow.opened = None
    over = threading.Event()

    def named() -> str:
        for name in names:
            return name
        over.set()
        threading.Event().wait()  # enough was looked at: nothing follows
        raise AssertionError

    shadow.start(named)
    assert over.wait(60)
    assert shadow.opened is not None
    assert shadow.opened.version == "2"


def test_a_lead_by_name_is_read_from_the_ledger_at_the_same_moment(
    versions: Versions, tmp_path: Path
) -> None:
    versions.challenge(versions.register(shift=1.0))
    beside = Beside(versions, tmp_path)
    beside.service.ask("POST", "/v1/leads", json={"lead_id": "n", "fields": {"company_size": 40}})
    beside.ask({"lead_id": "n"})
    beside.shadow.work()
    kept = scores_of(beside.ledger, "n", shadow=True)
    assert {one.shadow for one in kept} == {True, False}
    assert len({one.as_of_us for one in kept}) == 1


def test_a_challenger_of_another_recipe_reads_by_its_own_and_fails_alone(
    versions: Versions, tmp_path: Path
) -> None:
    other = changed('[lead.fields.title]\ntype = "text"\nmeans = "title"\n', "")
    versions.challenge(versions.register(recipe=other))
    beside = Beside(versions, tmp_path)
    assert beside.ask(GOOD)["status"] == "scored"  # type: ignore[index]
    beside.shadow.work()
    assert +beside.shadow.fates == {"failed": 1}
    assert [one.shadow for one in scores_of(beside.ledger, "a", shadow=True)] == [False]


def test_whom_the_champion_does_not_score_the_challenger_does_not_either(
    versions: Versions, tmp_path: Path
) -> None:
    versions.challenge(versions.register(shift=1.0))
    beside = Beside(versions, tmp_path)
    away = {**GOOD, "fields": {**GOOD["fields"], "opted_out": True}}
    won = {**GOOD, "lead_id": "w", "stage": "won"}
    statuses = [one["status"] for one in beside.ask([away, won, OPEN])]  # type: ignore[attr-defined]
    assert statuses == ["opted_out", "closed", "scored"]
    beside.shadow.work()
    assert +beside.shadow.fates == {"kept": 1}
    assert not any(one.shadow for lead in "aw" for one in scores_of(beside.ledger, lead, shadow=True))


def test_it_follows_the_alias_and_a_broken_version_is_told(versions: Versions, tmp_path: Path) -> None:
    beside = Beside(versions, tmp_path)
    assert (beside.shadow.opened, beside.shadow.pending) == (None, "")
    broken = versions.register(shift=1.0)
    versions.damage(broken)
    versions.challenge(broken)
    beside.shadow.look("acme")
    assert beside.shadow.opened is None
    assert f"version {broken} does not score in shadow" in beside.shadow.pending
    third = versions.register(shift=0.5)
    versions.challenge(third)
    beside.shadow.look("acme")
    assert beside.shadow.opened is not None
    assert (beside.shadow.opened.version, beside.shadow.pending) == (third, "")
    versions.promote(third)  # the champion is no challenger of itself
    beside.shadow.look("acme")
    assert beside.shadow.opened is None
    assert beside.ask(GOOD)["status"] == "scored"  # type: ignore[index]


def test_there_is_none_without_a_ledger_on_a_folder_or_where_it_is_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Writer(Ledger.made(tmp_path / "ledger.sqlite")) as writer:
        assert Shadow.from_environment(None, None, None) is None
        assert Shadow.from_environment(writer, str(tmp_path), None) is None
        assert Shadow.from_environment(writer, None, None) is not None
        assert Shadow.from_environment(writer, "models:/acme@champion", None) is not None
        monkeypatch.setenv(VARIABLE, "off")
        assert Shadow.from_environment(writer, None, None) is None
        monkeypatch.setenv(VARIABLE, "maybe")
        with pytest.raises(LeadscoreError, match=VARIABLE):
            Shadow.from_environment(writer, None, None)


@pytest.mark.slow
def test_over_a_socket_a_challenger_scores_beside_the_champion(versions: Versions) -> None:
    ledger = Ledger.made(versions.folder / "ledger.sqlite")
    port = free_port()
    code = f"from serving.edge.service import run; run(port={port}, model='models:/acme@champion')"
    server = Server(versions.folder, [sys.executable, "-c", code], port)
    try:
        server.wait()
        versions.challenge(versions.register(shift=1.0))
        deadline = time.monotonic() + 60
        while httpx.get(f"{server.url}/v1/model", timeout=30).json()["challenger"] is None:
            assert time.monotonic() < deadline, server.log.read_text()
            time.sleep(0.2)
        answers = [
            httpx.post(f"{server.url}/v1/score", json={**GOOD, "lead_id": f"L{n}"}, timeout=30).json()
            for n in range(20)
        ]
        assert {one["scored_by"]["version"] for one in answers} == {"1"}
        while sum(one.pairs for one in shadow_pairs(ledger)) < 20:
            assert time.monotonic() < deadline, server.log.read_text()
            time.sleep(0.2)
        assert "leadscore: version 2 scores in shadow from now on" in server.log.read_text()
        figures = httpx.get(f"{server.url}/metrics", timeout=30).text
        assert 'leadscore_shadow_leads_total{result="kept"} 20.0' in figures
        shown = httpx.get(f"{server.url}/v1/leads/L3/scores", timeout=30).json()["scores"]
        assert [one["version"] for one in shown] == ["1"]
    finally:
        server.stop()


def test_who_objects_to_being_profiled_is_scored_by_no_challenger_either(
    versions: Versions, tmp_path: Path
) -> None:
    versions.challenge(versions.register(shift=1.0))
    beside = Beside(versions, tmp_path)
    objection = {"lead_id": GOOD["lead_id"], "kind": "opt_out", "by": "they", "reason": "asked so"}
    assert beside.service.ask("POST", "/v1/decisions", json=objection).status_code == 200
    answers = beside.ask([GOOD, OPEN])
    assert [one["status"] for one in answers] == ["opted_out", "scored"]  # type: ignore[attr-defined]
    beside.shadow.work()
    assert +beside.shadow.fates == {"kept": 1}
    assert [one.shadow for one in scores_of(beside.ledger, "a", shadow=True)] == [False]
