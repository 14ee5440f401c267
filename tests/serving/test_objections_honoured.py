"""Who objects to being profiled is scored by nothing, whichever way a lead comes in or an answer goes out."""

from __future__ import annotations

import csv
import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from features.clock import DAY_US, from_us, now_us
from features.clock.instants import parse_moment
from leadscore import main
from serving import score_items
from serving.asked import Heard
from serving.ledger import Ledger, Writer, lead_of, scores_of, standing
from serving.ledger.decisions import OPT_OUT, Voices
from serving.ledger.gone import merge_of
from serving.ledger.person import forget
from serving.ledger.sent import DecisionSent
from serving.push.plan import due_of
from serving.vendors import PushMapping, crm_profile
from tests.made.company import RECIPE, small_company
from tests.made.edge import Service
from tests.vendors.scores import keep
from tests.vendors.scores import score as given_score

AS_OF = "2024-12-01T00:00:00+00:00"
AT = ("--as-of", AS_OF)
AS_OF_US = parse_moment(AS_OF, "UTC")


@dataclass
class Company:
    """A company whose leads are in files and in a ledger; `leads` are open at AS_OF, the newest first."""

    folder: Path
    ledger: Ledger
    service: Service
    leads: list[str]

    def object(self, lead: str, kind: str = OPT_OUT, content: str | None = None, **more: Any) -> None:
        sent = DecisionSent("crm", lead, kind, now_us(), "they", "asked so", content, **more)
        assert self.service.writer is not None
        self.service.writer.submit([sent]).result()

    def leadscore(self, *words: str) -> str:
        done = CliRunner().invoke(main, list(words))
        assert done.exit_code == 0, done.stderr
        return done.stdout


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    recipe = small_company(tmp_path, leads=60)
    (tmp_path / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEADSCORE_LEDGER", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    ledger = Ledger.made()
    assert CliRunner().invoke(main, ["ledger", "import", "recipe.toml"]).exit_code == 0
    service = Service(ledger, recipe=recipe)
    made = Company(tmp_path, ledger, service, [])
    made.leadscore(
        "open-leads", "recipe.toml", "-o", "open.csv", "--events", "events_open.csv", "--as-of", AS_OF
    )
    made.leads = pd.read_csv("open.csv")["lead_id"].tolist()[::-1]
    assert len(made.leads) > 20
    yield made
    service.close()
    ledger.close()


def whole(lead: str) -> dict[str, Any]:
    return {"lead_id": lead, "fields": {"size": 5, "industry": "steel"}, "events": [], "as_of": AS_OF}


def over_http(company: Company, lead: str) -> str:
    return str(company.service.ask("POST", "/v1/score", json=whole(lead)).json()["status"])


def over_http_by_name(company: Company, lead: str) -> str:
    asked = {"lead_id": lead, "as_of": AS_OF}
    return str(company.service.ask("POST", "/v1/score", json=[asked]).json()[0]["status"])


def explained(company: Company, lead: str) -> str:
    for asked in (whole(lead), {"lead_id": lead, "as_of": AS_OF}):
        said = company.service.ask("POST", "/v1/explain", json=asked).json()
        if said["score"]["status"] == "opted_out":
            assert said["margin"] is None
            assert said["parts"] == []
    return str(said["score"]["status"])


def what_if(company: Company, lead: str) -> str:
    found = set()
    for asked in (whole(lead), {"lead_id": lead, "as_of": AS_OF}):
        body = {"lead": asked, "change": {"fields": {"industry": "retail"}}}
        said = company.service.ask("POST", "/v1/what-if", json=body).json()
        found |= {said["before"]["status"], said["after"]["status"]}
    assert len(found) == 1
    return str(found.pop())


def in_python(company: Company, lead: str) -> str:
    ladder = company.service.desk.opened.ladder
    return score_items(ladder, [whole(lead)], AS_OF_US, standing=standing(company.ledger))[0].status


def by_name_in_python(company: Company, lead: str) -> str:
    ladder = company.service.desk.opened.ladder
    return ladder.score([lead_of(company.ledger, ladder.reader, lead, AS_OF_US)])[0].status


def in_a_file(company: Company, lead: str) -> str:
    company.leadscore("score", "open.csv", "-o", "scored.csv", "--events", "events_open.csv", "--recipe",
                      "recipe.toml", "--as-of", AS_OF, "--force")  # fmt: skip
    scored = pd.read_csv("scored.csv").set_index("lead_id")
    if scored.loc[lead, "ls_status"] == "opted_out":
        assert scored.loc[lead].filter(regex="^ls_(probability|score|grade|maturity|reason_1)").isna().all()
    return str(scored.loc[lead, "ls_status"])


def from_the_ledger_as_a_file(company: Company, lead: str) -> str:
    company.leadscore(
        "score", "--data", "ledger", "-o", "scored.csv", "--recipe", "recipe.toml", *AT, "--force"
    )
    return str(pd.read_csv("scored.csv").set_index("lead_id").loc[lead, "ls_status"])


def kept_in_the_ledger(company: Company, lead: str) -> str:
    company.service.close()  # one writer
    company.leadscore("ledger", "score", "--recipe", "recipe.toml", "--as-of", AS_OF)
    newest = scores_of(company.ledger, lead)[0]
    answer = json.loads(newest.answer)
    assert (newest.features is None) == (answer["status"] == "opted_out")
    return str(answer["status"])


def planned(data: str) -> Callable[[Company, str], str]:
    def way(company: Company, lead: str) -> str:
        company.leadscore("plan", "recipe.toml", "--csv", "plan.csv", "--as-of", AS_OF, "--force", *(
            ("--data", data) if data else ()))  # fmt: skip
        with open("plan.csv", encoding="utf-8", newline="") as file:
            (row,) = [row for row in csv.DictReader(file) if row["lead_id"] == lead]
        return (
            "opted_out"
            if row["why"] == "opted out of being contacted" and not row["score"]
            else "uncalibrated"
        )

    return way


def pushed_to_a_crm(company: Company, lead: str) -> str:
    """A score from before the objection is not sent; what was sent is cleared (`test_push_runs`)."""
    company.service.close()  # one writer
    keep(company.ledger, [given_score(lead, 1, score=80)])
    names = {value: told.name for value, told in crm_profile("hubspot").properties.items()}
    mapping = PushMapping(vendor="hubspot", url="https://api.hubapi.com", properties=names)
    sent = due_of(company.ledger, [lead], mapping, None, now_us())
    return str(sent[0].values["status"]) if sent else "opted_out"


def estimated_in_the_funnel(company: Company, lead: str) -> str:
    """An older file of scores still holds a probability of theirs."""
    rows = pd.DataFrame({"lead_id": [lead], "ls_probability": [0.5], "ls_maturity": ["hot"]})
    rows.to_csv("older.csv", index=False)
    told = json.loads(company.leadscore("funnel", "recipe.toml", "--scores", "older.csv", "--json"))
    return "uncalibrated" if told["all"]["hot"] else "opted_out"


def named_to_an_ad_platform(company: Company, lead: str) -> str:
    leads = pd.read_csv("leads.csv")
    leads.assign(gclid=[f"Cj0{one}" for one in leads["lead_id"]]).to_csv("leads.csv", index=False)
    outcomes = pd.read_csv("outcomes.csv")
    row = {"lead_id": lead, "stage": "won", "occurred_at": "2024-12-02"}
    pd.concat([outcomes, pd.DataFrame([row])]).to_csv("outcomes.csv", index=False)
    company.leadscore("conversions", "google", "recipe.toml", "-o", "google", "--consent", "granted",
                      "--as-of", "2024-12-20", "--stage", "customer")  # fmt: skip
    text = "".join(path.read_text() for path in Path("google").glob("*.csv"))
    return "uncalibrated" if f"Cj0{lead}" in text else "opted_out"


WAYS: dict[str, Callable[[Company, str], str]] = {
    "http, whole": over_http,
    "http, by name": over_http_by_name,
    "http, explained": explained,
    "http, what if": what_if,
    "python, whole": in_python,
    "python, by name": by_name_in_python,
    "a file": in_a_file,
    "a file from the ledger": from_the_ledger_as_a_file,
    "the ledger's own scores": kept_in_the_ledger,
    "a plan from files": planned(""),
    "a plan from the ledger": planned("ledger"),
    "a push": pushed_to_a_crm,
    "the funnel's estimate": estimated_in_the_funnel,
    "conversions": named_to_an_ad_platform,
}


@pytest.mark.parametrize("way", WAYS)
def test_an_objection_is_honoured(company: Company, way: str) -> None:
    lead, other = company.leads[0], company.leads[1]
    company.object(lead)
    assert WAYS[way](company, lead) == "opted_out"
    if way != "the ledger's own scores":
        assert WAYS[way](company, other) in ("scored", "uncalibrated")


@pytest.mark.parametrize("way", ["http, whole", "http, by name", "a file", "a plan from the ledger"])
def test_one_that_expired_or_was_taken_back_is_none(company: Company, way: str) -> None:
    lead = company.leads[0]
    company.object(lead)
    company.object(lead, expires_us=now_us())
    assert WAYS[way](company, lead) == "uncalibrated"


@pytest.mark.parametrize("way", ["http, whole", "http, by name", "a file"])
def test_an_objection_is_the_persons_under_each_of_their_ids(company: Company, way: str) -> None:
    one, other = company.leads[:2]
    assert company.service.writer is not None
    company.service.writer.submit(merge_of("crm", one, other, AS_OF_US - DAY_US)).result()
    company.object(one)
    assert WAYS[way](company, other) == "opted_out"


@pytest.mark.parametrize("way", ["http, whole", "http, by name", "python, whole", "python, by name"])
def test_a_contested_score_says_so_until_and_after_its_review(company: Company, way: str) -> None:
    lead, today = company.leads[0], from_us(now_us()).date()

    def warned() -> list[str]:
        ladder = company.service.desk.opened.ladder
        if way.startswith("http"):
            asked = whole(lead) if way == "http, whole" else {"lead_id": lead, "as_of": AS_OF}
            found = company.service.ask("POST", "/v1/score", json=asked).json()["warnings"]
        elif way == "python, whole":
            found = score_items(ladder, [whole(lead)], AS_OF_US, standing=standing(company.ledger))[
                0
            ].warnings
        else:
            found = ladder.score([lead_of(company.ledger, ladder.reader, lead, AS_OF_US)])[0].warnings
        return [words for words in found if "contested" in words]

    assert warned() == []
    body = {"lead_id": lead, "kind": "contest", "by": "the person", "reason": "I asked for a price, no more"}
    assert company.service.ask("POST", "/v1/decisions", json=body).status_code == 200
    assert warned() == [f"contested on {today}: a person has yet to review it"]
    review = body | {"kind": "review", "by": "Anna", "outcome": "upheld"}
    assert company.service.ask("POST", "/v1/decisions", json=review).status_code == 200
    assert warned() == [f"contested on {today}, reviewed by a person on {today}: upheld"]


def test_a_contest_and_its_review_are_told_in_the_language_that_is_asked_for(company: Company) -> None:
    lead, today = company.leads[0], from_us(now_us()).date()

    def warned() -> list[str]:
        asked = company.service.ask("POST", "/v1/score", json=whole(lead), headers={"Accept-Language": "fr"})
        return [words for words in asked.json()["warnings"] if "contest" in words]

    company.object(lead, "contest")
    assert warned() == [f"contesté le {today} : une personne doit encore l'examiner"]
    for outcome, said in (("upheld", "maintenu"), ("changed", "modifié")):
        company.object(lead, "review", outcome)
        assert warned() == [f"contesté le {today}, examiné par une personne le {today} : {said}"]


def test_a_service_whose_ledger_is_away_goes_by_what_it_heard_last_and_says_so(company: Company) -> None:
    lead = company.leads[0]
    company.object(lead)
    voices = Voices(company.ledger)
    assert lead in voices.heard().opted_out
    assert voices.sure
    company.ledger.close()
    assert company.ledger.path is not None
    company.ledger.path.rename("elsewhere.sqlite")
    try:
        assert lead in voices.heard().opted_out
        assert not voices.sure
    finally:
        Path("ledger.sqlite").unlink(missing_ok=True)
        Path("elsewhere.sqlite").rename("ledger.sqlite")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "override"}, "maturity"),
        ({"kind": "review"}, "outcome"),
        ({"outcome": "upheld"}, "outcome"),
        ({"kind": "praise"}, "kind"),
        ({"decided_at": "yesterday"}, "decided_at"),
        ({"reason": ""}, "reason"),
        ({"days": -1}, "days"),
    ],
)
def test_a_decision_that_says_nothing_is_refused(
    company: Company, change: dict[str, Any], field: str
) -> None:
    body = {"lead_id": "x", "kind": "opt_out", "by": "they", "reason": "asked so"} | change
    said = company.service.ask("POST", "/v1/decisions", json=body)
    assert said.status_code == 422
    assert field in {problem["field"] for problem in said.json()["items"][0]["problems"]}


