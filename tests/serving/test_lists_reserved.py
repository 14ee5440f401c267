"""What a list may not show: who objected after it was made; the ledger's customers, to who may not read."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pandas as pd
import pytest

from features.clock import DAY_US, now_us
from features.exports import read_raw
from features.lead import accepted_fields
from features.recipe import Recipe
from serving.ledger import ApiKeys, LeadSent
from serving.ledger.sent import DecisionSent
from tests.made import exports
from tests.made.edge import Service
from tests.made.pages import pages, recipe_for
from tests.serving.test_app_pages import dropped, ended, sent_off, table_of

FIRST = re.compile(r'<section id="first">.*?</section>', re.DOTALL)


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exports.hubspot(tmp_path_factory.mktemp("reserved"), 60)


@pytest.fixture(scope="module")
def recipe(export: Path) -> Recipe:
    return recipe_for(export)


@dataclass
class Scored:
    """One scored export of a person whose key is for scoring alone; the other's may read too."""

    service: Service
    ann: httpx.Client
    boss: httpx.Client
    job: str


@pytest.fixture(scope="module")
def scored(export: Path, recipe: Recipe) -> Iterator[Scored]:
    with pages(export.parent, recipe) as (url, service):
        assert service.desk.ledger is not None
        keys = ApiKeys(service.desk.ledger)
        secrets = [
            keys.new(name, scopes)[0] for name, scopes in (("ann", ["score"]), ("boss", ["score", "read"]))
        ]
        service.entrance.key_check.look()
        ann, boss = (httpx.Client(base_url=url, headers={"X-API-Key": key}, timeout=60) for key in secrets)
        with ann, boss:
            job = sent_off(ann, dropped(ann, export.name, export.read_bytes()).headers["location"])
            ended(ann, job)
            yield Scored(service, ann, boss, job)


def test_who_has_objected_since_is_not_to_be_called(scored: Scored, recipe: Recipe) -> None:
    client, job, writer = scored.ann, scored.job, scored.service.writer
    rows = table_of(client.get(f"{job}/download").content)
    place, best = next((place, row) for place, row in enumerate(rows) if row["ls_rank"] == "1")
    link, lead = f"{job}/leads/{place}?", best[str(recipe.lead.id)]
    maturity = {"maturity": best["ls_maturity"]}
    assert link in FIRST.findall(client.get("/app").text)[0]
    assert link in client.get(job, params=maturity).text
    assert writer is not None
    writer.submit([DecisionSent("crm", lead, "opt_out", now_us(), "they", "asked so")]).result()
    (first,) = FIRST.findall(client.get("/app").text)
    assert link not in first
    assert first.count("/leads/") == 5
    found = client.get(job, params={"text": lead}).text
    (line,) = [one for one in re.findall(r"<tr>.*?</tr>", found, re.DOTALL) if link in one]
    assert "does not want it" in line
    assert "<li>" not in line, "reasons of a model"
    assert link not in client.get(job, params=maturity).text
    taken = {
        row[str(recipe.lead.id)]: row for row in table_of(client.get(f"{job}/download?form=csv").content)
    }
    told = {name for name, cell in taken[lead].items() if cell and name.startswith("ls_")}
    assert told == {"ls_status", "ls_as_of"}
    assert {row["ls_status"] for row in taken.values() if row[str(recipe.lead.id)] != lead} == {
        row["ls_status"] for row in rows if row[str(recipe.lead.id)] != lead
    }

    whole = table_of(client.get(f"{job}/download").content)
    assert [row for row in whole if row[str(recipe.lead.id)] != lead] == [
        row for row in rows if row[str(recipe.lead.id)] != lead
    ]
    own = next(row for row in whole if row[str(recipe.lead.id)] == lead)
    assert {name for name, cell in own.items() if cell and name.startswith("ls_")} == told
    assert {name: cell for name, cell in own.items() if not name.startswith("ls_")} == {
        name: cell for name, cell in best.items() if not name.startswith("ls_")
    }


def test_reasons_are_told_in_the_language_of_who_reads_the_list(scored: Scored) -> None:
    lists = {
        language: re.findall(
            r'<table class="stack leads">.*?</table>',
            scored.ann.get(scored.job, headers={"Accept-Language": language}).text, re.DOTALL,
        )[0]
        for language in ("en", "fr")
    }  # fmt: skip
    reasons = {language: set(re.findall(r"<li>(.*?)</li>", found)) for language, found in lists.items()}
    assert reasons["fr"]
    assert not reasons["fr"] & reasons["en"]
    assert 'lang="' not in lists["fr"]


def test_customers_of_the_ledger_are_told_to_who_may_read_it(scored: Scored, recipe: Recipe) -> None:
    writer, long_ago = scored.service.writer, now_us() - 900 * DAY_US
    assert writer is not None
    rows = table_of(scored.ann.get(f"{scored.job}/download").content)
    place, like = next((place, row) for place, row in enumerate(rows) if row["ls_rank"] not in ("", "1"))
    cells = {
        name: like[name] for name in accepted_fields(recipe) if like.get(name) and name != recipe.lead.id
    }
    cells |= {"Lifecycle Stage": "Customer", "Close Date": cells["Create Date"]}
    writer.submit([LeadSent("crm", "SECRET-1", cells, long_ago)]).result()
    page = f"{scored.job}/leads/{place}"
    assert "SECRET-1" in scored.boss.get(page).text
    told = scored.ann.get(page).text
    assert 'id="alike"' in told
    assert "SECRET-1" not in told


