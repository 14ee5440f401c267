"""The endpoints on the ledger: kept once, joined when the lead comes, scored by name, explained, deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from features.clock import from_us, now_us
from features.clock.instants import parse_moment
from serving.answer.ladder import Ladder
from serving.api.envelope import score_items
from serving.artefact.folder import load_artefact, save_artefact
from serving.ledger import Ledger, scores_of
from serving.ledger.schema import METADATA
from serving.rules.default import default_rules
from serving.score import Score
from serving.wire.flat import Flat, ScoreAnswer
from tests.made import scorers
from tests.made.edge import Service
from tests.made.service import AS_OF, GOOD, MISSPELT

CREATED = "2026-02-01"
FIELDS = {"company_size": 40, "industry": "Software", "email": "jane.private@acme.io", "title": "VP"}
DEMO = {"lead_id": "a", "kind": "demo_request", "occurred_at": "2026-03-02T11:30:00Z", "event_id": "e1"}
LEAD = {"lead_id": "a", "created_at": CREATED, "fields": FIELDS, "changed_at": "2026-02-01T00:00:00Z"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger.made(tmp_path / "ledger.sqlite")
    yield made
    made.close()


@pytest.fixture(scope="module")
def ladder(tmp_path_factory: pytest.TempPathFactory) -> Ladder:
    folder = tmp_path_factory.mktemp("artefact") / "model"
    rules = default_rules(scorers.recipe())
    save_artefact(folder, scorers.manifest(), scorers.blend(), rules=rules, no_events=scorers.linear())
    return Ladder.of(load_artefact(folder))


@pytest.fixture
def service(ledger: Ledger, ladder: Ladder) -> Iterator[Service]:
    made = Service(ledger, ladder=ladder)
    yield made
    made.close()


def post(service: Service, path: str, body: Any, **how: Any) -> httpx.Response:
    return service.ask("POST", path, json=body, **how)


def statuses(answer: httpx.Response) -> list[str]:
    return [item["status"] for item in answer.json()["items"]]


def test_a_lead_that_was_sent_is_scored_by_its_name_as_if_it_were_given_whole(
    service: Service, ladder: Ladder
) -> None:
    assert statuses(post(service, "/v1/leads", LEAD)) == ["stored"]
    assert statuses(post(service, "/v1/events", [DEMO])) == ["stored"]
    named = post(service, "/v1/score", {"lead_id": "a", "as_of": AS_OF})
    whole = score_items(ladder, [GOOD], 0)[0]
    assert named.status_code == 200
    assert Score.model_validate({k: named.json()[k] for k in Score.model_fields}) == whole
    batch = post(service, "/v1/score", [{"lead_id": "a", "as_of": AS_OF}, {"lead_id": "b"}, GOOD]).json()
    assert batch[0] == batch[2] == named.json()
    assert batch[1]["status"] == "error"
    assert batch[1]["error"]["problems"][0]["field"] == "lead_id"


def test_an_event_of_a_lead_that_nobody_knows_waits_for_it(service: Service) -> None:
    assert statuses(post(service, "/v1/events", DEMO)) == ["stored"]
    assert post(service, "/v1/score", {"lead_id": "a", "as_of": AS_OF}).status_code == 422
    post(service, "/v1/leads", LEAD)
    score = post(service, "/v1/score", {"lead_id": "a", "as_of": AS_OF}).json()
    assert score == post(service, "/v1/score", GOOD).json()


def test_an_outcome_closes_a_lead(service: Service) -> None:
    post(service, "/v1/leads", LEAD)
    outcome = {"lead_id": "a", "stage": "won", "occurred_at": "2026-03-01T00:00:00Z", "amount": 1200}
    assert statuses(post(service, "/v1/outcomes", [outcome, outcome])) == ["stored", "known"]
    score = post(service, "/v1/score", {"lead_id": "a", "as_of": AS_OF}).json()
    assert (score["status"], score["action"]) == ("closed", "none")


@pytest.mark.parametrize(
    ("stage", "noted"), [("wonn", True), (" WON", False), ("lost", False), ("MQL", False)]
)
def test_a_stage_that_the_recipe_does_not_name_is_kept_and_noted(
    service: Service, stage: str, noted: bool
) -> None:
    outcome = {"lead_id": "a", "stage": stage, "occurred_at": "2026-03-01T00:00:00Z"}
    (said,) = post(service, "/v1/outcomes", outcome).json()["items"]
    assert said["status"] == "stored"
    assert ("did you mean 'won'" in said.get("note", "").lower()) == noted
    assert ("note" in said) == noted


def test_what_is_sent_again_is_known_and_other_content_a_conflict(service: Service, ledger: Ledger) -> None:
    assert post(service, "/v1/events", DEMO).status_code == 200
    again = post(service, "/v1/events", [DEMO, {**DEMO, "kind": "page_view"}, {**DEMO, "source": "site"}])
    assert statuses(again) == ["known", "conflict", "stored"]
    assert again.status_code == 200
    single = post(service, "/v1/events", {**DEMO, "kind": "page_view"})
    assert single.status_code == 409
    assert single.json()["items"][0]["problems"][0]["field"] == "event_id"
    assert ledger.counts()["events"] == 2


def test_a_lead_sent_again_is_known_until_something_of_it_changes(service: Service, ledger: Ledger) -> None:
    lead = {"lead_id": "a", "fields": FIELDS}
    assert [statuses(post(service, "/v1/leads", lead)) for _ in range(3)] == [
        ["stored"],
        ["known"],
        ["known"],
    ]
    changed = {"lead_id": "a", "fields": {**FIELDS, "company_size": 400}}
    assert statuses(post(service, "/v1/leads", [changed])) == ["stored"]
    with ledger.reading() as connection:
        table = METADATA.tables["field_history"]
        cells = [json.loads(one) for one in connection.execute(select(table.c.cells)).scalars()]
    assert {"company_size": 400} in cells
    asked = service.ask("GET", "/v1/leads/a").json()
    assert [row["lead_id"] for row in asked["tables"]["leads"]] == ["a"]


def test_an_idempotency_key_is_answered_the_same_again_and_refuses_another_body(
    service: Service, ledger: Ledger
) -> None:
    key = {"Idempotency-Key": "k1"}
    first = post(service, "/v1/events", [DEMO, {**DEMO, "event_id": "e2"}], headers=key)
    again = post(service, "/v1/events", [DEMO, {**DEMO, "event_id": "e2"}], headers=key)
    assert (first.json()["replayed"], again.json()["replayed"]) == (False, True)
    assert first.json()["items"] == again.json()["items"]
    for path, body in (("/v1/events", [DEMO]), ("/v1/outcomes", [{"lead_id": "a", "stage": "won"}])):
        other = post(service, path, body, headers=key)
        assert other.status_code == 422
        assert other.json()["problems"][0]["field"] == "Idempotency-Key"
    assert post(service, "/v1/events", DEMO, headers={"Idempotency-Key": "x" * 501}).status_code == 400
    assert ledger.counts() | {"events": 2, "outcomes": 0} == ledger.counts()
    lead = {"lead_id": "a", "fields": FIELDS}
    twice = [post(service, "/v1/leads", lead, headers={"Idempotency-Key": "k2"}) for _ in range(2)]
    assert twice[0].json()["items"] == twice[1].json()["items"]


@pytest.mark.parametrize(
    ("path", "item", "field"),
    [
        ("/v1/events", 5, "item"),
        ("/v1/events", {"lead_id": "a"}, "kind"),
        ("/v1/events", {**DEMO, "lead_id": " "}, "lead_id"),
        ("/v1/events", {**DEMO, "occurred_at": "soon"}, "occurred_at"),
        ("/v1/events", {**DEMO, "occurred_at": "0001-01-01"}, "occurred_at"),
        ("/v1/events", {**DEMO, "occurred_at": "9999-12-31T00:00:00Z"}, "occurred_at"),
        ("/v1/events", {**DEMO, "value": "private-value"}, "value"),
        ("/v1/events", {**DEMO, "private-key": 1}, "private-key"),
        ("/v1/events", {**DEMO, "kind": "a\x00b"}, "kind"),
        ("/v1/events", {**DEMO, "lead_id": "x" * 501}, "lead_id"),
        ("/v1/outcomes", {"lead_id": "a", "stage": ""}, "stage"),
        ("/v1/outcomes", {"lead_id": "a", "stage": "won", "occurred_at": "private-value"}, "occurred_at"),
        ("/v1/leads", {"lead_id": "a", "fields": {"company_sise": 1}}, "company_sise"),
        ("/v1/leads", {"lead_id": "a", "fields": {"company_size": "private-value"}}, "company_size"),
        ("/v1/leads", {"lead_id": "a", "fields": {"industry": ["private-value"]}}, "industry"),
        ("/v1/leads", {"lead_id": "a", "fields": {"industry": "a\x00b"}}, "cells"),
        ("/v1/leads", {"lead_id": "a", "fields": [1]}, "fields"),
        ("/v1/leads", {"lead_id": "a", "changed_at": "private-value"}, "changed_at"),
        ("/v1/leads", {"lead_id": "a", "created_at": "2099-01-01"}, "created_at"),
    ],
)
def test_one_bad_item_is_told_and_its_neighbours_are_kept(
    service: Service, ledger: Ledger, path: str, item: Any, field: str
) -> None:
    good: dict[str, Any] = {
        "/v1/events": DEMO, "/v1/outcomes": {"lead_id": "z", "stage": "won"}, "/v1/leads": LEAD
    }[path]  # fmt: skip
    others = [good, {**good, "lead_id": "y", **({"event_id": "e9"} if path == "/v1/events" else {})}]
    answer = post(service, path, [others[0], item, others[1]])
    assert answer.status_code == 200
    assert statuses(answer) == ["stored", "refused", "stored"]
    (problem, *_) = answer.json()["items"][1]["problems"]
    assert problem["field"] == field
    assert problem["problem"]
    assert problem["remedy"]
    assert "private-value" not in answer.text
    single = post(service, path, item)
    assert single.status_code == 422
    assert statuses(single) == ["refused"]


def test_a_kind_that_the_recipe_does_not_name_is_kept_and_said(service: Service) -> None:
    answer = post(service, "/v1/events", [{**DEMO, "kind": "demo_requst"}])
    assert statuses(answer) == ["stored"]
    assert "demo_request" in answer.json()["items"][0]["note"]


def test_scores_are_kept_with_their_features_and_told_newest_moment_first(
    service: Service, ledger: Ledger
) -> None:
    later = {**GOOD, "as_of": "2026-03-05T00:00:00Z"}
    post(service, "/v1/score", later)
    post(service, "/v1/score", [GOOD, MISSPELT, {**GOOD, "stage": "won"}])
    kept = service.ask("GET", "/v1/leads/a/scores").json()["scores"]
    assert [one["as_of"][:10] for one in kept] == ["2026-03-05", "2026-03-02", "2026-03-02"]
    features = {one["as_of"][:10]: one["features"] for one in kept}
    assert features["2026-03-05"]["company_size"] == 40
    answers = [Score.model_validate(one["score"]) for one in kept]
    assert {one.status for one in answers} == {"scored", "closed"}
    assert len(service.ask("GET", "/v1/leads/a/scores?most=1").json()["scores"]) == 1
    for wrong in ("0", "-1", "many", "1001", "9" * 50):
        assert service.ask("GET", f"/v1/leads/a/scores?most={wrong}").status_code == 400
    assert service.ask("GET", "/v1/leads/a/scores?shadow=yes").status_code == 400
    assert ledger.counts()["scores"] == 3


def test_flat_copies_say_what_is_nested(service: Service) -> None:
    for body in (GOOD, MISSPELT, {**GOOD, "stage": "won"}):
        said = post(service, "/v1/score", body).json()
        assert ScoreAnswer.model_validate(said)
        assert set(said) == set(Score.model_fields) | set(Flat.model_fields)
        assert said["stage_name"] == (said["stage"] and said["stage"]["name"])
        assert said["rung"] == (said["scored_by"] and said["scored_by"]["rung"])
        for number, reason in enumerate(said["reasons_for"], start=1):
            assert said[f"reason_{number}_text"] == reason["text"]
        assert (said["error_text"] is None) == (said["error"] is None)


def test_an_explanation_adds_up_to_the_margin(service: Service) -> None:
    post(service, "/v1/leads", LEAD)
    post(service, "/v1/events", DEMO)
    for item in (GOOD, {**GOOD, "events": None}, {"lead_id": "a", "as_of": AS_OF}):
        found = post(service, "/v1/explain", item).json()
        assert sum(part["contribution"] for part in found["parts"]) + found["bias"] == pytest.approx(
            found["margin"], abs=1e-9
        )
        assert found["score"]["probability"] == post(service, "/v1/score", item).json()["probability"]
        assert len({part["feature"] for part in found["parts"]}) == len(found["parts"]) > 0
    closed = post(service, "/v1/explain", {**GOOD, "stage": "won"}).json()
    assert (closed["parts"], closed["margin"]) == ([], None)
    assert post(service, "/v1/explain", MISSPELT).status_code == 422
    assert post(service, "/v1/explain", [GOOD]).status_code == 422


@pytest.mark.parametrize("by_name", [False, True])
def test_what_if_is_the_difference_of_two_scores_and_keeps_nothing(
    service: Service, ledger: Ledger, by_name: bool
) -> None:
    post(service, "/v1/leads", LEAD)
    post(service, "/v1/events", DEMO)
    lead = {"lead_id": "a", "as_of": AS_OF} if by_name else GOOD
    more = {"kind": "page_view", "occurred_at": "2026-03-02T11:00:00Z"}
    change = {"fields": {"company_size": 4000}, "events": [more]}
    found = post(service, "/v1/what-if", {"lead": lead, "change": change}).json()
    other = {**GOOD, "fields": {**FIELDS, "company_size": 4000}, "events": [*GOOD["events"], more]}
    before, after = (post(service, "/v1/score", item).json() for item in (GOOD, other))
    assert found["before"]["probability"] == before["probability"]
    assert found["after"]["probability"] == after["probability"]
    assert found["difference"]["probability"] == pytest.approx(
        after["probability"] - before["probability"], abs=1e-6
    )
    same = post(service, "/v1/what-if", {"lead": lead, "change": {}}).json()
    assert same["before"] == same["after"]
    assert set(same["difference"].values()) == {0, None}
    assert ledger.counts()["scores"] == 2  # those of the two questions above


@pytest.mark.parametrize(
    "body",
    [
        5, {}, {"lead": GOOD}, {"lead": GOOD, "change": 5}, {"lead": 5, "change": {}},
        {"lead": GOOD, "change": {"field": {}}}, {"lead": GOOD, "change": {"fields": []}},
        {"lead": GOOD, "change": {"events": {}}}, {"lead": GOOD, "change": {"events": [5]}},
        {"lead": GOOD, "change": {"fields": {"company_sise": 1}}}, {"lead": MISSPELT, "change": {}},
        {"lead": {"lead_id": "a", "as_of": AS_OF}, "change": {"events": [5]}},
        {"lead": {"lead_id": "a", "as_of": AS_OF}, "change": {"fields": {"company_sise": 1}}},
        {"lead": {"lead_id": "nobody"}, "change": {}},
    ],
)  # fmt: skip
def test_a_what_if_that_cannot_be_is_told(service: Service, body: Any) -> None:
    post(service, "/v1/leads", LEAD)
    assert post(service, "/v1/what-if", body).status_code == 422


def test_a_person_is_handed_out_and_deleted_from_every_table(service: Service, tmp_path: Path) -> None:
    for lead_id in ("a", "a/b c@example.org"):
        post(service, "/v1/leads", {**LEAD, "lead_id": lead_id})
        post(service, "/v1/events", {**DEMO, "lead_id": lead_id, "event_id": f"e {lead_id}"})
        post(service, "/v1/outcomes", {"lead_id": lead_id, "stage": "won", "occurred_at": "2026-03-04"})
        post(service, "/v1/score", {**GOOD, "lead_id": lead_id})
    path = "/v1/leads/a%2Fb%20c%40example.org"
    found = service.ask("GET", path).json()["tables"]
    assert set(found) == {"leads", "field_history", "events", "outcomes", "scores"}
    assert {row["lead_id"] for rows in found.values() for row in rows} == {"a/b c@example.org"}
    gone = service.ask("DELETE", path).json()
    assert gone["deleted"] == {name: len(rows) for name, rows in found.items()}
    assert any("backups" in words for words in gone["beside"])
    assert service.ask("GET", path).status_code == 404
    assert service.ask("DELETE", path).json()["deleted"] == {}
    assert service.ask("GET", f"{path}/scores").json()["scores"] == []
    assert len(service.ask("GET", "/v1/leads/a").json()["tables"]) == 5
    service.close()
    for file in tmp_path.glob("ledger.sqlite*"):
        assert b"c@example.org" not in file.read_bytes()


def test_without_a_ledger_its_endpoints_say_how_to_make_one(ladder: Ladder) -> None:
    service = Service(ladder=ladder)
    asked = [
        post(service, path, {}) for path in ("/v1/events", "/v1/outcomes", "/v1/leads")
    ] + [service.ask("GET", "/v1/leads/a"), service.ask("DELETE", "/v1/leads/a")]  # fmt: skip
    for answer in asked:
        assert answer.status_code == 409
        assert "leadscore ledger init" in answer.json()["problems"][0]["remedy"]
    assert post(service, "/v1/score", {"lead_id": "a"}).status_code == 200


def test_a_ledger_that_is_gone_is_told_and_whole_leads_are_scored_all_the_same(
    service: Service, ledger: Ledger, tmp_path: Path
) -> None:
    post(service, "/v1/leads", LEAD)
    ledger.close()
    (tmp_path / "ledger.sqlite").rename(tmp_path / "away")
    (tmp_path / "ledger.sqlite").mkdir()
    answer = post(service, "/v1/events", DEMO)
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert post(service, "/v1/leads", LEAD).status_code == 503
    assert service.ask("GET", "/v1/leads/a").status_code == 503
    assert post(service, "/v1/score", {"lead_id": "a"}).status_code == 503
    scored = post(service, "/v1/score", GOOD)
    assert scored.status_code == 200
    assert "not kept" in scored.json()["warning_text"]
    (tmp_path / "ledger.sqlite").rmdir()
    (tmp_path / "away").rename(tmp_path / "ledger.sqlite")
    ledger.close()
    assert statuses(post(service, "/v1/events", DEMO)) == ["stored"]
    assert "not kept" not in (post(service, "/v1/score", GOOD).json()["warning_text"] or "")


@pytest.mark.slow
def test_a_thousand_leads_are_scored_by_name_in_their_order(service: Service) -> None:
    many = [{"lead_id": str(n), "fields": {"company_size": n}} for n in range(1_000)]
    assert post(service, "/v1/leads", many).json()["stored"] == 1_000
    scores = post(service, "/v1/score", [{"lead_id": one["lead_id"]} for one in many]).json()
    assert [one["lead_id"] for one in scores] == [one["lead_id"] for one in many]
    assert {one["status"] for one in scores} == {"scored"}
    assert post(service, "/v1/leads", [*many, many[0]]).status_code == 413


SENT = st.tuples(st.integers(0, 3), st.sampled_from(["demo_request", "page_view"]), st.integers(0, 5))


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.lists(SENT, min_size=1, max_size=12), st.randoms())
def test_whatever_comes_in_whatever_order_and_however_often_is_kept_once(
    tmp_path: Path, ladder: Ladder, sent: list[tuple[int, str, int]], random: Any
) -> None:
    """The score by name is that of the events of each id, whichever of them came first."""
    kinds = {number: kind for number, kind, _ in sent}
    events = [
        {"lead_id": "a", "kind": kinds[number], "event_id": str(number),
         "occurred_at": from_us(parse_moment(AS_OF, "UTC") - number * 3_600_000_000).isoformat()}
        for number, _, _ in sent
    ]  # fmt: skip
    made = Ledger.made(tmp_path / f"{now_us()}.sqlite")
    service = Service(made, ladder=ladder)
    random.shuffle(events)
    for event in events:
        post(service, "/v1/events", event)
    post(service, "/v1/leads", LEAD)
    assert made.counts()["events"] == len(kinds)
    distinct = list({event["event_id"]: event for event in events}.values())
    plain = [{"kind": one["kind"], "occurred_at": one["occurred_at"]} for one in distinct]
    whole = score_items(ladder, [{**GOOD, "events": plain}], 0)[0]
    named = post(service, "/v1/score", {"lead_id": "a", "as_of": AS_OF}).json()
    assert named["probability"] == whole.probability
    assert len(scores_of(made, "a")) == 1
    service.close()
    made.close()
