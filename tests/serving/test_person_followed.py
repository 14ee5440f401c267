"""One person through every store: told in plain words, deleted everywhere with a receipt, kept no longer."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from features import parse_recipe
from features.clock import DAY_US, from_us, now_us
from leadscore import main, score
from serving.exploration import draws_of
from serving.jobs import Jobs
from serving.ledger import EventSent, LeadSent, Ledger, OutcomeSent, Writer
from serving.ledger.pushed import PushState, Taken
from serving.ledger.schema import METADATA
from serving.ledger.sent import DecisionSent
from serving.rights import load_policy
from tests.made.company import RECIPE, small_company
from tests.made.edge import Service
from training import train

NOW = now_us()
WHO, MAIL = "jane-Zq7", "steel-Zq7"
OWN = RECIPE + "\n[exploration]\nshare = 0.5\n"
POLICY = """
recipients = ["HubSpot"]
[controller]
name = "Acme SAS"
contact = "privacy@acme.example"
authority = "the CNIL"
[[purpose]]
name = "order of contact"
basis = "legitimate interest"
keep = { scores = 400, leads = 1095 }
[[purpose]]
name = "proof of answers"
basis = "legal obligation"
keep = { scores = 800, decisions = 1825 }
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A company with a ledger that knows Jane in every table that says whose a row is, and a request log."""
    small_company(tmp_path, leads=40)
    recipe = parse_recipe(OWN)
    (tmp_path / "recipe.toml").write_text(OWN, encoding="utf-8")
    (tmp_path / "privacy.toml").write_text(POLICY, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LEADSCORE_LEDGER", raising=False)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    ledger = Ledger.made()
    service = Service(ledger, recipe=recipe)
    assert service.writer is not None
    cells = {"created_at": "2026-10-01", "size": 12, "industry": MAIL, "origin": "inbound"}
    service.writer.submit([
        LeadSent("crm", WHO, cells, NOW - 9 * DAY_US),
        EventSent("site", WHO, "visit", NOW - 5 * DAY_US), EventSent("site", WHO, "visit", NOW - 2 * DAY_US),
        EventSent("site", WHO, "demo_request", NOW - DAY_US), OutcomeSent("crm", WHO, "mql", NOW - DAY_US),
        DecisionSent("crm", WHO, "contest", NOW - DAY_US, "Jane", "I asked for a price"),
        LeadSent("crm", "other", {"created_at": "2026-10-01", "size": 3}, NOW - 9 * DAY_US),
    ]).result()  # fmt: skip
    assert service.ask("POST", "/v1/score", json={"lead_id": WHO}).json()["status"] == "uncalibrated"
    PushState(ledger, "hubspot").begin([WHO])
    PushState(ledger, "hubspot").record([Taken(WHO, "{}", NOW)], {}, NOW)
    service.close()
    yield tmp_path
    ledger.close()


def leadscore(*words: str, code: int = 0) -> Result:
    done = CliRunner().invoke(main, list(words))
    assert done.exit_code == code, done.stderr
    return done


def holders(folder: Path, *needles: str) -> set[str]:
    """The files in which one of `needles` stands, in whatever form its bytes do."""
    found = set()
    for path in folder.rglob("*"):
        if path.is_file() and any(needle.encode() in path.read_bytes() for needle in needles):
            found.add(path.name)
    return found


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["What is held", "demo_request: once, on", "visit: 2 times", "contest of the score (Jane",
                "of 100 people", "A list of points that people wrote", "contested on", "privacy@acme.example",
                "Object to being profiled"]),
        ("fr", ["Ce qui est détenu", "demo_request : une fois, le", "contestation du score (Jane",
                "sur 100 personnes", "Une liste de points", "Vous opposer au profilage", "CNIL"]),
    ],
)  # fmt: skip
def test_a_person_is_told_what_is_held_and_computed(folder: Path, language: str, said: list[str]) -> None:
    how = ("--language", language, "--policy", "privacy.toml")
    text = leadscore("explain-person", WHO, *how).stdout
    for words in [*said, MAIL, WHO]:
        assert words in text
    assert "log-odds" not in text
    told = json.loads(leadscore("explain-person", WHO, "--json", *how).stdout)
    assert told["text"] == text
    assert (
        f"{round(100 * told['score']['probability'], 1):g}".replace(".", "," if language == "fr" else ".")
        in text
    )


def test_who_objects_is_told_that_nothing_is_computed(folder: Path) -> None:
    leadscore("decide", WHO, "--opt-out", "--by", "Anna", "--reason", "asked so")
    text = leadscore("explain-person", WHO).stdout
    assert "you object to profiling" in text
    assert "of 100 people" not in text


def test_a_deletion_reaches_every_store_of_ours_and_leaves_a_receipt(folder: Path) -> None:
    assert holders(folder, WHO, MAIL) != set()
    receipt = json.loads(
        leadscore("ledger", "delete-person", WHO, "--yes", "-o", "receipt.json", "--json").stdout
    )
    ledger = Ledger.opened()
    whose = {name for name, table in METADATA.tables.items() if "lead_id" in table.c}
    assert set(receipt["deleted"]) == whose
    with ledger.reading() as connection:
        for table in METADATA.tables.values():
            assert WHO not in str([tuple(row) for row in connection.execute(select(table))])
    assert holders(folder, WHO, MAIL) == set()  # not in the file's free pages, its log, the receipt
    assert any("restored" in words for words in receipt["beside"])
    assert json.loads(Path("receipt.json").read_text()) == receipt
    leadscore("explain-person", WHO, code=2)
    listed = json.loads(leadscore("ledger", "receipts", "--json").stdout)
    assert [(one["receipt"], one["again"]) for one in listed["receipts"]] == [(receipt["receipt"], False)]


def test_one_person_from_the_form_to_the_receipt(folder: Path) -> None:
    """Each store that heard of Jane, one after the other; what is not ours to delete is named."""
    rows = pd.DataFrame({"lead_id": [WHO], "created_at": "2026-10-01", "size": 12, "industry": MAIL})
    rows.assign(origin="inbound").to_csv("export.csv", index=False)
    leadscore("score", "export.csv", "--recipe", "recipe.toml", "-o", "scored.csv")
    leadscore("ledger", "score", "--recipe", "recipe.toml")
    plan = json.loads(leadscore("plan", "recipe.toml", "--data", "ledger", "--json").stdout)
    assert WHO in str(plan)
    drawn = [one.chosen for one in draws_of(Ledger.opened()) if one.lead_id == WHO]
    assert len(drawn) == 1  # by the service that scored her first, and by nobody again
    assert ("drawn by lot" in Path("scored.csv").read_text()) is drawn[0]
    leadscore("decide", WHO, "--opt-out", "--by", "Anna", "--reason", "asked so")
    leadscore("score", "export.csv", "--recipe", "recipe.toml", "-o", "again.csv")
    assert pd.read_csv("again.csv")["ls_status"].tolist() == ["opted_out"]
    found = score(rows.assign(origin="inbound"), recipe="recipe.toml")
    assert [one.status for one in found] == ["opted_out"]
    everything = json.loads(leadscore("ledger", "export", "--lead", WHO).stdout)
    assert {"leads", "events", "scores", "decisions", "exploration_draws"} <= set(everything["tables"])
    receipt = json.loads(leadscore("ledger", "delete-person", WHO, "--yes", "--json").stdout)
    assert receipt["deleted"]["exploration_draws"] == 1
    assert holders(folder, WHO, MAIL) == {"export.csv", "scored.csv", "again.csv"}
    assert any("files that were imported, scored" in words for words in receipt["beside"])


def test_who_came_back_with_a_restored_copy_or_a_lead_sent_again_is_told(folder: Path) -> None:
    backup = folder.parent / f"{folder.name}.sqlite"
    with sqlite3.connect("ledger.sqlite") as live, sqlite3.connect(backup) as copy:
        live.backup(copy)
    leadscore("ledger", "delete-person", WHO, "--yes", "-o", "receipt.json")
    with Writer(Ledger.opened()) as writer:
        assert writer.submit([LeadSent("crm", WHO, {"size": 1}, NOW)]).result().items == ("stored",)
    assert "are there again" in leadscore("ledger", "receipts", code=1).stderr
    leadscore("ledger", "delete-person", WHO, "--yes")
    leadscore("ledger", "receipts")
    for part in ("-wal", "-shm"):
        Path(f"ledger.sqlite{part}").unlink(missing_ok=True)
    shutil.copy(backup, "ledger.sqlite")
    leadscore("ledger", "receipts")  # the copy knows of no deletion
    assert "are there again" in leadscore("ledger", "receipts", "receipt.json", code=1).stderr


def test_who_was_deleted_for_good_is_refused_from_then_on(folder: Path) -> None:
    leadscore("ledger", "delete-person", WHO, "--yes", "--for-good")
    leads = pd.DataFrame(
        {"lead_id": [WHO, "new"], "created_at": ["2026-10-01"] * 2, "size": 1, "industry": MAIL}
    )
    leads.assign(origin="paid").to_csv("leads.csv", index=False)
    leadscore("ledger", "import", "recipe.toml", code=3)
    with Ledger.opened().reading() as connection:
        known = set(connection.execute(select(METADATA.tables["leads"].c.lead_id)).scalars())
    assert "new" in known
    assert WHO not in known
    leadscore("ledger", "receipts")


def test_over_http_the_answer_to_a_deletion_is_the_receipt(folder: Path) -> None:
    ledger = Ledger.opened()
    service = Service(ledger)
    try:
        said = service.ask("DELETE", f"/v1/leads/{WHO}?for_good=true").json()
        assert said["for_good"]
        assert said["deleted"]["events"] == 3
        again = service.ask("POST", "/v1/leads", json={"lead_id": WHO, "fields": {}})
        assert again.json()["items"][0]["status"] == "refused"
    finally:
        service.close()


def test_retention_follows_the_purposes_and_is_written_down(folder: Path) -> None:
    with Writer(Ledger.opened()) as writer:
        writer.submit(
            [DecisionSent("crm", "other", "refusal", NOW - 2000 * DAY_US, "Bob", "no budget")]
        ).result()
    assert load_policy(Path("privacy.toml")).keep_days() == {"scores": 800, "leads": 1095, "decisions": 1825}
    leadscore("ledger", "compact", "--policy", "privacy.toml")
    (run,) = json.loads(leadscore("ledger", "receipts", "--json").stdout)["retention"]
    assert run["purposes"]["scores"] == ["order of contact", "proof of answers"]
    assert run["deleted"]["decisions"] == 1
    assert run["deleted"]["scores"] == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("scores = 400", "marks = 400"), "rows of 'marks' have no age"),
        (("name = \"Acme SAS\"", ""), "controller.name"),
        (("[[purpose]]", "[[purposes]]"), "purpose"),
        (("[controller]", "[controller"), "is no TOML"),
        (("scores = 400", "scores = 0"), "purpose.0.keep.scores"),
    ],
)  # fmt: skip
def test_a_policy_that_says_what_is_not_known_is_refused(
    folder: Path, change: tuple[str, str], words: str
) -> None:
    Path("privacy.toml").write_text(POLICY.replace(*change), encoding="utf-8")
    done = leadscore("ledger", "compact", "--policy", "privacy.toml", code=2)
    assert words in done.stderr
    assert "privacy.toml" in done.stderr


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("record", [False, True])
def test_the_notice_says_what_runs(folder: Path, language: str, record: bool) -> None:
    more = ("--record",) if record else ()
    text = leadscore("notice", "privacy.toml", "--language", language, *more).stdout
    for words in ("Acme SAS", "HubSpot", "order of contact", "industry", "demo_request", "20", "1"):
        assert words in text
    assert WHO not in text
    assert (from_us(NOW).date().isoformat() in text) is True
    if record:
        assert ("2 leads, 3 events" if language == "en" else "2 prospects, 3 événements") in text
    else:
        assert "privacy@acme.example" in text
    leadscore("notice", "privacy.toml", "--language", language, "-o", "notice.html", *more)
    page = Path("notice.html").read_text()
    assert "<script" not in page
    assert "order of contact" in page


def test_a_person_is_told_over_http_in_their_language(folder: Path) -> None:
    service = Service(Ledger.opened())
    try:
        asked = service.ask("GET", f"/v1/leads/{WHO}/explanation", headers={"Accept-Language": "fr"})
        assert asked.json()["language"] == "fr"
        assert "Ce qui est détenu" in asked.json()["text"]
        assert service.ask("GET", "/v1/leads/nobody/explanation").status_code == 404
    finally:
        service.close()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore:.*loader strategy is deprecated")
def test_the_store_of_models_and_the_folders_of_jobs_are_searched_too(folder: Path) -> None:
    """What a training keeps names no lead; what was handed over as a job goes with the job's folder."""
    company = small_company(folder, leads=1200)
    leads = pd.read_csv(folder / "leads.csv", dtype=str)
    leads.loc[5, ["lead_id", "industry"]] = [WHO, MAIL]
    for name in ("leads", "events", "outcomes"):
        frame = leads if name == "leads" else pd.read_csv(folder / f"{name}.csv", dtype=str)
        frame.replace("lead-5", WHO).to_csv(folder / f"{name}.csv", index=False)
    before = {path for path in folder.rglob("*") if path.is_file()}
    assert train(company, folder).run_id is not None
    made = [path for path in folder.rglob("*") if path.is_file() and path not in before]
    named = [path.name for path in made if any(one.encode() in path.read_bytes() for one in (WHO, MAIL))]
    assert made
    assert named == []
    ledger = Ledger.opened()
    jobs = Jobs.beside(ledger)
    job = jobs.submit("score", {"leads": folder / "leads.csv"}, {}, "local")
    assert holders(job.folder, MAIL) == {"leads.csv"}
    receipt = json.loads(leadscore("ledger", "delete-person", WHO, "--yes", "--json").stdout)
    assert any("'leadscore jobs list' names their folders" in words for words in receipt["beside"])
    jobs.cancel(job.id)
    assert jobs.clear(2**62) == 1
    assert holders(jobs.folder, WHO, MAIL) == set()
