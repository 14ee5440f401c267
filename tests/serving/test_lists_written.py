"""The JSON of a list's answers, written once for all that read alike, is that of each lead's own score."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from serving.answer.ladder import Ladder
from serving.answer.milestones import MilestoneStep
from serving.api.envelope import answer_items, score_items
from serving.asked import Decided, Heard
from serving.wire.flat import answer_text
from serving.wire.written import WrittenAnswers
from tests.made import scorers
from tests.made.edge import Service
from tests.serving.test_export_alike import CELLS, LADDERS

NOW = 1_772_452_800_000_000  # 2026-03-02T12:00:00Z
DECIDED = Decided("hot", "Jane", 'met at a "fair"', NOW - 10, NOW + 10)
SAID = Heard(frozenset({"c"}), (("a", "contested"),), (("b", DECIDED),), frozenset({"d"}))
FIELDS = {name: st.sampled_from(cells) for name, cells in CELLS.items() if name != "stage"}
REST = {name: cells for name, cells in FIELDS.items() if name != "company_size"}
ITEM = st.fixed_dictionaries(
    {"lead_id": st.sampled_from(("a", "b", "c", "d", 'é"\\', "\x7f\u2028", 5, "", "x\n"))},
    optional={
        "fields": st.one_of(
            st.fixed_dictionaries({}, optional=FIELDS),
            st.fixed_dictionaries({"company_size": st.integers(0, 2_000)}, optional=REST),
        ),
        "events": st.one_of(
            st.none(),
            st.lists(
                st.fixed_dictionaries(
                    {
                        "kind": st.sampled_from(("page_view", "demo_request", "no such kind")),
                        "occurred_at": st.sampled_from(
                            ("2026-02-27T00:00:00Z", "2026-03-02T11:30:00Z", "2025-06-01T00:00:00Z", "soon")
                        ),
                    }
                ),
                max_size=3,
            ),
        ),
        "as_of": st.sampled_from(("2026-03-02T00:00:00Z", None)),
        "stage": st.sampled_from(("won", "lost", "mql", "In talks", None)),
    },
)


@pytest.fixture(scope="module")
def blend(tmp_path_factory: pytest.TempPathFactory) -> Ladder:
    return scorers.saved(tmp_path_factory.mktemp("artefact"))


def test_where_each_lead_has_more_to_tell_each_has_its_own_score(blend: Ladder) -> None:
    """Milestones, as a curve or a worth, are made on scores."""
    ladder = replace(blend, steps=(MilestoneStep("deal", blend.recipe, wins=True),))
    items = [{"lead_id": f"l{n}", "fields": {"company_size": n}, "events": []} for n in range(20)]
    found = answer_items(ladder, items, NOW, written=True)
    assert [one.text for one in found] == [answer_text(one) for one in score_items(ladder, items, NOW)]
    assert all(one.score.milestones[0].probability == one.score.probability for one in found)


@pytest.mark.parametrize("name", [*LADDERS, "blend"])
@settings(
    max_examples=15, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
@given(
    items=st.lists(ITEM, min_size=3, max_size=12),
    reasons=st.integers(0, 10),
    language=st.sampled_from(["en", "fr"]),
    said=st.booleans(),
)
def test_bytes_are_those_of_each_leads_own_score(
    blend: Ladder, name: str, items: list[Any], reasons: int, language: Any, said: bool
) -> None:
    ladder = {**LADDERS, "blend": blend}[name].told_in(language)
    heard = SAID if said else Heard()
    alone = [score_items(ladder, [item], NOW, reasons, standing=heard)[0] for item in items]
    alone, items = (alone * 8)[:24], (items * 8)[:24]
    together = answer_items(ladder, items, NOW, reasons, standing=heard, written=True)
    assert [one.text for one in together] == [answer_text(score) for score in alone]
    assert [one.score for one in together] == alone
    for one, score in zip(together, alone, strict=True):
        kind, probability = one.told
        assert probability == score.probability
        assert (kind.status, kind.warnings, kind.scored_by) == (score.status, score.warnings, score.scored_by)


def test_many_answers_are_written_together_and_few_kinds_of_scores_are_made(blend: Ladder) -> None:
    items = [{"lead_id": f"l{n}", "fields": {"company_size": n % 7}, "events": []} for n in range(200)]
    found = answer_items(blend, items, NOW, written=True)
    made = {id(one.made) for one in found}
    assert len(made) == 1
    assert isinstance(found[0].made, WrittenAnswers)
    assert len(found[0].made.alike.scores) < 10


def test_a_service_tells_a_list_what_it_tells_each_alone_and_counts_it(blend: Ladder) -> None:
    items = [
        {"lead_id": f"l{n}", "as_of": "2026-03-02T00:00:00Z", "fields": {"company_size": n, "industry": "x"}}
        | ({"events": []} if n % 3 else {})
        for n in range(40)
    ]
    items[7]["fields"] = {"no such field": 1}
    service, alone = Service(ladder=blend), Service(ladder=blend)
    together = service.ask("POST", "/v1/score", json=items)
    ones = [alone.ask("POST", "/v1/score", json=item).content for item in items]
    assert together.content == b"[" + b",".join(ones) + b"]"
    counted, expected = figures(service), figures(alone)
    assert counted == expected
    assert any("leadscore_probability_count" in line for line in counted)


def figures(service: Service) -> list[str]:
    """What the service has counted of leads."""
    lines = service.entrance.metrics.text().decode().splitlines()
    told = ("leadscore_score", "leadscore_lead", "leadscore_probability")
    return [line for line in lines if line.startswith(told) and "_created" not in line]
