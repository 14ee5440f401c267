"""`leadscore connect` and `leadscore push`, from an empty folder to scores in a CRM."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from leadscore import main
from serving.ledger import Ledger
from serving.ledger.pushed import pushed
from serving.prospect import Within, Worth
from serving.push.pace import RealClock
from serving.vendors import VENDORS, crm_profile
from tests.vendors import scores
from tests.vendors.hubspot import HubSpotServer
from tests.vendors.made import SERVERS, environment_of, ids
from tests.vendors.server import VendorServer

ROOT = Path(__file__).parents[2]
CREATES = ("hubspot", "pipedrive", "marketo")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEADSCORE_LEDGER", raising=False)
    for vendor in VENDORS:
        secrets = crm_profile(vendor).secrets
        for name in (secrets.token, secrets.client_id, secrets.client_secret):
            monkeypatch.delenv(name or "_", raising=False)
    return tmp_path


def leadscore(*words: str, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(main, list(words))


def environment(vendor: str, server: VendorServer) -> dict[str, str]:
    told = environment_of(vendor, server)
    return told | ({"LEADSCORE_TOKEN_URL": f"{server.url}/oauth"} if vendor == "dynamics" else {})


def connect(vendor: str, server: VendorServer, *words: str) -> Result:
    url = server.url + ("/leadscore" if vendor == "webhook" else "")
    tenant = ("--tenant", "t") if vendor == "dynamics" else ()
    return leadscore("connect", vendor, "--url", url, *tenant, *words, **environment(vendor, server))


@pytest.mark.slow
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_crm_is_connected_and_scores_arrive(folder: Path, vendor: str) -> None:
    leads = ids(vendor, 15)
    assert leadscore("ledger", "init").exit_code == 0
    scores.keep(Ledger.opened(), [scores.score(name, 1) for name in leads])
    with SERVERS[vendor](leads, RealClock()) as server:
        done = connect(vendor, server, *(("--create",) if vendor in CREATES else ()), "--language", "fr")
        assert done.exit_code == 0, done.stderr
        assert "To undo it all: delete it." in done.stderr
        assert done.stdout.count("call") >= 10  # ten leads dry
        assert server.writes == []
        mapping = Path(f"push-{vendor}.toml").read_text(encoding="utf-8")
        assert server.token not in mapping
        assert not any(secret in mapping for secret in getattr(server, "client", ()))
        given = environment(vendor, server)
        dry = leadscore("push", vendor, "--dry-run", **given)
        assert dry.exit_code == 0, dry.stderr
        assert "15 would be sent" in dry.stderr
        assert server.writes == []
        sent = leadscore("push", vendor, "--json", **given)
        assert sent.exit_code == 0, sent.stderr
        assert json.loads(sent.stdout)["sent"] == 15
        assert {name for name, _ in server.writes} == set(leads)
        again = leadscore("push", vendor, **given)
        assert "0 sent, 0 refused; not to be sent: 15 unchanged" in again.stderr


def test_a_recipe_with_horizons_and_value_sends_them_too(folder: Path) -> None:
    Path("recipe.toml").write_text(
        "[recipe]\nhorizons = [7, 90]\nvalue = true\n[tables]\nleads = 'leads.csv'\noutcomes = 'o.csv'\n"
        "[lead]\ncreated_at = 'c'\n[outcomes]\nwon = ['won']\noccurred_at = 'at'\namount = 'a'\n"
    )
    leads = ids("hubspot", 2)
    leadscore("ledger", "init")
    curve = [Within(days=7, probability=0.0625), Within(days=90, probability=0.25)]
    worth = Worth(amount=4000, value=1000, low=500, high=1500)
    told, bare = scores.score(leads[0], 1, horizons=curve, worth=worth), scores.score(leads[1], 1)
    scores.keep(Ledger.opened(), [told, bare])
    with HubSpotServer(leads, RealClock()) as server:
        given = environment("hubspot", server)
        done = connect("hubspot", server, "--create", "--recipe", "recipe.toml")
        assert done.exit_code == 0, done.stderr
        assert "12 of 12 properties can be written" in done.stderr
        assert server.properties["leadscore_expected_value"]["label"] == "Lead score: expected value"
        assert connect("hubspot", server).exit_code == 0  # it keeps what the file says
        dry = leadscore("push", "hubspot", "--dry-run", **given).stdout
        assert "value" in dry
        assert "within_7_days" in dry
        assert "1000.0" in dry
        assert leadscore("push", "hubspot", **given).exit_code == 0
    sent = [(one["leadscore_expected_value"], one["leadscore_within_7_days"]) for one in server.held.values()]
    assert sent == [(1000.0, 6.25), ("", "")]


def test_connect_names_what_lacks_and_creates_nothing_unasked(folder: Path) -> None:
    with HubSpotServer(["1"]) as server:
        done = connect("hubspot", server)
        assert done.exit_code == 1
        assert "to create" in done.stdout
        assert set(server.properties) == {"email"}
        server.scopes.remove("crm.schemas.contacts.write")
        denied = connect("hubspot", server, "--create")
        assert denied.exit_code == 1
        assert "crm.schemas.contacts.write: not given." in denied.stderr
        assert set(server.properties) == {"email"}


def test_connect_again_keeps_what_a_person_wrote_and_makes_nothing_twice(folder: Path) -> None:
    with HubSpotServer(["1"]) as server:
        assert connect("hubspot", server, "--create", "--language", "fr").exit_code == 0
        assert server.properties["leadscore_maturity"]["label"] == "Maturité du lead"
        path = Path("push-hubspot.toml")
        path.write_text(path.read_text(encoding="utf-8").replace("step = 5", "step = 9"), encoding="utf-8")
        before = len(server.properties)
        assert connect("hubspot", server, "--create").exit_code == 0
        assert len(server.properties) == before
    mapping = tomllib.loads(path.read_text(encoding="utf-8"))
    assert (mapping["step"], mapping["language"], mapping["account"]) == (9, "fr", "62515")


@pytest.mark.parametrize("vendor", ["hubspot", "marketo", "webhook"])
def test_what_a_person_took_out_of_the_mapping_stays_out_until_it_is_asked_for(
    folder: Path, vendor: str
) -> None:
    Path("recipe.toml").write_text(
        "[recipe]\nvalue = true\nhorizons = [7, 90]\n[tables]\nleads = 'l.csv'\noutcomes = 'o.csv'\n[lead]\n"
        "created_at = 'made'\n[outcomes]\nwon = ['signed']\namount = 'amount'\noccurred_at = 'at'\n",
        encoding="utf-8",
    )
    path, asked = Path(f"push-{vendor}.toml"), ("--recipe", "recipe.toml")
    create = () if vendor == "webhook" else ("--create",)

    def names() -> set[str]:
        return set(tomllib.loads(path.read_text(encoding="utf-8"))["properties"])

    with SERVERS[vendor](["1"], RealClock()) as server:
        assert connect(vendor, server, *create, *asked).exit_code == 0
        whole = names()
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        out = {"grade", "reasons", "value"}
        left = [line for line in lines if line.partition(" ")[0] not in out]
        path.write_text("".join(left), encoding="utf-8")
        for words in ((), create, asked, (*create, *asked)):
            done = connect(vendor, server, *words)
            assert done.exit_code == 0, done.stderr
            assert names() == whole - out
            told = "grade, reasons" + (", value" if "recipe.toml" in words else "")
            assert f"{told}. 'leadscore connect {vendor} --restore'" in done.stderr
        assert connect(vendor, server, "--restore").exit_code == 0
        assert names() == whole - {"value"}
        assert connect(vendor, server, "--restore", *asked).exit_code == 0
        assert names() == whole


def test_connect_tells_a_property_of_another_type_and_an_option_that_vanished(folder: Path) -> None:
    with HubSpotServer(["1"]) as server:
        assert connect("hubspot", server, "--create").exit_code == 0
        server.properties["leadscore_score"]["type"] = "string"
        server.properties["leadscore_maturity"]["options"].pop()
        done = connect("hubspot", server)
        assert done.exit_code == 1
        assert "leadscore_score: is of type string, and number is needed." in done.stderr
        assert "leadscore_maturity: lacks the options hot." in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("push", "hubspot"), "there is no mapping file"),
        (("connect", "salesforce"), "--url"),
        (("connect", "hubspot"), "LEADSCORE_HUBSPOT_TOKEN"),
        (("connect", "hubspot", "--url", "http://example.org"), "in the clear"),
        (("connect", "nobody"), "nobody"),
    ],
)
def test_what_lacks_is_told_in_a_sentence(folder: Path, words: tuple[str, ...], told: str) -> None:
    done = leadscore(*words)
    assert done.exit_code == 2
    assert told in done.stderr
    assert not list(folder.glob("*.toml"))


def test_a_mapping_file_that_is_wrong_is_told_with_its_place(folder: Path) -> None:
    for text, told in (
        ("vendor = 'hubspot'\nurl = 'https://x'\n[properties]\nscoer = 'a'\n", "did you mean 'score'?"),
        ("vendor = 'hubspot'\nurl = 'https://x'\nstep = 0\n[properties]\nscore = 'a'\n", "step"),
        ("vendor = \n", "is no TOML"),
        ("vendor = 'hubspot'\nurl = 'https://x'\n[properties]\nscore = 'a'\ngrade = 'a'\n", "twice"),
    ):
        Path("push-hubspot.toml").write_text(text, encoding="utf-8")
        done = leadscore("push", "hubspot")
        assert done.exit_code == 2, text
        assert told in done.stderr
        assert done.stderr.startswith("Error: push-hubspot.toml: ")


@pytest.mark.parametrize(("named", "other", "recipe"), [("value", "value", True), ("grade", "grade", False)])
def test_connect_writes_no_mapping_that_names_a_property_twice(
    folder: Path, named: str, other: str, recipe: bool
) -> None:
    """Neither ours for a value that the recipe asks for, nor ours for one that the file leaves out."""
    Path("recipe.toml").write_text(
        "[recipe]\nvalue = true\n[tables]\nleads = 'l.csv'\noutcomes = 'o.csv'\n[lead]\ncreated_at = 'made'\n"
        "[outcomes]\nwon = ['signed']\namount = 'amount'\noccurred_at = 'at'\n",
        encoding="utf-8",
    )
    with SERVERS["webhook"](["L1"], RealClock()) as server:
        path = Path("push-webhook.toml")
        about = f'vendor = "webhook"\nurl = "{server.url}/leadscore"\n[properties]\nscore = "{named}"\n'
        path.write_text(about, encoding="utf-8")
        words = ("--recipe", "recipe.toml") if recipe else ("--restore",)
        done = connect("webhook", server, *words)
        assert done.exit_code != 0
        assert f"score and {other} " in done.stderr or f"{other} and score " in done.stderr
        assert "Name another property for one of them" in done.stderr
        assert path.read_text(encoding="utf-8") == about
        path.write_text(about + f'{other} = "of_its_own"\n', encoding="utf-8")
        assert connect("webhook", server, *words).exit_code == 0
        assert tomllib.loads(path.read_text(encoding="utf-8"))["properties"][other] == "of_its_own"


def started(folder: Path, given: dict[str, str], *words: str) -> subprocess.Popen[str]:
    environment = {**os.environ, **given, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "leadscore", *words], cwd=folder, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def until(true: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_watch_goes_on_and_a_killed_process_is_followed_by_another(folder: Path) -> None:
    leads = ids("webhook", 30)
    leadscore("ledger", "init")
    ledger = Ledger.opened()
    scores.keep(ledger, [scores.score(name, 1) for name in leads])

    def kept() -> int:
        with ledger.reading() as connection:
            state = pushed(connection, "webhook")[leads[0]]
        return scores.number_of(json.loads(state.sent)["values"]) if state.sent else 0

    with SERVERS["webhook"](leads, RealClock()) as server:
        assert connect("webhook", server).exit_code == 0
        given = environment("webhook", server)
        first = started(folder, given, "push", "webhook", "--watch", "--every", "1")
        until(lambda: len(server.writes) == 30)
        first.send_signal(signal.SIGKILL)
        first.communicate(timeout=60)  # reads what is left, and closes the pipes
        second = started(folder, given, "push", "webhook", "--watch", "--every", "1")
        scores.keep(ledger, [scores.score(leads[0], 2, score=99)])
        until(lambda: any(scores.number_of(values) == 2 for _, values in server.writes))
        until(lambda: kept() == 2)  # it notes it after the answer
        second.send_signal(signal.SIGINT)
        _, told = second.communicate(timeout=60)
    assert "is sent again by the next run" in told
    assert server.held[leads[0]]["score"] == 99


@pytest.mark.slow
def test_killed_in_the_midst_of_a_request_and_run_again(folder: Path) -> None:
    """The process itself is killed: as a request arrives, and after it was carried out, before the answer."""
    leads = ids("hubspot", 400)
    leadscore("ledger", "init")
    ledger = Ledger.opened()
    scores.keep(ledger, [scores.score(name, 1) for name in leads])
    with HubSpotServer(leads, RealClock()) as server:
        assert connect("hubspot", server, "--create").exit_code == 0
        path = Path("push-hubspot.toml")
        path.write_text(f"batch = 20\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
        given, route = environment("hubspot", server), server.route
        processes: list[subprocess.Popen[str]] = []

        def killing(method: str, path: str, body: Any) -> Any:
            fatal = len(processes) <= 4 and path.endswith("/batch/update") and len(server.requests) % 5 == 0
            if fatal and len(processes) % 2:
                processes[-1].kill()
                return None
            reply = route(method, path, body)
            if fatal:
                processes[-1].kill()
            return None if fatal else reply

        server.route = killing  # type: ignore[method-assign]
        for number in range(2, 7):
            processes.append(started(folder, given, "push", "hubspot"))
            processes[-1].communicate(timeout=120)
            if number < 6:
                assert processes[-1].returncode == -signal.SIGKILL
                scores.keep(ledger, [scores.score(leads[number], number, score=90)])
        assert processes[-1].returncode == 0
        again = leadscore("push", "hubspot", "--json", **given)
    assert json.loads(again.stdout)["sent"] == 0
    assert {name: scores.number_of(values) for name, values in server.held.items()} == {
        name: place if 2 <= place <= 5 else 1 for place, name in enumerate(leads)
    }
    assert len(server.writes) <= 400 + 4 + 4 * 20  # at most the batch in flight is sent again
