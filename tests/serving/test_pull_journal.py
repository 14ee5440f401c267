"""A journal is pulled exactly once and in order: killed at every step, with faults at every call."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from features.errors import LeadscoreError
from serving.crm.addresses import Addresses
from serving.crm.rows import RowReader
from serving.ledger import Ledger, Writer
from serving.ledger.cursors import cursor_of
from serving.ledger.schema import FIELD_HISTORY
from serving.pull import HubSpotJournal, Pulled, linkedin_answers, meta_answers, pull_answers, pull_journal
from tests.made import inbound
from tests.made.postgres import ledger_in_postgres
from tests.made.vendor_api import VendorApi, hubspot_journal, serving

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
BASE = "/webhooks-journal/journal-local/2026-03"
ENTRIES = [
    [
        {
            "type": "crmObject", "action": "UPDATE", "objectId": 1000 + place,
            "occurredAt": "2025-11-30T11:00:00Z",
            "propertyChanges": {"jobtitle": f"{number}.{place}"},
        }
        for place in range(3)
    ]
    for number in range(5)
]  # fmt: skip
EXPECTED = [event["propertyChanges"]["jobtitle"] for entry in ENTRIES for event in entry]  # type: ignore[index]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    sqlite = request.param == "sqlite"
    made = Ledger.made(tmp_path / "ledger.sqlite") if sqlite else ledger_in_postgres()
    yield made
    made.close()


@pytest.fixture
def journal() -> Iterator[VendorApi]:
    with serving(hubspot_journal(ENTRIES)) as api:
        yield api


def reader(ledger: Ledger, vendor: str = "hubspot") -> RowReader:
    sender = inbound.sender(vendor)
    return RowReader(
        vendor,
        sender.mapping,
        inbound.recipe(),
        Addresses(ledger, inbound.recipe()),
        ("62515",) if vendor == "hubspot" else (),
    )


def pull(
    ledger: Ledger, api: VendorApi, portal: str = "62515", secret: str = "secret", **more: Any
) -> Pulled:
    with Writer(ledger) as writer:
        source = HubSpotJournal(portal, "id", secret, api.url, first_wait=0.0)
        return pull_journal(source, reader(ledger), writer, **more)


def titles(ledger: Ledger) -> list[str]:
    """What was stored, in the order of arrival."""
    with ledger.reading() as connection:
        rows = connection.execute(select(FIELD_HISTORY.c.cells).order_by(FIELD_HISTORY.c.seq)).scalars()
        found = [str(json.loads(cells)["Job Title"]) for cells in rows]
    if ledger.path is not None:
        return found
    entries = [title.partition(".")[0] for title in found]  # one commit is ordered by keys there
    assert entries == sorted(entries)
    return sorted(found)


def test_every_entry_once_and_in_order_and_nothing_the_next_time(ledger: Ledger, journal: VendorApi) -> None:
    first = pull(ledger, journal)
    assert (first.entries, first.items, first.stored, first.left_out) == (5, 15, 15, 0)
    assert titles(ledger) == EXPECTED
    again = pull(ledger, journal)
    assert (again.entries, again.stored) == (0, 0)
    restarted = pull(ledger, journal, restart=True)
    assert (restarted.entries, restarted.stored, restarted.known) == (5, 0, 15)
    assert titles(ledger) == EXPECTED


SCRIPT = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from serving.ledger import Ledger
from tests.made.vendor_api import VendorApi
from tests.serving.test_pull_journal import pull

path, url, where, number = sys.argv[1:]
ledger = Ledger.opened(path)
count = 0

def die(*_):
    global count
    count += 1
    if count == int(number):
        os.kill(os.getpid(), signal.SIGKILL)

if where == "insert":
    event.listen(ledger.engine, "after_cursor_execute", die)
elif where == "commit":
    event.listen(ledger.engine, "commit", die)
elif where == "committed":
    import serving.pull.journal as journal
    real = journal.Pulled.add
    journal.Pulled.add = lambda *given: (die(), real(*given))
pull(ledger, VendorApi(lambda *_: (500, {}, None), url=url))
"""