def submitted(scored: Scored, files: dict[str, Path], options: dict[str, str]) -> str:
    """A job of Ann's, as the service would make it."""
    jobs = scored.service.desk.jobs
    assert jobs is not None
    first = jobs.find(scored.job.rpartition("/")[2])
    return f"/app/jobs/{jobs.submit('score', files, {'language': 'en'} | options, first.by).id}"


@pytest.mark.slow
def test_a_part_of_a_workbook_or_of_what_changed_keeps_its_rows_once_somebody_objects(
    scored: Scored, recipe: Recipe, export: Path, tmp_path: Path
) -> None:
    ann, writer, key = scored.ann, scored.service.writer, str(recipe.lead.id)
    assert writer is not None
    former, told = tmp_path / "former.csv", ann.get(f"{scored.job}/download").content.decode("utf-8-sig")
    former.write_text("\n".join(told.splitlines()[:-30]), encoding="utf-8")
    statuses = {row[key]: row["ls_maturity"] for row in table_of(told.encode())[-30:]}
    only = max(set(statuses.values()) - {""}, key=list(statuses.values()).count)
    book = tmp_path / "book.xlsx"
    with pd.ExcelWriter(book) as sheets:
        pd.DataFrame({"about": ["nothing"]}).to_excel(sheets, sheet_name="Cover", index=False)
        pd.read_csv(export, dtype=str).to_excel(sheets, sheet_name="Leads", index=False)
    asked: list[tuple[dict[str, Path], dict[str, str]]] = [
        ({}, {"only": only}), ({"changed-since": former}, {}), ({"leads": book}, {"sheet": "Leads"}),
        ({}, {"for": "hubspot"}),
    ]  # fmt: skip
    jobs = [submitted(scored, {"leads": copied(export, tmp_path / str(place))} | files, options)
            for place, (files, options) in enumerate(asked)]  # fmt: skip
    for job in jobs:
        ended(ann, job)

    def taken(job: str) -> list[list[str]]:
        path = tmp_path / f"taken{'.xlsx' if job == jobs[2] else '.csv'}"
        path.write_bytes(ann.get(f"{job}/download").content)
        return read_raw(path).frame[[key, "ls_status"]].astype(str).to_numpy().tolist()

    before = [taken(job) for job in jobs[:3]]
    assert len(before[0]) < len(before[2]) == 60
    assert 30 <= len(before[1]) < 60
    made = ann.get(jobs[3])
    assert (made.status_code, ann.get(f"{jobs[3]}/leads/0").status_code) == (200, 404)
    assert "It was made for the import of HubSpot" in made.text
    assert f"{jobs[2]}/leads/" in FIRST.findall(ann.get("/app").text)[0], "of the newest that has a list"
    lead = next(name for name, status in before[0] if name in statuses and status != "opted_out")
    writer.submit([DecisionSent("crm", lead, "opt_out", now_us(), "they", "asked so")]).result()
    for job, rows in zip(jobs[:3], before, strict=True):
        assert taken(job) == [[name, "opted_out" if name == lead else status] for name, status in rows]
    for form in ("original", "csv", "xlsx", "hubspot"):
        refused = ann.get(f"{jobs[3]}/download", params={"form": form})
        assert refused.status_code == 409, form
        assert "Score the export again." in refused.text


def copied(export: Path, folder: Path) -> Path:
    """`export` in a folder of its own: a job takes its files away."""
    folder.mkdir(exist_ok=True)
    return Path(shutil.copy(export, folder / export.name))


@pytest.mark.parametrize("asked", [{"sort": "rank"}, {"top": "10"}, {"format": "xlsx"}])
def test_a_chosen_part_keeps_its_rows_and_form_once_somebody_objects(
    scored: Scored, recipe: Recipe, export: Path, asked: dict[str, str], tmp_path: Path
) -> None:
    writer = scored.service.writer
    assert writer is not None
    job = submitted(scored, {"leads": copied(export, tmp_path)}, asked)
    ended(scored.ann, job)

    def taken() -> list[list[str]]:
        path = tmp_path / f"taken.{asked.get('format', 'csv')}"
        path.write_bytes(scored.ann.get(f"{job}/download").content)
        return read_raw(path).frame[[recipe.lead.id, "ls_status"]].astype(str).to_numpy().tolist()

    before = taken()
    lead = next(name for name, status in before if status != "opted_out")
    writer.submit([DecisionSent("crm", lead, "opt_out", now_us(), "they", "asked so")]).result()
    after = taken()
    if "format" in asked:
        with zipfile.ZipFile(tmp_path / "taken.xlsx") as book:
            assert b"F4B183" in book.read("xl/styles.xml"), "the colours of maturities"
    assert after == [[name, "opted_out" if name == lead else status] for name, status in before]
