"""The last watch of a ledger stands in /metrics; without one nothing is said of it."""

from __future__ import annotations

from pathlib import Path

from features.clock import now_us
from serving.answer import Ladder
from serving.ledger import Ledger
from serving.watched import note
from tests.made import scorers
from tests.made.edge import Service


def test_the_alarms_of_the_last_watch_stand_in_metrics(tmp_path: Path) -> None:
    ledger = Ledger.made(tmp_path / "ledger.sqlite")
    ladder = Ladder.by_rules(scorers.recipe())
    service = Service(ledger, ladder=ladder)
    try:
        assert "leadscore_watch" not in service.ask("GET", "/metrics").text
        alarms = [{"subject": "inputs"}, {"subject": "inputs"}, {"subject": "scores"}]
        note(ledger, "watch", {"name": ladder.recipe.name, "alarms": []}, now_us() - 5)
        note(ledger, "watch", {"name": ladder.recipe.name, "alarms": alarms}, now_us())
        note(ledger, "watch", {"name": "another", "alarms": []}, now_us())
        told = service.ask("GET", "/metrics").text
    finally:
        service.close()
        ledger.close()
    assert 'leadscore_watch_alarms{subject="inputs"} 2.0' in told
    assert 'leadscore_watch_alarms{subject="calibration"} 0.0' in told
    assert "leadscore_watch_seconds 1." in told
