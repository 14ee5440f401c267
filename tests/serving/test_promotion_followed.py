"""A promotion or rollback reaches the service that runs; what would break its callers does not.

A real store; the watch looks when the test says so, and over a socket by itself, under load.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from features.clock.instants import parse_moment
from serving.answer.ladder import Ladder
from serving.answer.opening import Opened, open_ladder
from serving.answer.time_budget import TimeBudget
from serving.api.envelope import answer_items, score_items
from serving.artefact.folder import load_artefact
from serving.edge.metrics import Metrics
from serving.edge.successor import breaks
from serving.edge.watch import Watch
from serving.wire.flat import answer_text
from tests.made import scorers
from tests.made.service import GOOD, MISSPELT, Server, free_port
from tests.made.versions import Versions, changed
from tests.training.test_promotion_moves import pytestmark as quiet

pytestmark = quiet
RETYPED = (
    '[lead.fields.company_size]\ntype = "number"\nmeans = "size"',
    '[lead.fields.company_size]\ntype = "text"',
)
REMOVED = ('[lead.fields.title]\ntype = "text"\nmeans = "title"\n', "")
ADDED = ("[lead.fields.email]", '[lead.fields.country]\ntype = "category"\n\n[lead.fields.email]')


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Versions:
    made = Versions(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", made.address)
    return made


def watching(model: str | None = None) -> tuple[Watch, list[Opened]]:
    """A watch over what is champion now, and all that it lets answer."""
    answered: list[Opened] = []
    return Watch(open_ladder(scorers.recipe(), model), model, scorers.recipe(), answered.append), answered


@pytest.mark.parametrize("model", [None, "models:/acme@champion"])
def test_whoever_is_champion_answers_after_the_next_look(versions: Versions, model: str | None) -> None:
    first, second = versions.register(), versions.register(shift=1.0)
    versions.promote(first)
    watch, answered = watching(model)
    assert watch.look() == "same"
    for number in (second, first, second):
        versions.promote(number)
        assert (watch.look(), watch.look()) == ("swapped", "same")
        assert (watch.opened.version, watch.pending) == (number, "")
        whole = Ladder.of(load_artefact(versions.path(number), number))
        assert score_items(answered[-1].ladder, [GOOD], 0) == score_items(whole, [GOOD], 0)
    assert [opened.version for opened in answered] == [second, first, second]
    assert watch.looks == {"same": 4, "swapped": 3}


def test_the_first_champion_takes_over_from_the_rules(versions: Versions) -> None:
    watch, _ = watching()
    assert (watch.opened.rung, watch.look()) == ("rules", "same")
    versions.promote(versions.register())
    assert watch.look() == "swapped"
    assert (watch.opened.rung, watch.opened.warning) == ("model", "")


def damaged(versions: Versions) -> str:
    number = versions.register(shift=1.0)
    versions.damage(number)
    return number


def absent(versions: Versions) -> str:
    number = versions.register(shift=1.0)
    for file in versions.path(number).iterdir():
        file.unlink()
    return number


REFUSED: dict[str, tuple[Callable[[Versions], str], str]] = {
    "retyped": (
        lambda made: made.register(recipe=changed(*RETYPED)),
        "'company_size' was number and is text",
    ),
    "removed": (lambda made: made.register(recipe=changed(*REMOVED)), "'title' is no field any more"),
    "damaged": (damaged, "model_0.txt"),
    "absent": (absent, "is not an artefact"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_champion_that_may_not_answer_is_refused_and_the_old_one_stays(
    versions: Versions, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make, words = REFUSED[case]
    first = versions.register()
    versions.promote(first)
    watch, answered = watching()
    number = make(versions)
    versions.promote(number)
    assert [watch.look() for _ in range(3)] == ["refused"] * 3
    assert (answered, watch.opened.version) == ([], first)
    assert f"version {number} is refused (" in watch.pending
    assert words in watch.pending
    assert watch.pending.endswith(": model 1 goes on answering")
    assert capsys.readouterr().out == f"leadscore: {watch.pending}\n", "said once"
    third = versions.register(shift=0.5)
    versions.promote(third)
    assert watch.look() == "swapped"
    assert (watch.opened.version, watch.pending) == (third, "")


def test_a_refused_version_that_is_mended_is_taken_after_a_while(
    versions: Versions, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions.promote(versions.register())
    watch, _ = watching()
    second = versions.register(shift=1.0)
    file = versions.path(second) / "model_0.txt"
    whole = file.read_bytes()
    versions.damage(second)
    versions.promote(second)
    assert watch.look() == "refused"
    file.write_bytes(whole)
    assert watch.look() == "refused", "not at every look"
    monkeypatch.setattr("serving.edge.watch._AGAIN_SECONDS", 0.0)
    watch._again = 0.0
    assert watch.look() == "swapped"


def test_a_swap_that_fails_changes_nothing(versions: Versions) -> None:
    versions.promote(versions.register())

    def fails(_: Opened) -> None:
        raise RuntimeError("jane.private@acme.io")

    watch = Watch(open_ladder(scorers.recipe()), None, scorers.recipe(), fails)
    versions.promote(versions.register(shift=1.0))
    assert (watch.look(), watch.opened.version) == ("refused", "1")
    assert "RuntimeError" in watch.pending
    assert "jane" not in watch.pending


def test_without_champion_or_store_the_old_one_goes_on(versions: Versions) -> None:
    first = versions.register()
    versions.promote(first)
    watch, _ = watching()
    versions.forget()
    assert watch.look() == "unreadable"
    assert "no champion 'acme' in the store any more: model 1 goes on answering" in watch.pending
    versions.promote(first)
    assert (watch.look(), watch.pending) == ("same", "")
    store = versions.folder / "mlflow.db"
    whole = store.read_bytes()
    store.write_bytes(b"no database" * 1000)
    assert watch.look() == "unreadable"
    assert "goes on answering" in watch.pending
    store.write_bytes(whole)
    assert (watch.look(), watch.pending) == ("same", "")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (RETYPED, ["'company_size' was number and is text"]),
        (REMOVED, ["'title' is no field any more"]),
        (('opted_out = "opted_out"\n', ""), ["'opted_out' is no field any more"]),
        (('type = "email"', 'type = "email"\ncolumn = "E-mail"'), []),
        (ADDED, []),
        (('page_view = "interest"\n', ""), []),
        (("[events.kinds]", '[events]\nkind = "what"\n\n[events.kinds]'), []),
        (("horizon_days = 30", "horizon_days = 60"), []),
    ],
)
def test_what_breaks_a_caller_is_named(change: tuple[str, str], words: list[str]) -> None:
    assert breaks(scorers.recipe(), changed(*change)) == words


def test_names_that_a_caller_may_use_are_not_taken_away() -> None:
    own = changed("[events.kinds]", '[events]\nkind = "what"\n\n[events.kinds]')
    assert breaks(own, scorers.recipe()) == ["'what' of events is not their kind any more"]
    dated = changed("[lead.fields.email]", '[lead.fields.since]\ntype = "date"\n\n[lead.fields.email]')
    day_first = changed(
        "[lead.fields.email]", '[lead.fields.since]\ntype = "date"\nformat = "dmy"\n\n[lead.fields.email]'
    )
    assert breaks(dated, day_first) == ["'since' was date and is date (dmy)"]


def test_metrics_say_who_answers_and_hold_nothing_that_a_caller_made_up(versions: Versions) -> None:
    versions.promote(versions.register())
    watch, _ = watching()
    metrics = Metrics(watch, TimeBudget())
    odd = {**GOOD, "fields": {"jane.private@acme.io": 1}}
    events = {**GOOD, "events": [{"kind": "demo_request"}]}
    items = [GOOD, MISSPELT, odd, events, {"fields": {}}, GOOD]
    answered = answer_items(watch.opened.ladder, items, parse_moment("2026-03-02", "UTC"))
    metrics.scored([one.told for one in answered])
    metrics.answered("/v1/score", 200, 0.003)
    text = metrics.text().decode()
    for line in (
        'leadscore_scores_total{rung="model",status="scored"} 2.0',
        'leadscore_scores_total{rung="",status="error"} 4.0',
        'leadscore_lead_problems_total{field="other"} 2.0',
        'leadscore_lead_problems_total{field="events"} 1.0',
        'leadscore_lead_problems_total{field="lead_id"} 1.0',
        'leadscore_probability_count{rung="model"} 2.0',
        'leadscore_requests_total{path="/v1/score",status="200"} 1.0',
        'leadscore_request_seconds_bucket{le="0.0025",path="/v1/score"} 0.0',
        'leadscore_request_seconds_bucket{le="0.005",path="/v1/score"} 1.0',
        'leadscore_champion{name="acme",rung="model",version="1"} 1.0',
        "leadscore_champion_history_end_seconds 1e+09",
        "leadscore_promotion_pending 0.0",
    ):
        assert line in text
    assert "jane" not in text
    versions.promote(damaged(versions))
    watch.look()
    told = metrics.text().decode()
    assert "leadscore_promotion_pending 1.0" in told
    assert 'leadscore_registry_looks_total{result="refused"} 1.0' in told


class Load:
    """Callers that ask one after the other until they are stopped: status and version of each answer."""

    def __init__(self, url: str, callers: int = 4) -> None:
        self.url, self.stopped = url, threading.Event()
        self.seen: list[list[tuple[int, str]]] = [[] for _ in range(callers)]
        self.broken: list[str] = []
        self._threads = [threading.Thread(target=self._ask, args=(seen,)) for seen in self.seen]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        for thread in self._threads:
            thread.join(30)

    def _ask(self, seen: list[tuple[int, str]]) -> None:
        with httpx.Client(timeout=30) as client:
            while not self.stopped.wait(0.005):
                try:
                    answer = client.post(f"{self.url}/v1/score", json=GOOD)
                    seen.append((answer.status_code, answer.json()["scored_by"]["version"]))
                except Exception as error:
                    self.broken.append(repr(error))


@pytest.fixture
def live(versions: Versions) -> Iterator[Server]:
    versions.promote(versions.register())
    port = free_port()
    code = f"from serving.edge.service import run; run(port={port}, model='models:/acme@champion')"
    server = Server(versions.folder, [sys.executable, "-c", code], port)
    try:
        server.wait()
        yield server
    finally:
        server.stop()


def until(server: Server, **wanted: Any) -> dict[str, Any]:
    """What /readyz says once it says what is `wanted`."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        said: dict[str, Any] = httpx.get(f"{server.url}/readyz").json()
        if all(said[key] == value for key, value in wanted.items()):
            return said
        time.sleep(0.1)
    raise TimeoutError(server.log.read_text())


