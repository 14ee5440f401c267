"""A logged request is read again by the other reading: they agree exactly, or the feature is named."""

from __future__ import annotations

import json
import math
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import Feature, LeadscoreError, Recipe, default_features
from features.catalogue import Recency
from features.clock.instants import from_us
from features.lead import LeadReader
from features.readings import online
from serving.api.envelope import LeadRequest, read_lead
from serving.skew.check import check_skew, mismatches
from serving.skew.log import RequestLog, pieces_of, read_log
from tests.made.histories import CLOCK_US, History, draw_history

pytestmark = pytest.mark.slow


def requests(history: History, *, events: bool = True) -> list[dict[str, Any]]:
    """The history's moments as request bodies; every third lead brings an undeclared 'ingested_at'."""
    logs = dict(tuple(history.events.groupby("lead_id")))
    cells = history.leads.set_index("lead_id").to_dict("index")
    bodies = []
    for lead_id, as_of_us in zip(history.moments["lead_id"], history.moments["as_of_us"], strict=True):
        log = logs.get(lead_id, history.events.head(0)).drop(columns="lead_id").to_dict("records")
        body = {"lead_id": lead_id, "fields": cells[lead_id], "as_of": from_us(int(as_of_us)).isoformat()}
        bodies.append(body | {"events": log if events else None})
    return [json.loads(json.dumps(body)) for body in bodies]


def serve(bodies: list[dict[str, Any]], recipe: Recipe, log: RequestLog) -> tuple[Feature, ...]:
    """What the service does with each body, as far as the log is concerned."""
    features, reader = default_features(recipe), LeadReader(recipe)
    for body in bodies:
        lead = read_lead(reader, LeadRequest.model_validate(body), CLOCK_US)
        log.append(body, lead.as_of_us, features, online(features, lead), "model 1")
    return features


