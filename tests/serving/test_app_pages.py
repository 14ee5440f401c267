"""An export through the pages, over a real socket: dropped, matched, scored, looked at, taken away."""

from __future__ import annotations

import csv
import re
import resource
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from features.recipe import Recipe
from serving.app.receiving import MOST_UPLOAD
from serving.jobs import Jobs
from serving.jobs.words import each_of
from serving.ledger import ApiKeys
from serving.returned import ADDED
from tests.made import exports
from tests.made.edge import Service
from tests.made.pages import pages, recipe_for

WILD = '<script>alert("x")</script>'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def export(folder: Path) -> Path:
    return exports.hubspot(folder, 400)


@pytest.fixture(scope="module")
def recipe(export: Path) -> Recipe:
    return recipe_for(export)


@pytest.fixture(scope="module")
def served(folder: Path, recipe: Recipe) -> Iterator[tuple[httpx.Client, Service]]:
    with pages(folder, recipe) as (url, service), httpx.Client(base_url=url, timeout=60) as client:
        yield client, service


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([0-9a-f]+)"', page)
    assert found, page
    return found[1]


def dropped(client: httpx.Client, name: str, content: bytes, **more: Any) -> httpx.Response:
    token = hidden(client.get("/app").text, "token")
    return client.post("/app/uploads", data={"token": token}, files={"leads": (name, content), **more})


def sent_off(client: httpx.Client, draft: str, **fields: str) -> str:
    page = client.get(draft).text
    form = {"token": hidden(page, "token"), "asked": hidden(page, "asked"), **fields}
    answer = client.post(draft, data=form)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def ended(client: httpx.Client, job: str) -> str:
    until = time.monotonic() + 300
    while time.monotonic() < until:
        page = client.get(job)
        assert page.status_code == 200
        if 'http-equiv="refresh"' not in page.text:
            return page.text
        time.sleep(0.3)
    raise TimeoutError(page.text)


@pytest.fixture(scope="module")
def job(served: tuple[httpx.Client, Service], export: Path) -> str:
    client = served[0]
    job = sent_off(client, dropped(client, export.name, export.read_bytes()).headers["location"])
    ended(client, job)
    return job


def table_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(content.decode("utf-8-sig").splitlines()))


def test_every_row_comes_back_with_its_cells_and_the_list_is_by_rank(
    served: tuple[httpx.Client, Service], export: Path, job: str
) -> None:
    client = served[0]
    scored = table_of(client.get(f"{job}/download").content)
    given = table_of(export.read_bytes())
    assert [{name: row[name] for name in given[0]} for row in scored] == given
    page = client.get(job).text
    best = min((row for row in scored if row["ls_rank"]), key=lambda row: int(row["ls_rank"]))
    first = re.search(r'href="[^"]+/leads/(\d+)\?', page)
    assert first
    assert scored[int(first[1])]["ls_rank"] == best["ls_rank"]
    hot = sum(row["ls_maturity"] == "hot" for row in scored)
    assert f"<dd>{hot}</dd>" in page


def test_filters_leave_the_rows_that_are_meant_and_a_download_has_the_same(
    served: tuple[httpx.Client, Service], job: str
) -> None:
    client = served[0]
    scored = table_of(client.get(f"{job}/download").content)
    asked = {"maturity": "warm", "origin": "Referrals"}
    meant = [
        row
        for row in scored
        if row["ls_maturity"] == "warm" and row["Original Traffic Source"] == "Referrals"
    ]
    some = table_of(client.get(f"{job}/download", params={"form": "csv", **asked}).content)
    assert meant
    assert some == meant
    assert f"{len(meant)} of {len(scored)} rows" in client.get(job, params=asked).text
    assert "No lead is like this" in client.get(job, params={"text": "nobody at all"}).text


@pytest.mark.parametrize("crm", ["hubspot", "salesforce"])
def test_the_file_for_a_crm_is_the_commands(
    served: tuple[httpx.Client, Service], export: Path, job: str, crm: str, folder: Path, tmp_path: Path
) -> None:
    from click.testing import CliRunner

    from leadscore.command import main

    client = served[0]
    scored = table_of(client.get(f"{job}/download").content)
    as_of = next(row["ls_as_of"] for row in scored if row["ls_as_of"])
    words = ["score", str(export), "-o", str(tmp_path / "out.csv"), "--for", crm, "--as-of", as_of]
    result = CliRunner().invoke(main, [*words, "--recipe", str(folder / "recipe.toml")])
    assert result.exit_code == 0, result.output
    ours = table_of(client.get(f"{job}/download", params={"form": crm}).content)
    assert ours == table_of((tmp_path / "out.csv").read_bytes())