def test_an_objection_may_come_before_its_lead(company: Company) -> None:
    body = {"lead_id": "later", "kind": "opt_out", "by": "they", "reason": "asked so"}
    assert company.service.ask("POST", "/v1/decisions", json=body).status_code == 200
    assert over_http(company, "later") == "opted_out"


def test_a_glance_at_the_ledger_says_no_more_and_no_less_than_reading_it(company: Company) -> None:
    """By whomever a decision comes, and where the file is another one: then it has to be read."""
    voices, lead = Voices(company.ledger), company.leads[0]
    assert voices.unchanged() is None
    heard = voices.heard()
    assert voices.unchanged() is heard
    company.object(lead)
    assert voices.unchanged() is None
    assert lead in voices.heard().opted_out
    assert lead in (voices.unchanged() or heard).opted_out
    assert company.ledger.path is not None
    with sqlite3.connect(company.ledger.path) as other:  # as another process does it
        other.execute("UPDATE decisions SET seq = seq + 1")
    assert voices.unchanged() is None
    other.close()
    voices.heard()
    company.ledger.path.rename("elsewhere.sqlite")
    try:
        assert voices.unchanged() is None
    finally:
        Path("elsewhere.sqlite").rename(company.ledger.path)
    assert voices.unchanged() is not None