@given(seed=st.integers(0, 2**32 - 1), events=st.booleans())
@settings(max_examples=4, deadline=None)
def test_what_was_served_is_what_training_would_read(
    seed: int, events: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    history = draw_history(seed, leads=12)
    path = tmp_path_factory.mktemp("log") / "requests.jsonl"
    features = serve(requests(history, events=events), history.recipe, RequestLog(path))
    rows = check_skew(path, history.recipe)
    assert {row.feature for row in rows} == {feature.name for feature in features}
    assert [row for row in rows if row.mismatches] == []
    assert all(row.rows == len(history.moments) for row in rows)


def test_requests_with_and_without_events_and_json_numbers_may_follow_each_other(tmp_path: Path) -> None:
    history = draw_history(11, leads=4)
    bodies: list[dict[str, Any]] = [*requests(history), *requests(history, events=False), {"lead_id": "new"}]
    cells: tuple[object, ...] = (12, 12.5, "12", 10**30, -(2**63))
    bodies += [{"lead_id": "n", "fields": {"size": cell, "industry": cell}, "events": []} for cell in cells]
    bodies.append({"lead_id": "n", "fields": {"industry": True}, "events": []})
    serve(bodies, history.recipe, RequestLog(tmp_path / "log"))
    rows = check_skew(tmp_path / "log", history.recipe)
    assert mismatches(rows) == 0
    assert {row.rows for row in rows} == {len(bodies)}


def test_a_defect_of_the_online_reading_is_found_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = draw_history(7)
    right = Recency.value
    monkeypatch.setattr(Recency, "value", lambda self, lead: right(self, lead) + 0.25)
    serve(requests(history), history.recipe, RequestLog(tmp_path / "log"))
    found = [row for row in check_skew(tmp_path / "log", history.recipe) if row.mismatches]
    assert found
    assert all(row.feature.startswith("recency_") for row in found)
    assert all(row.worst == pytest.approx(0.25) and row.line is not None for row in found)


def test_a_value_that_one_reading_misses_is_infinitely_far_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = draw_history(7)
    monkeypatch.setattr(Recency, "value", lambda self, lead: math.nan)
    serve(requests(history), history.recipe, RequestLog(tmp_path / "log"))
    first = check_skew(tmp_path / "log", history.recipe)[0]
    assert first.feature.startswith("recency_")
    assert first.worst == math.inf


def test_the_log_is_its_owners_and_may_be_rotated(tmp_path: Path) -> None:
    history, path = draw_history(3, leads=2), tmp_path / "log"
    log = RequestLog(path)
    serve(requests(history), history.recipe, log)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.rename(tmp_path / "log.1")
    serve(requests(history), history.recipe, log)
    n = len(history.moments)
    assert [(Path(r.file).name, r.line) for r in read_log(path)] == [
        (name, line) for name in ("log.1", "log") for line in range(2, n + 2)
    ]
    assert len(list(read_log(tmp_path / "log.1"))) == n


@pytest.mark.parametrize("most_mb", [0.02, 0.2])
def test_a_log_is_bounded_and_its_pieces_are_read_in_order(tmp_path: Path, most_mb: float) -> None:
    history, path = draw_history(3, leads=4), tmp_path / "log"
    bodies = [requests(history)[0] | {"lead_id": str(number)} for number in range(120)]
    log = RequestLog(path, most_mb)
    longest = 0
    for body in bodies:
        serve([body], history.recipe, log)
        longest = max(longest, *(len(line) for line in path.read_bytes().splitlines(keepends=True)))
        total = sum(piece.stat().st_size for piece in tmp_path.iterdir())
        assert total <= most_mb * 1e6 + 5 * longest
    assert {piece.name for piece in tmp_path.iterdir()} == {"log", "log.1", "log.2", "log.3", "log.4"}
    assert all(stat.S_IMODE(piece.stat().st_mode) == 0o600 for piece in tmp_path.iterdir())
    kept = [str(request.lead["lead_id"]) for request in read_log(path)]
    assert kept == [str(number) for number in range(120 - len(kept), 120)]  # the newest, none lost or doubled
    rows = check_skew(path, history.recipe)
    assert mismatches(rows) == 0
    assert {row.rows for row in rows} == {len(kept)}


def test_several_workers_share_a_log_that_turns_over(tmp_path: Path) -> None:
    history, path = draw_history(3, leads=2), tmp_path / "log"
    body = requests(history)[0]

    def worker(name: str) -> None:
        serve([body | {"lead_id": f"{name}-{number}"} for number in range(60)], history.recipe, logs[name])

    logs = {name: RequestLog(path, 1.5) for name in "abc"}
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(worker, logs))
    kept = [str(request.lead["lead_id"]) for request in read_log(path)]
    assert len(kept) == len(set(kept)) == 180
    for name in "abc":
        mine = [lead for lead in kept if lead.startswith(name)]
        assert sorted(mine, key=lambda lead: int(lead[2:])) == [f"{name}-{number}" for number in range(60)]
    assert len(pieces_of(path)) > 1


@pytest.mark.parametrize("size", ["0", "-1", "much", "inf", "nan"])
def test_a_size_that_is_none_is_told(size: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LEADSCORE_REQUEST_LOG", str(tmp_path / "log"))
    monkeypatch.setenv("LEADSCORE_REQUEST_LOG_MB", size)
    with pytest.raises(LeadscoreError, match="LEADSCORE_REQUEST_LOG_MB"):
        RequestLog.from_environment()


def test_nothing_is_logged_unless_a_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LEADSCORE_REQUEST_LOG", raising=False)
    assert RequestLog.from_environment() is None
    monkeypatch.setenv("LEADSCORE_REQUEST_LOG", str(tmp_path / "log"))
    log = RequestLog.from_environment()
    assert log is not None
    assert log.path == tmp_path / "log"
    assert not log.path.exists()


def test_a_log_that_cannot_be_written_is_said_once_and_stops_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    history = draw_history(3, leads=2)
    serve(requests(history), history.recipe, RequestLog(tmp_path / "absent" / "log"))
    assert capsys.readouterr().err.count("requests are not logged") == 1


def test_a_line_that_was_cut_off_is_named(tmp_path: Path) -> None:
    history, path = draw_history(3, leads=2), tmp_path / "log"
    serve(requests(history), history.recipe, RequestLog(path))
    path.write_text(path.read_text()[:-30])
    with pytest.raises(LeadscoreError, match=f"line {len(history.moments) + 1}"):
        check_skew(path, history.recipe)
    with pytest.raises(LeadscoreError, match="no such file"):
        check_skew(tmp_path / "absent", history.recipe)
