"""The main job on a real log of events: train, promote, score what is open, serve one lead over HTTP."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from leadscore.demo import service
from tests.bench.quality_sets import SETS
from tests.command.test_command import Done, leadscore, records

BPIC = next(known for known in SETS if known.name == "bpic2012")
RECIPE = str(Path(__file__).parents[2] / "data" / "recipes" / "bpic2012.toml")
OPEN_AT_THE_END = 399
"""Applications without a decision when the log ends, as its publishers say."""
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(not BPIC.present, reason="no bpic2012_loan_events where LEADSCORE_SHARED_DATA points"),
]


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bank")


def verb(folder: Path, *words: str) -> Done:
    done = leadscore(folder, *words)
    assert done.code == 0, done.err
    return done


def test_from_the_log_to_an_answer_over_http(bank: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = ("--data", str(BPIC.folder))
    run = verb(bank, "train", RECIPE, *tables, "--json").json
    assert (run["n_train"], run["n_test"]) == (13_422, 7_719)
    assert run["verdict"] == "promote"
    verb(bank, "promote", "bpic2012")
    written = verb(
        bank, "open-leads", RECIPE, *tables, "-o", "open.csv", "--events", "events.csv", "--json"
    ).json
    assert written["leads"] == OPEN_AT_THE_END
    when = ("--as-of", written["as_of"])
    scored = verb(
        bank, "score", "open.csv", "-o", "scored.csv", "--events", "events.csv", *when, "--json"
    ).json
    assert scored["statuses"] == {"scored": OPEN_AT_THE_END}
    assert set(scored["rungs"]) == {"model"}
    hottest = min(records(bank / "scored.csv"), key=lambda row: int(row["ls_rank"]))
    monkeypatch.chdir(bank)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with service() as address:
        answer = ask(address, request(bank, hottest["case_id"], written["as_of"]))
    assert answer["lead_id"] == hottest["case_id"]
    assert answer["probability"] == float(hottest["ls_probability"])
    assert answer["scored_by"]["rung"] == "model"


def request(bank: Path, case: str, when: str) -> dict[str, Any]:
    """One application with its events, as a CRM would send it."""
    lead = next(row for row in records(bank / "open.csv") if row["case_id"] == case)
    events = [row for row in records(bank / "events.csv") if row.pop("case_id") == case]
    return {
        "lead_id": case,
        "as_of": when,
        "created_at": lead["reg_date"],
        "fields": {"amount_req": lead["amount_req"]},
        "events": events,
    }


def ask(address: str, lead: dict[str, Any]) -> Any:
    """The service's answer for one lead."""
    asked = urllib.request.Request(f"{address}/v1/score", json.dumps(lead).encode())
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return json.load(answer)