def test_a_glance_waits_for_nobody(company: Company) -> None:
    voices = Voices(company.ledger)
    voices.heard()
    assert voices.unchanged() is not None
    assert company.ledger.path is not None
    other = sqlite3.connect(company.ledger.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    assert voices.unchanged() is not None
    other.execute("ROLLBACK")
    other.close()


def objecting(path: Path, *leads: str) -> Ledger:
    """A ledger of its own in which each of `leads` objects, in that order."""
    ledger = Ledger.made(path)
    with Writer(ledger) as writer:
        for lead in leads:
            sent = DecisionSent("crm", lead, OPT_OUT, now_us(), "they", "asked so")
            writer.submit([sent]).result()
    return ledger


@pytest.mark.parametrize("gone", ["A", "B"])
def test_an_objection_counts_at_once_whatever_was_deleted_before(tmp_path: Path, gone: str) -> None:
    """SQLite gives the number of a deleted row to the next one."""
    ledger = objecting(tmp_path / "own.sqlite", "A", "B")
    voices = Voices(ledger)
    assert voices.heard().opted_out == {"A", "B"}
    forget(ledger, gone)
    assert voices.unchanged() is None
    objecting(tmp_path / "own.sqlite", "C").close()
    assert voices.unchanged() is None
    assert voices.heard().opted_out == {"A", "B", "C"} - {gone}
    ledger.close()


@given(st.lists(st.tuples(st.sampled_from("ABCDE"), st.booleans(), st.booleans()), max_size=12))
@settings(max_examples=8, deadline=None)
def test_whatever_comes_and_goes_a_glance_says_what_reading_says(steps: list[tuple[str, bool, bool]]) -> None:
    with TemporaryDirectory() as folder:
        ledger = objecting(Path(folder) / "own.sqlite")
        voices = Voices(ledger)
        voices.heard()
        with Writer(ledger) as writer:
            for lead, comes, looks in steps:
                if comes:
                    writer.submit([DecisionSent("crm", lead, OPT_OUT, now_us(), "they", "asked so")]).result()
                else:
                    forget(ledger, lead)
                if looks:
                    said = voices.unchanged() or voices.heard()
                    assert said.opted_out == standing(ledger).opted_out
        ledger.close()


def test_another_ledger_with_equal_numbers_in_the_place_of_one_is_read(tmp_path: Path) -> None:
    ledger = objecting(tmp_path / "own.sqlite", "A", "B")
    voices = Voices(ledger)
    voices.heard()
    objecting(tmp_path / "other.sqlite", "X", "Y").close()
    for log in tmp_path.glob("own.sqlite-*"):  # else SQLite reads the old log over the new file
        log.unlink()
    (tmp_path / "other.sqlite").replace(tmp_path / "own.sqlite")
    assert voices.unchanged() is None
    assert voices.heard().opted_out == {"X", "Y"}
    assert (voices.unchanged() or Heard()).opted_out == {"X", "Y"}
    ledger.close()