@pytest.mark.parametrize("where", ["request", "insert", "commit", "committed"])
def test_killed_at_any_step_it_goes_on_behind_what_is_stored(
    ledger: Ledger, journal: VendorApi, where: str
) -> None:
    """`kill -9` at each request to HubSpot, at each statement, before each commit and after it."""
    place = str(ledger.path or ledger.url)
    steps = {
        "request": [1, 2, 3, 5, 6, 9],
        "insert": [2, 4, 9, 15, 21, 30],
        "commit": [1, 2, 3, 4, 7],
        "committed": [1, 2, 3],
    }
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    killed = 0
    for number in steps[where]:
        child: list[subprocess.Popen[bytes]] = []
        before = len(journal.asked)

        def watch(_: str, asked: int, before: int = before, number: int = number, child: Any = child) -> None:
            if where == "request" and asked - before == number and child:
                child[0].send_signal(signal.SIGKILL)
                child[0].wait()

        journal.watching = watch
        command = [sys.executable, "-c", SCRIPT, place, journal.url, where, str(number)]
        child.append(subprocess.Popen(command, cwd=ROOT, env=environment))
        killed += child[0].wait(timeout=60) == -signal.SIGKILL
        stored = titles(ledger)
        assert stored == EXPECTED[: len(stored)]
        position = cursor_of(ledger, "hubspot-journal:62515")
        assert len(stored) == (0 if position is None else 3 * (int(position[-4:]) + 1))
    journal.watching = lambda *_: None
    pull(ledger, journal)
    assert titles(ledger) == EXPECTED
    assert killed >= 2


@pytest.mark.parametrize("seed", range(4))
def test_faults_of_every_kind_at_every_call_lose_and_double_nothing(
    ledger: Ledger, journal: VendorApi, seed: int
) -> None:
    chance = random.Random(seed)
    kinds = [
        (429, {"Retry-After": "0"}, {"errorType": "RATE_LIMIT"}), (500, {}, None), (502, {}, b"<html>"),
        (401, {}, None), (403, {}, None), (200, {}, b"<html>"), (200, {}, {"journalEvents": "?"}),
        (200, {}, []),
    ]  # fmt: skip
    paths = ["/oauth", BASE, "/files"]
    words = list[str]()
    for _ in range(12):
        journal.faults = [(chance.choice(paths), chance.choice(kinds)) for _ in range(chance.randrange(1, 4))]
        try:
            pull(ledger, journal)
        except LeadscoreError as error:
            words.append(str(error))
        stored = titles(ledger)
        assert stored == EXPECTED[: len(stored)]
    journal.faults = []
    pull(ledger, journal)
    assert titles(ledger) == EXPECTED
    assert words
    assert "secret" not in " ".join(words)


def test_what_the_administrator_is_told(ledger: Ledger, journal: VendorApi) -> None:
    with pytest.raises(LeadscoreError, match="gives no token"):
        pull(ledger, journal, secret="wrong")
    with pytest.raises(LeadscoreError, match="may not read account 7's journal"):
        pull(ledger, journal, portal="7")
    pull(ledger, journal)
    with (
        serving(hubspot_journal(ENTRIES[:1], portal="62515")) as younger,
        pytest.raises(LeadscoreError, match="three days"),
    ):
        pull(ledger, younger)


