"""First use on the page: exports handed over, what was assumed corrected, trained, promoted; who may what."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from features import LeadscoreError
from features.clock import now_us
from serving.answer.opening import open_fresh
from serving.desk import asked
from serving.desk.sentences import _sentences  # the whole of it is held to both languages
from serving.jobs import Job, Jobs, Runner
from serving.jobs.job import PRINTED
from serving.jobs.words import in_one, words_of
from serving.ledger import ApiKeys, LeadSent
from serving.registry import just_begun
from tests.made.company import RECIPE, small_company
from tests.made.edge import Service, service_with_jobs
from tests.serving.test_app_doors import token_in

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with service_with_jobs(tmp_path) as service:
        yield service


@pytest.fixture
def works(service: Service, tmp_path: Path) -> Iterator[Runner]:
    assert service.desk.jobs
    runner = Runner(service.desk.jobs, environment={"MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db"})
    runner.start()
    yield runner
    runner.close()


def leads(folder: Path, *, outcome: bool = True) -> list[tuple[str, tuple[str, bytes]]]:
    """An export as a browser sends it; one of its columns is called like a script."""
    folder.mkdir(exist_ok=True)
    small_company(folder, leads=300)
    text = (folder / "leads.csv").read_text().replace("industry", SCRIPT, 1)
    won = set(re.findall(r"^(lead-\d+),won", (folder / "outcomes.csv").read_text(), re.MULTILINE))
    head, *rows = text.splitlines()
    if outcome:
        head = f"{head},Status"
        rows = [f"{row},{'Won' if row.partition(',')[0] in won else 'Lost'}" for row in rows]
    return [("files", ("Mes prospects.csv", "\n".join([head, *rows]).encode()))]


def hand_over(service: Service, files: Any, **how: Any) -> httpx.Response:
    async def sent(client: httpx.AsyncClient) -> httpx.Response:
        page = await client.get("/app/start", headers=how.get("headers"))
        return await client.post("/app/start", data={"token": token_in(page.text)}, files=files, **how)

    return service.run(sent)


def press(service: Service, path: str, page: str, **fields: Any) -> httpx.Response:
    """A form of `page` sent to `path`."""
    return service.ask("POST", path, data={"token": token_in(page), **fields})


def ended(service: Service, path: str) -> tuple[Job, str]:
    """The job at `path` once it has ended, and its page."""
    assert service.desk.jobs
    until = time.monotonic() + 120
    while not (job := service.desk.jobs.find(path.rpartition("/")[2])).ended:
        assert time.monotonic() < until, job
        time.sleep(0.1)
    return job, service.ask("GET", path).text


def key(service: Service, *scopes: str) -> dict[str, str]:
    assert service.desk.ledger
    text, _ = ApiKeys(service.desk.ledger).new("Ann", scopes)
    service.entrance.key_check.look()
    return {"authorization": f"Bearer {text}"}


def test_a_fresh_service_begins_with_what_to_do_and_scores_nobody(service: Service) -> None:
    service.desk.opened = open_fresh()
    assert service.ask("GET", "/app").headers["location"] == "/app/start"
    page = service.ask("GET", "/app/start").text
    assert "Nothing is here yet" in page
    assert 'type="file"' in page
    refused = service.ask("POST", "/v1/score", json={"lead_id": "a"})
    assert (refused.status_code, "Open /app" in refused.text) == (503, True)
    assert service.ask("GET", "/readyz").json()["ready"] is False
    assert service.ask("GET", "/app/champion").headers["location"] == "/app/start"


@pytest.mark.slow
@pytest.mark.usefixtures("works")
def test_what_was_assumed_is_shown_and_corrected_and_no_column_runs(service: Service, tmp_path: Path) -> None:
    first = hand_over(service, leads(tmp_path / "given"))
    assert first.status_code == 303
    path = first.headers["location"]
    job, page = ended(service, path)
    assert (job.kind, job.state) == ("init", "done")
    assert "Status=Won" in page
    assert "&lt;script&gt;" in page
    assert SCRIPT not in page
    again = press(service, f"{path}/assumed", page, outcome="Status=Won", id="lead_id", time="created_at",
                  name="acme", exclude=[SCRIPT], next="train")  # fmt: skip
    assert again.headers["location"] != path  # changed: looked at anew before anything is trained
    job, page = ended(service, again.headers["location"])
    assert (job.kind, dict(job.options)) == ("init", {"name": "acme", "exclude": in_one([SCRIPT])})
    recipe = service.ask("GET", f"{again.headers['location']}/recipe.toml")
    assert 'name = "acme"' in recipe.text
    assert f'column = "{SCRIPT}", use = false' in recipe.text
    assert "attachment" in recipe.headers["content-disposition"]
    same = press(service, f"{again.headers['location']}/assumed", page, outcome="Status=Won", id="lead_id",
                 time="created_at", name="acme", exclude=[SCRIPT], next="score")  # fmt: skip
    job, page = ended(service, same.headers["location"])
    assert (job.kind, job.state) == ("score", "done"), job
    assert same.headers["location"] == f"/app/jobs/{job.id}"  # among its leads
    assert job.message.startswith("300 rows")
    assert SCRIPT not in page
    file = service.ask("GET", f"/app/work/{job.id}/scored.csv")
    assert len(file.text.splitlines()) == 301
    shown = service.ask("GET", f"/app/work/{job.id}/report.html?file=yes")
    assert "sandbox" in shown.headers["content-security-policy"]


@pytest.mark.slow
@pytest.mark.usefixtures("works")
def test_an_export_without_outcomes_is_scored_by_the_scorecard(service: Service, tmp_path: Path) -> None:
    path = hand_over(service, leads(tmp_path / "given", outcome=False)).headers["location"]
    job, page = ended(service, path)
    assert (job.state, dict(job.options)) == ("done", {})
    assert "no column looks like the outcome" in page
    assert 'value="train"' not in page
    name = re.search(r'name="name" value="([^"]+)"', page)
    assert name
    fields = {"id": "lead_id", "time": "created_at", "name": name[1], "next": "score"}
    first, done = (press(service, f"{path}/assumed", page, **fields) for _ in range(2))
    assert first.headers["location"] != done.headers["location"]  # of another moment
    job, page = ended(service, done.headers["location"])
    assert 'href="/app/uploads/' not in page  # it was not made of a draft
    assert (job.kind, job.state) == ("score", "done")  # what was left as it was is not looked at anew
    assert "by rules" in job.message
    assert 'class="tile hot"' in page


def test_a_key_opens_what_it_is_for_and_a_sentence_says_the_rest(service: Service, tmp_path: Path) -> None:
    reader, writer, admin = (key(service, scope) for scope in ("read", "write", "admin"))
    assert service.ask("GET", "/app/start").headers["location"] == "/app/sign-in?back=/app/start"
    for path, who, status in (
        ("/app/start", reader, 403), ("/app/start", writer, 200), ("/app/champion", reader, 200),
        ("/app/champion/promote", reader, 403), ("/app/champion/promote", writer, 403),
        ("/app/champion/promote", admin, 200), ("/app/funnel", reader, 200), ("/app/today", reader, 200),
    ):  # fmt: skip
        answer = service.ask("GET", path, headers=who)
        assert answer.status_code == status, path
        assert "<main" in answer.text
        assert status == 200 or 'href="/app"' in answer.text  # a way on
    files = leads(tmp_path / "given")
    assert hand_over(service, files, headers=reader).status_code == 403
    path = hand_over(service, files, headers=writer).headers["location"]
    other = key(service, "write")
    assert hand_over(service, files, headers=other).headers["location"] != path  # each their own
    assert service.ask("GET", path, headers=other).status_code == 404
    assert service.ask("GET", path, headers=admin).status_code == 200
    assert service.ask("GET", path, headers=writer).status_code == 200
    page = service.ask("GET", path, headers=other)
    assert service.ask("POST", f"{path}/cancel", headers=other, data={"token": "x"}).status_code == 403
    assert "nothing of yours" in page.text
    assert service.desk.jobs
    assert service.desk.jobs.find(path.rpartition("/")[2]).state == "waiting"


def test_what_is_no_upload_is_told_and_nothing_is_kept(service: Service) -> None:
    assert service.desk.jobs
    assert hand_over(service, [("files", ("a.csv", b""))]).status_code == 400
    token = {"token": "wrong"}
    assert (
        service.ask("POST", "/app/start", data=token, files=[("files", ("a.csv", b"a"))]).status_code == 403
    )
    huge = service.ask("POST", "/app/start", headers={"content-length": "3000000000"}, content=b"")
    assert huge.status_code == 413
    assert "larger than" in huge.text
    cut = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\na,b\r\n1'
    kind = {"content-type": "multipart/form-data; boundary=x"}
    assert service.ask("POST", "/app/start", headers=kind, content=cut).status_code in (400, 403)
    assert service.desk.jobs.recent() == []
    assert not [path for path in service.desk.jobs.folder.glob("*") if path.is_dir()]
    assert service.ask("GET", "/app/work/0123").status_code == 404
    assert service.ask("GET", "/app/work/0123/..%2f..%2fledger.sqlite").status_code == 404


LEADS_TABLE = ("files", ("leads.csv", b"id,created\na,2025-01-01\n"))


@pytest.mark.parametrize(
    "text",
    [
        '[tables]\nleads = "/etc/passwd"\n',
        '[tables]\nleads = "../other/leads.csv"\n',
        '[tables]\nleads = "leads.csv"\nevents = "postgresql://ledger/all#keys"\n',
        "[tables.leads]\nsql = \"SELECT * FROM read_text('/etc/passwd')\"\n",
        '[tables.leads]\nfile = "leads.csv"\nsha256 = {"/etc/passwd" = "00"}\n',
        'agreement = "../agreement.toml"\n[tables]\nleads = "leads.csv"\n',
        'rules = "/etc/rules.toml"\n[tables]\nleads = "leads.csv"\n',
        "no TOML",
    ],
)
def test_a_recipe_from_outside_reads_only_what_came_with_it(service: Service, text: str) -> None:
    refused = hand_over(service, [LEADS_TABLE, ("files", ("recipe.toml", text.encode()))])
    assert refused.status_code == 422
    assert "recipe.toml" in refused.text
    assert service.desk.jobs
    assert service.desk.jobs.recent() == []


def test_a_recipe_from_outside_that_names_what_came_with_it_is_taken(service: Service) -> None:
    recipe = ("files", ("mine.toml", b'[tables]\nleads = "leads.csv#first"\n'))
    path = hand_over(service, [LEADS_TABLE, recipe]).headers["location"]
    assert service.desk.jobs
    assert service.desk.jobs.find(path.rpartition("/")[2]).kind == "train"


def test_a_select_is_taken_where_init_wrote_it_for_this_person(service: Service) -> None:
    jobs = service.desk.jobs
    assert jobs
    text = "[tables.leads]\nsql = \"SELECT * FROM 'leads.csv'\"\n"
    sent = [LEADS_TABLE, ("files", ("recipe.toml", text.encode()))]
    init = hand_over(service, [LEADS_TABLE]).headers["location"].rpartition("/")[2]
    assert hand_over(service, sent).status_code == 422
    found = jobs.take("tests")
    assert found
    assert found.id == init
    (found.folder / PRINTED).write_text(json.dumps({"recipe": text}), encoding="utf-8")
    jobs.finish(init, "tests", "done", "")
    assert hand_over(service, sent).status_code == 303
    assert hand_over(service, sent, headers=key(service, "write")).status_code == 422  # somebody else's


def test_the_plan_reads_the_services_recipe_where_its_playbook_is(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own").mkdir()
    recipe = tmp_path / "own" / "recipe.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    monkeypatch.chdir(recipe.parent)  # by this alone it is known
    monkeypatch.delenv("LEADSCORE_RECIPE", raising=False)
    monkeypatch.delenv("LEADSCORE_MODEL", raising=False)
    assert service.writer
    service.writer.submit([LeadSent("crm", "L1", {"size": 1}, now_us())]).result()
    answering = {"recipe": "/other.toml", "model": "/m"}
    for address, more in (("/app/today", {"--model=/m", "--language=fr"}), ("/app/funnel", set[str]())):
        page = service.ask("GET", address).text
        made = service.ask("POST", address, data={"token": token_in(page)}, headers={"accept-language": "fr"})
        assert service.desk.jobs
        words = words_of(service.desk.jobs.find(made.headers["location"].rpartition("/")[2]), answering)
        assert words[-2:] == ["--", str(recipe)]
        assert {"--data=ledger", *more} <= set(words)


def test_a_job_is_cancelled_and_begun_again_on_its_page(service: Service, tmp_path: Path) -> None:
    path = hand_over(service, leads(tmp_path / "given")).headers["location"]
    page = service.ask("GET", path).text
    assert 'http-equiv="refresh"' in page
    assert press(service, f"{path}/cancel", page).headers["location"] == path
    page = service.ask("GET", path).text
    assert "cancelled" in page
    press(service, f"{path}/again", page)
    assert service.desk.jobs
    assert service.desk.jobs.find(path.rpartition("/")[2]).state == "waiting"


def test_a_person_may_not_ask_for_files_beside_their_job(service: Service, tmp_path: Path) -> None:
    path = hand_over(service, leads(tmp_path / "given")).headers["location"]
    for name in ("log.txt", "..%2flog.txt", "%2e%2e%2f%2e%2e%2fledger.sqlite"):
        answer = service.ask("GET", f"{path}/{name}")
        assert answer.status_code in (303, 404), name


def test_without_training_installed_scoring_goes_on(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asked, "find_spec", lambda name: None)
    assert "needs the full install" in service.ask("GET", "/app/start").text
    assert "needs the full install" in service.ask("GET", "/app/champion").text
    assert "needs the full install" in service.ask("GET", "/app/champion/promote").text
    french = {"accept-language": "fr"}
    assert "installation complète" in service.ask("GET", "/app/start", headers=french).text


def test_every_sentence_has_both_languages_and_the_same_names() -> None:
    assert len(_sentences()) > 90
    for name, said in _sentences().items():
        assert set(said) == {"en", "fr"}, name
        assert re.findall(r"{\w+}", said["en"]) == re.findall(r"{\w+}", said["fr"]), name


def test_a_folder_that_cannot_be_written_keeps_no_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("LEADSCORE_JOBS", str(tmp_path / "file" / "jobs"))
    with pytest.raises(LeadscoreError, match="cannot be made"):
        Jobs.beside(None)
    service = Service()
    page = service.ask("GET", "/app/start").text
    assert 'type="file"' not in page
    assert service.ask("GET", "/app/work/1").status_code == 409


def test_a_store_that_a_first_training_makes_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mlflow.db"
    store = f"sqlite:///{path}"
    assert not just_begun(store)
    with closing(sqlite3.connect(path)) as link:
        link.execute("CREATE TABLE experiments (name TEXT)")
    assert just_begun(store)
    long_ago = time.time() - 60
    os.utime(path, (long_ago, long_ago))
    assert not just_begun(store)  # it has come to rest: what it is may be asked
