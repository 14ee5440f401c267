"""Whatever is sent, each item gets one answer that is valid JSON, and good neighbours keep theirs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import Lead
from features.clock.instants import parse_moment
from features.columns import Columns
from features.readings import OnlinePlan
from serving.answer.ladder import Ladder
from serving.api.envelope import score_items
from serving.score import Score
from serving.skew.log import RequestLog, read_log
from serving.wire.sent_json import parse_body
from tests.made import scorers
from tests.made.edge import Service

NOW = parse_moment("2026-03-02T12:00:00+00:00", "UTC")
LADDER = Ladder.by_rules(scorers.recipe())
GOOD = {
    "lead_id": "good",
    "fields": {"company_size": 40, "email": "a@acme.io"},
    "events": [],
    "created_at": "2026-02-01",
}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    ["company_size", "industry", "title", "email", "opted_out", "created_at", "lead_id", "compny_size"]
)
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(["demo_request", "page_view", "never declared"]) | JSON,
        "occurred_at": st.sampled_from(["2026-03-01", "2026-03-02T11:00:00Z", "9999-12-31", "0001-01-01"])
        | JSON,
        "value": JSON,
        "event_id": JSON,
        "x": JSON,
    },
)
LEADS = st.fixed_dictionaries(
    {},
    optional={
        "lead_id": st.text(min_size=1, max_size=5) | JSON,
        "fields": st.dictionaries(NAMES | st.text(max_size=5), JSON, max_size=4) | JSON,
        "events": st.lists(EVENTS | JSON, max_size=3) | JSON,
        "as_of": st.sampled_from(["2026-03-01", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
        | JSON,
        "created_at": st.sampled_from(["2026-01-01", "2027-01-01"]) | JSON,
        "stage": st.sampled_from(["won", "sql"]) | JSON,
        "more": JSON,
    },
)


@settings(max_examples=150, deadline=None)
@given(st.lists(LEADS | JSON, max_size=4))
def test_each_item_gets_one_answer_and_good_neighbours_keep_theirs(items: list[Any]) -> None:
    (alone,) = score_items(LADDER, [GOOD], NOW)
    scores = score_items(LADDER, [GOOD, *items, GOOD], NOW)
    assert len(scores) == len(items) + 2
    assert scores[0] == scores[-1] == alone
    for item, score in zip(items, scores[1:-1], strict=True):
        assert Score.model_validate_json(score.model_dump_json()) == score
        assert (score.error is not None) == (score.status == "error")
        if isinstance(item, dict) and isinstance(item.get("lead_id"), str) and item["lead_id"]:
            assert score.lead_id == item["lead_id"]
        if score.error is not None:
            assert all("report it as a bug" not in problem.remedy for problem in score.error.problems)


@settings(max_examples=100, deadline=None)
@given(st.lists(LEADS, min_size=1, max_size=3))
def test_asking_together_or_alone_is_the_same(items: list[Any]) -> None:
    together = score_items(LADDER, items, NOW)
    assert together == [score_items(LADDER, [item], NOW)[0] for item in items]


def test_the_row_that_was_scored_is_the_one_that_is_logged(tmp_path: Path) -> None:
    log = RequestLog(tmp_path / "log")
    other = {**GOOD, "lead_id": "other", "fields": {"company_size": 7}}
    items = [GOOD, {"lead_id": "wrong", "fields": {"compny_size": 1}}, 5, other]
    read: list[str] = []
    columns = OnlinePlan.columns

    def counted(plan: OnlinePlan, leads: Sequence[Lead]) -> Columns:
        read.extend(lead.lead_id for lead in leads)
        return columns(plan, leads)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OnlinePlan, "columns", counted)
        logged = score_items(LADDER, items, NOW, log=log)
    assert read == ["good", "other"], "each lead's features are computed once"
    assert logged == score_items(LADDER, items, NOW)
    kept = list(read_log(log.path))
    assert [request.lead for request in kept] == [GOOD, other]
    assert [request.row["company_size"] for request in kept] == [40.0, 7.0]


def test_an_event_after_as_of_is_not_seen() -> None:
    later = {"kind": "demo_request", "occurred_at": "2026-03-02T12:00:00.000001Z"}
    with_it, without = score_items(LADDER, [{**GOOD, "events": [later]}, GOOD], NOW)
    assert with_it.probability == without.probability
    assert with_it.warnings == ["1 event after as_of was left out"]


def test_halves_of_surrogate_pairs_do_not_break_an_answer() -> None:
    content = json.dumps({"lead_id": "\ud800", "fields": {"industry": "\ud83d\ude00\udc00"}}).encode()
    body = parse_body(content)
    assert body == {"lead_id": "?", "fields": {"industry": "😀?"}}
    (score,) = score_items(LADDER, [body], NOW)
    assert score.model_dump_json()


@pytest.mark.parametrize("wrong", ['"a": 1, "a": 2', '"a": NaN', '"\\ud801": 1, "\\ud801": 2'])
def test_an_unfit_item_with_half_a_surrogate_pair_is_told_alone(wrong: str) -> None:
    content = f'[{{"lead_id": "\\ud800", {wrong}}}, {{"lead_id": "ok", "fields": {{}}}}]'
    answer = Service().ask("POST", "/v1/score", content=content.encode())
    told, fine = answer.json()
    assert (answer.status_code, told["lead_id"], told["status"]) == (200, "?", "error")
    assert fine["status"] != "error"