def test_a_lead_opened_says_what_the_file_says_and_what_if_answers(
    served: tuple[httpx.Client, Service], job: str
) -> None:
    client = served[0]
    scored = table_of(client.get(f"{job}/download").content)
    row = next(place for place, row in enumerate(scored) if row["ls_rank"] == "1")
    page = client.get(f"{job}/leads/{row}").text
    share = f"{100 * float(scored[row]['ls_probability']):.1f}".removesuffix(".0")
    assert share in page
    assert "another model" not in page
    assert "log-odds" in page
    changed = client.get(f"{job}/leads/{row}", params={"field.job_title": "intern"}).text
    assert "as it would be" in changed
    assert client.get(f"{job}/leads/999999").status_code == 404


def test_the_chart_counts_each_lead_with_a_score_once(served: tuple[httpx.Client, Service], job: str) -> None:
    client = served[0]
    told = re.findall(r"How many leads have which score: ([^\"]*)", client.get(job).text)[0]
    shown = [int(count) for count in re.findall(r": (\d+)", told)]
    scores = [
        int(row["ls_score"]) for row in table_of(client.get(f"{job}/download").content) if row["ls_score"]
    ]
    assert shown == [sum(score // 10 == ten for score in scores) for ten in range(10)]


def test_the_same_file_sent_again_is_one_job_and_asked_anew_is_another(
    served: tuple[httpx.Client, Service], export: Path, job: str
) -> None:
    client, service = served
    draft = dropped(client, export.name, export.read_bytes()).headers["location"]
    assert dropped(client, export.name, export.read_bytes()).headers["location"] == draft
    page = client.get(draft).text
    form = {"token": hidden(page, "token"), "asked": hidden(page, "asked")}
    twice = {client.post(draft, data=form).headers["location"] for _ in range(2)}
    assert len(twice) == 1
    assert twice != {job}
    assert isinstance(service.desk.jobs, Jobs)
    ended(client, twice.pop())


def test_columns_with_other_names_are_found_or_named_and_count(
    served: tuple[httpx.Client, Service], export: Path, job: str
) -> None:
    client = served[0]
    text = export.read_text()
    french = text.replace("Create Date", "Date de création").replace("Job Title", "Intitulé du poste")
    french = french.replace("Original Traffic Source", "Herkunftskanal")
    draft = dropped(client, "contacts.csv", french.encode()).headers["location"]
    page = client.get(draft).text
    assert page.count("known under this name") == 2
    assert "not found" in page
    chosen = dict(re.findall(r'<select name="(column\.[^"]+)".*?<option value="([^"]*)" selected', page))
    job_ = sent_off(client, draft, **(chosen | {"column.original_source": "Herkunftskanal"}))
    ended(client, job_)
    named, usual = (table_of(client.get(f"{one}/download").content) for one in (job_, job))
    assert "Herkunftskanal" in named[0]
    assert [row["ls_probability"] for row in named] == [row["ls_probability"] for row in usual]
    both = client.post(draft, data={
        "token": hidden(page, "token"),
        "column.original_source": "Herkunftskanal", "column.job_title": "Herkunftskanal",
    })  # fmt: skip
    assert "chosen twice" in both.text


def test_nothing_in_a_file_becomes_markup(served: tuple[httpx.Client, Service], export: Path) -> None:
    client = served[0]
    rows = list(csv.reader(export.read_text().splitlines()))
    rows[0][-1] = WILD
    for row in rows[1:40]:
        row[2], row[4], row[6] = WILD, f"CEO {WILD}", WILD
    content = "\r\n".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    draft = dropped(client, f"{WILD}.csv", content.encode()).headers["location"]
    job = sent_off(client, draft)
    ended(client, job)
    for path in (
        "/app",
        draft,
        job,
        f"{job}?text={WILD}",
        f"{job}/leads/3",
        f"{job}/leads/3?field.job_title={WILD}",
    ):
        text = client.get(path).text
        assert "<script>" not in text, path
        assert "alert" in text, path


def test_a_file_of_another_company_says_so_and_can_be_matched_by_hand(
    served: tuple[httpx.Client, Service],
) -> None:
    client = served[0]
    draft = dropped(client, "other.csv", b"Nr,Farbe,Ort\n1,rot,Bonn\n2,blau,Ulm\n").headers["location"]
    page = client.get(draft)
    assert "another company" in page.text
    job = sent_off(client, draft)
    failed = ended(client, job)
    assert "could not be scored" in failed
    assert "Try again" in failed
    assert f'href="{draft}"' in failed  # back to the columns


@pytest.mark.parametrize("content", [b"PK\x03\x04broken", b"\x00\x01\x02\x03" * 50, b"only one line"])
def test_a_broken_file_is_a_sentence_and_a_way_on(
    served: tuple[httpx.Client, Service], content: bytes
) -> None:
    client = served[0]
    draft = dropped(client, "broken.xlsx", content)
    page = client.get(draft.headers["location"])
    assert page.status_code == 422
    assert "Traceback" not in page.text
    assert "Back to the first page" in page.text


def test_no_file_or_an_empty_one_is_said(served: tuple[httpx.Client, Service]) -> None:
    answer = dropped(served[0], "empty.csv", b"")
    assert answer.status_code == 422
    assert "missing or empty" in answer.text


def test_a_long_name_in_any_script_is_kept_by_its_end(
    served: tuple[httpx.Client, Service], export: Path
) -> None:
    draft = dropped(served[0], "見込み客の一覧" * 14 + ".csv", export.read_bytes())
    assert draft.status_code == 303
    page = served[0].get(draft.headers["location"])
    assert page.status_code == 200
    assert "見込み客の一覧.csv" in page.text
    job = sent_off(served[0], draft.headers["location"])
    assert "見込み客の一覧.csv" in ended(served[0], job)


@pytest.mark.parametrize("part", ["files", "fields"])
def test_a_form_of_very_many_parts_is_refused(served: tuple[httpx.Client, Service], part: str) -> None:
    client, name = served[0], '; filename="a.csv"' if part == "files" else ""
    one = f'--x\r\nContent-Disposition: form-data; name="leads"{name}\r\n\r\na\r\n'
    for count, status in ((100, 403), (101, 400)):  # the first has no token
        sent = (one * count + "--x--\r\n").encode()
        kind = {"content-type": "multipart/form-data; boundary=x"}
        assert client.post("/app/uploads", content=sent, headers=kind).status_code == status


@pytest.mark.parametrize("path", ["/app/settings", "/app/jobs/x/cancel", "/app/work/x/cancel"])
@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x"])
def test_what_is_no_form_is_a_sentence(served: tuple[httpx.Client, Service], path: str, kind: str) -> None:
    answer = served[0].post(path, content=b"--y\r\nContent", headers={"content-type": kind})
    assert answer.status_code == 400
    assert "did not arrive whole" in answer.text


def test_two_gigabytes_are_refused_before_they_are_sent(served: tuple[httpx.Client, Service]) -> None:
    client, service = served
    import socket

    host, port = client.base_url.host, client.base_url.port
    with socket.create_connection((host, int(port or 0)), 30) as sent:
        head = ("POST /app/uploads HTTP/1.1", f"Host: {host}:{port}", "Content-Length: 2000000000",
                "Content-Type: multipart/form-data; boundary=x", "", "")  # fmt: skip
        sent.sendall("\r\n".join(head).encode() + b"--x\r\n")
        answer = b""
        while b"</html>" not in answer:
            part = sent.recv(65536)
            assert part
            answer += part
    assert answer.startswith(b"HTTP/1.1 413")
    assert str(MOST_UPLOAD // 1_000_000).encode() in answer
    assert b"leadscore score" in answer
    assert service.desk.jobs is not None
    assert not list((service.desk.jobs.folder / "uploads").glob(".half-*"))


def test_an_upload_that_breaks_in_the_middle_leaves_nothing(served: tuple[httpx.Client, Service]) -> None:
    client, service = served
    import socket

    assert service.desk.jobs is not None
    uploads = service.desk.jobs.folder / "uploads"
    before = sorted(path.name for path in uploads.glob("*"))
    host, port = client.base_url.host, client.base_url.port
    with socket.create_connection((host, int(port or 0)), 30) as sent:
        head = ("POST /app/uploads HTTP/1.1", f"Host: {host}:{port}", "Content-Length: 1000000",
                "Content-Type: multipart/form-data; boundary=x", "", "")  # fmt: skip
        part = b'--x\r\nContent-Disposition: form-data; name="leads"; filename="a.csv"\r\n\r\n'
        sent.sendall("\r\n".join(head).encode() + part + b"a,b\n" * 1000)
        until = time.monotonic() + 20
        while not list(uploads.glob(".half-*")) and time.monotonic() < until:
            time.sleep(0.02)
    until = time.monotonic() + 20
    while (now := sorted(path.name for path in uploads.glob("*"))) != before and time.monotonic() < until:
        time.sleep(0.02)
    assert now == before


@pytest.mark.slow
def test_who_may_not_is_told_and_nobody_sees_anothers_job(
    folder: Path, recipe: Recipe, export: Path, tmp_path: Path
) -> None:
    (tmp_path / "recipe.toml").write_text((folder / "recipe.toml").read_text())
    with pages(tmp_path, recipe) as (url, service):
        assert service.desk.ledger is not None
        keys = ApiKeys(service.desk.ledger)
        made = {name: keys.new(name, scopes)[0] for name, scopes in {
            "ann": ["score"], "bob": ["score"], "boss": ["score", "read"], "writer": ["write"],
        }.items()}  # fmt: skip
        service.entrance.key_check.look()
        clients = {
            name: httpx.Client(base_url=url, headers={"X-API-Key": key}, timeout=60)
            for name, key in made.items()
        }
        draft = dropped(clients["ann"], export.name, export.read_bytes()).headers["location"]
        assert clients["bob"].get(draft).status_code == 422  # another's upload is not there
        job = sent_off(clients["ann"], draft)
        ended(clients["ann"], job)
        seen = {name: client.get(job).status_code for name, client in clients.items()}
        assert seen == {"ann": 200, "bob": 404, "boss": 200, "writer": 403}
        changed = {}
        for name in ("ann", "boss"):  # who reads anybody's job ends only their own
            token = hidden(clients[name].get("/app").text, "token")
            changed[name] = clients[name].post(f"{job}/again", data={"token": token}).status_code
        assert changed == {"ann": 303, "boss": 403}
        assert "Your leads" not in clients["writer"].get("/app").text
        assert httpx.get(url + job).status_code == 303  # to the sign-in
        for client in clients.values():
            client.close()


@pytest.mark.slow
def test_a_job_outlives_the_service_that_began_it(
    folder: Path, recipe: Recipe, export: Path, tmp_path: Path
) -> None:
    (tmp_path / "recipe.toml").write_text((folder / "recipe.toml").read_text())
    with pages(tmp_path, recipe, at_work=False) as (url, _), httpx.Client(base_url=url) as client:
        job = sent_off(client, dropped(client, export.name, export.read_bytes()).headers["location"])
        assert "waiting" in client.get(job).text
    with pages(tmp_path, recipe) as (url, _), httpx.Client(base_url=url, timeout=60) as client:
        assert "Whom to contact first" in ended(client, job)
        scored = table_of(client.get(f"{job}/download").content)
        assert len(scored) == len(table_of(export.read_bytes()))
        assert set(ADDED) <= set(scored[0])


def test_a_full_disk_is_a_sentence_and_leaves_nothing(
    served: tuple[httpx.Client, Service], export: Path
) -> None:
    """The system itself refuses: a limit on the size of files stands for a disk without room."""
    client, service = served
    assert service.desk.jobs is not None
    folder = service.desk.jobs.folder / "uploads"
    before = sorted(path.name for path in folder.glob("*"))
    room = resource.getrlimit(resource.RLIMIT_FSIZE)
    handled = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, room[1]))
        answer = dropped(client, export.name, b"a,b\n" + b"1,2\n" * 500_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, room)
        signal.signal(signal.SIGXFSZ, handled)
    assert answer.status_code == 507
    assert "no room left" in answer.text
    assert sorted(path.name for path in folder.glob("*")) == before


@pytest.mark.slow
def test_a_hundred_thousand_rows_are_paged_from_the_disk(tmp_path: Path) -> None:
    export = exports.hubspot(tmp_path, 100_000)
    with pages(tmp_path, recipe_for(export)) as (url, _), httpx.Client(base_url=url, timeout=300) as client:
        job = sent_off(client, dropped(client, export.name, export.read_bytes()).headers["location"])
        first = ended(client, job)
        assert "100,000 rows" in first
        rows = [re.findall(r"/leads/(\d+)\?", client.get(job, params={"page": n}).text) for n in (1, 2, 3999)]
        assert [len(one) for one in rows] == [25, 25, 25]
        assert len({row for one in rows for row in one}) == 75
        whole = table_of(client.get(f"{job}/download").content)
        assert len(whole) == 100_000
        warm = table_of(client.get(f"{job}/download", params={"form": "csv", "maturity": "warm"}).content)
        assert warm == [row for row in whole if row["ls_maturity"] == "warm"]
        assert client.get(f"{job}/leads/99999").status_code == 200


def test_a_column_whose_name_has_a_line_break_can_be_chosen(
    served: tuple[httpx.Client, Service], export: Path, tmp_path: Path
) -> None:
    """Parquet keeps it; a browser sends every line break of a form as CR LF, whatever the name has."""
    client, service = served
    frame = pd.read_csv(export, dtype=str).head(50).rename(columns={"Job Title": "What\nthey do"})
    frame.to_parquet(tmp_path / "breaks.parquet", index=False)
    draft = dropped(client, "breaks.parquet", (tmp_path / "breaks.parquet").read_bytes()).headers["location"]
    assert "What\nthey do" in client.get(draft).text
    path = sent_off(client, draft, **{"column.job_title": "What\r\nthey do"})
    assert service.desk.jobs
    job = service.desk.jobs.find(path.rpartition("/")[2])
    assert each_of(job.options["column"]) == ["job_title=What\nthey do"]
