"""What a person decided of a maturity goes before what is computed, whichever way the lead comes in."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from features.clock import DAY_US, now_us
from serving import score_items
from serving.ledger import lead_of, scores_of, standing
from serving.ledger.sent import DecisionSent
from tests.serving.test_objections_honoured import AS_OF, AS_OF_US, AT, Company, company, whole

Told = tuple[str, str | None]
"""A maturity, and why it is not that of the probability."""
assert company  # the fixture


def over_http(made: Company, lead: str) -> Told:
    return told(made.service.ask("POST", "/v1/score", json=whole(lead)).json())


def over_http_by_name(made: Company, lead: str) -> Told:
    asked = {"lead_id": lead, "as_of": AS_OF}
    return told(made.service.ask("POST", "/v1/score", json=[asked]).json()[0])


def explained(made: Company, lead: str) -> Told:
    return told(made.service.ask("POST", "/v1/explain", json=whole(lead)).json()["score"])


def in_python(made: Company, lead: str) -> Told:
    ladder = made.service.desk.opened.ladder
    found = score_items(ladder, [whole(lead)], AS_OF_US, standing=standing(made.ledger))[0]
    return told(found.model_dump(mode="json"))


def by_name_in_python(made: Company, lead: str) -> Told:
    ladder = made.service.desk.opened.ladder
    found = ladder.score([lead_of(made.ledger, ladder.reader, lead, AS_OF_US)])[0]
    return told(found.model_dump(mode="json"))


def in_a_file(made: Company, lead: str) -> Told:
    made.leadscore("score", "open.csv", "-o", "scored.csv", "--events", "events_open.csv", "--recipe",
                   "recipe.toml", *AT, "--force")  # fmt: skip
    return in_row(lead)


def from_the_ledger_as_a_file(made: Company, lead: str) -> Told:
    made.leadscore("score", "--data", "ledger", "-o", "scored.csv", "--recipe", "recipe.toml", *AT, "--force")
    return in_row(lead)


def kept_in_the_ledger(made: Company, lead: str) -> Told:
    made.service.close()  # one writer
    made.leadscore("score", "--data", "ledger", "--recipe", "recipe.toml", *AT)
    return told(json.loads(scores_of(made.ledger, lead)[0].answer))


def planned(made: Company, lead: str) -> Told:
    made.leadscore("plan", "recipe.toml", "--data", "ledger", "--csv", "plan.csv", *AT, "--force")
    with open("plan.csv", encoding="utf-8", newline="") as file:
        (row,) = [row for row in csv.DictReader(file) if row["lead_id"] == lead]
    because = [part for part in row["why"].split("; ") if part.startswith("decided by")]
    return row["maturity"], because[0] if because else None


WAYS: list[Callable[[Company, str], Told]] = [
    over_http, over_http_by_name, explained, in_python, by_name_in_python, in_a_file,
    from_the_ledger_as_a_file, kept_in_the_ledger, planned,
]  # fmt: skip


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_decision_holds_from_its_moment_until_it_expires(
    request: pytest.FixtureRequest, way: Callable[[Company, str], Told]
) -> None:
    made: Company = request.getfixturevalue("company")
    now, day = now_us(), DAY_US
    times = {  # by the moment that the score is about, which is long past
        "holds": (AS_OF_US - day, AS_OF_US + day),
        "later": (now, now + day),
        "ended": (AS_OF_US - 9 * day, AS_OF_US),
    }
    for lead, (kind, (since, until)) in zip(made.leads, times.items(), strict=False):
        sent = DecisionSent("crm", lead, "override", since, "anna", kind, '{"maturity": "hot"}', until)
        assert made.service.writer is not None
        made.service.writer.submit([sent]).result()
    holds, later, ended = made.leads[:3]
    if way is kept_in_the_ledger:  # it closes the service
        assert way(made, holds) == ("hot", "decided by anna: holds")
        return
    assert way(made, holds) == ("hot", "decided by anna: holds")
    for lead in (later, ended):
        assert way(made, lead)[1] is None or not str(way(made, lead)[1]).startswith("decided")


def told(score: dict[str, Any]) -> Told:
    return score["maturity"], score["maturity_because"]


def in_row(lead: str) -> Told:
    row = pd.read_csv("scored.csv", keep_default_na=False).set_index("lead_id").loc[lead]
    return str(row["ls_maturity"]), str(row["ls_maturity_because"]) or None