def test_an_entry_of_another_account_is_left_out_and_told(ledger: Ledger) -> None:
    foreign = [[ENTRIES[0][0] | {"portalId": 1}, ENTRIES[0][1], "poison", ENTRIES[0][2]]]
    with serving(hubspot_journal([])) as api:
        files = {
            "offset": "a",
            "journalEvents": [
                {"portalId": 62515, "objectTypeId": "0-1", **one} if isinstance(one, dict) else one
                for one in foreign[0]
            ],
        }
        api.faults = [(BASE, (200, {}, {"url": f"{api.url}/files/0"})), ("/files", (200, {}, files))]
        api.faults += [(BASE, (204, {}, None))]
        done = pull(ledger, api)
    assert (done.items, done.stored, done.left_out) == (4, 2, 2)
    assert [problem.field for problem in done.problems] == [
        "entry a item 1 portalId|portal-id",
        "entry a item 3",
    ]
    assert titles(ledger) == ["0.1", "0.2"]


def test_two_that_pull_at_once_are_told(ledger: Ledger, journal: VendorApi) -> None:
    with Writer(ledger) as writer:
        source = HubSpotJournal("62515", "id", "secret", journal.url)

        class Overtaken:
            source = "hubspot-journal:62515"

            def after(self, offset: str | None) -> Any:
                found = source.after(offset)
                pull_journal(source, reader(ledger), writer)
                return found

        with pytest.raises(LeadscoreError, match="another process"):
            pull_journal(Overtaken(), reader(ledger), writer)
    assert titles(ledger) == EXPECTED


def test_answers_of_forms_are_fetched_once_and_joined_to_the_lead(ledger: Ledger) -> None:
    meta_body, linkedin_body = (
        inbound.golden(vendor)[1]["body"]["leads"][0] for vendor in ("meta", "linkedin")
    )
    linkedin_plain = json.loads(json.dumps(linkedin_body)) | {
        "versionedLeadGenFormUrn": "urn:li:versionedLeadGenForm:(urn:li:leadGenForm:7,1)"
    }
    for one in linkedin_plain["formResponse"]["answers"]:
        del one["predefinedField"]
    questions = [
        {"questionId": 1, "predefinedField": "WORK_EMAIL"},
        {"questionId": 2, "predefinedField": "JOB_TITLE"},
    ]

    def answer(_: str, path: str, __: object, headers: dict[str, str]) -> Any:
        if headers.get("authorization") != "Bearer token":
            return 401, {}, {"error": {"code": 190}}
        found = {
            "/444444444444": meta_body,
            "/rest/leadFormResponses/abc-1": linkedin_plain,
            "/rest/leadForms/7": {"content": {"questions": questions}},
        }
        return (200, {}, found[path]) if path in found else (404, {}, {})

    with serving(VendorApi(answer)) as api, Writer(ledger) as writer:
        writer.submit([inbound.known_lead()]).result()
        for vendor, made in (
            ("meta", meta_answers("token", api.url)),
            ("linkedin", linkedin_answers("token", api.url)),
        ):
            told = reader(ledger, vendor).read(inbound.golden(vendor)[0]["body"], inbound.ARRIVED)
            gone = json.loads(
                json.dumps(inbound.golden(vendor)[0]["body"])
                .replace("444444444444", "5")
                .replace("abc-1", "abc-2")
            )
            writer.submit([*told.rows, *reader(ledger, vendor).read(gone, inbound.ARRIVED).rows]).result()
            wrong = (meta_answers if vendor == "meta" else linkedin_answers)("expired", api.url)
            with pytest.raises(LeadscoreError, match="may not read leads"):
                pull_answers(wrong, reader(ledger, vendor), writer)
            done = pull_answers(made, reader(ledger, vendor), writer)
            assert (done.entries, done.left_out) == (2, 1)
            assert pull_answers(made, reader(ledger, vendor), writer).entries == 0
        calls = [path for path in api.asked if "leadForms" in path]
        assert len(calls) == 1
    from features.lead import LeadReader
    from serving.ledger import lead_of

    found = lead_of(ledger, LeadReader(inbound.recipe()), "1246965", inbound.ARRIVED)
    assert len((found.by_kind or {})["form_submit"].ages) == 2, "one form of each"
    assert found.values["title"] == " cto "