@pytest.mark.slow
def test_under_load_no_request_is_dropped_and_each_is_answered_by_a_champion(
    live: Server, versions: Versions
) -> None:
    second, bad = versions.register(shift=1.0), versions.register(recipe=changed(*RETYPED))
    broken, last = damaged(versions), versions.register(shift=2.0)
    waits: list[float] = []
    with Load(live.url) as load:
        for number in (second, "1", last):
            began = time.monotonic()
            versions.promote(number)
            until(live, version=number, pending=None)
            waits.append(time.monotonic() - began)
        for number in (bad, broken):
            versions.promote(number)
            while f"version {number} is refused" not in (until(live, version=last)["pending"] or ""):
                time.sleep(0.1)
        time.sleep(0.5)
    assert load.broken == []
    for seen in load.seen:
        assert {status for status, _ in seen} == {200}
        turns = [version for at, (_, version) in enumerate(seen) if at == 0 or version != seen[at - 1][1]]
        assert turns == ["1", second, "1", last]
    print(f"{sum(map(len, load.seen))} requests; answered after {', '.join(f'{w:.1f} s' for w in waits)}")
    whole = Ladder.of(load_artefact(versions.path(last), last))
    expected = score_items(whole, [GOOD], parse_moment(GOOD["as_of"], "UTC"))
    answer = httpx.post(f"{live.url}/v1/score", json=[GOOD])
    assert answer.json() == [json.loads(answer_text(score)) for score in expected]
    log, figures = live.log.read_text(), httpx.get(f"{live.url}/metrics").text
    assert len(re.findall(r"leadscore: model \S+ answers from now on, before it model", log)) == 3
    assert log.count("is refused") == 2
    assert 'leadscore_registry_looks_total{result="swapped"} 3.0' in figures
    assert "leadscore_promotion_pending 1.0" in figures
    counted = re.search(r'leadscore_requests_total\{path="/v1/score",status="200"\} (\S+)', figures)
    assert counted is not None
    assert float(counted[1]) == sum(map(len, load.seen)) + 1
    assert "jane.private@acme.io" not in log + figures
