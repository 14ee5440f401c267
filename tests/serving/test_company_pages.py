"""Pages of the command in the frame: today's list, accounts, funnel, reports; with costs, in French."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import read_tables
from serving.accounts import AccountRow
from serving.funnel import funnel_page, make_funnel
from serving.jobs import Job
from serving.jobs.job import PRINTED
from serving.jobs.words import words_of
from serving.page.markup import escaped
from serving.page.shell import content_of, page, section
from serving.words.language import sentences
from serving.words.translation import translated_page
from tests.made.company import RECIPE, small_company
from tests.made.edge import Service, service_with_jobs
from tests.serving.test_app_doors import token_in

FR = {"accept-language": "fr"}
PLAIN = [english for english in sentences("fr") if "{" not in english]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with service_with_jobs(tmp_path) as service:
        yield service


def trained(service: Service, folder: Path) -> None:
    """A training that is done: what pages of the company are made from where the ledger has no leads."""
    small_company(folder, leads=20)
    (folder / "recipe.toml").write_text(RECIPE)
    files = {"recipe": folder / "recipe.toml", "file-01": folder / "leads.csv"}
    done(service, "train", files, {"report.html": page("Report", [section("a", "What to know", "of <it>")])})


def done(
    service: Service, kind: str, files: dict[str, Path], results: dict[str, str], printed: object = None
) -> Job:
    jobs = service.desk.jobs
    assert jobs
    made = jobs.submit(kind, files, {}, "local")
    job = jobs.take("tests")
    assert job
    assert job.id == made.id
    job.results.mkdir(exist_ok=True)
    for name, text in results.items():
        (job.results / name).write_text(text)
    (job.folder / PRINTED).write_text(json.dumps(printed or {}))
    jobs.finish(job.id, "tests", "done", "It is done.")
    return jobs.find(job.id)


def test_a_funnel_is_asked_for_with_exports_of_costs_and_a_grouping(service: Service, tmp_path: Path) -> None:
    trained(service, tmp_path)
    form = service.ask("GET", "/app/funnel", headers=FR).text
    assert 'name="costs"' in form
    assert "industry" in form
    assert "move-from" not in form  # no funnel yet that names groups
    costs = [("costs", (name, b"Campaign,Cost\nx,1\n")) for name in ("google.csv", "linkedin.csv")]
    scored = [(role, ("scored.csv", b"lead_id,ls_probability\nx,0.1\n")) for role in ("scores", "earlier")]
    moved = {"move-from": "--paid", "move-to": "x y", "move-percent": "10"}
    sent = service.ask("POST", "/app/funnel", headers=FR, files=costs + scored,
                       data={"token": token_in(form), "by": "campaign", "currency": "EUR"} | moved,
                       )  # fmt: skip
    assert sent.status_code == 303
    assert service.desk.jobs
    words = words_of(service.desk.jobs.find(sent.headers["location"].rpartition("/")[2]), {})
    given_costs = [word for word in words if word.startswith("--costs=")]
    assert [word.rpartition("/")[2] for word in given_costs] == ["google.csv", "linkedin.csv"]
    assert {"--by=campaign", "--currency=EUR", "--language=fr"} <= set(words)
    assert {"--scores", "--earlier"} <= {word.partition("=")[0] for word in words}
    assert words[words.index("--move") :][1:4] == ["--paid", "x y", "10"]


def test_a_budget_is_moved_between_groups_that_the_last_funnel_names(
    service: Service, tmp_path: Path
) -> None:
    trained(service, tmp_path)
    groups = [{"name": "paid", "cost": 100.0}, {"name": "<b>", "cost": 5.0}, {"name": "free", "cost": None}]
    page_ = page("Funnel", [section("first", "What to change")])
    done(service, "funnel", {"recipe": tmp_path / "recipe.toml"}, {"funnel.html": page_}, {"groups": groups})
    form = service.ask("GET", "/app/funnel", headers=FR).text
    assert form.count('value="paid"') == form.count('value="&lt;b&gt;"') == 2
    assert 'value="free"' not in form


def test_the_newest_one_stands_on_its_page_and_can_be_kept_as_a_file(
    service: Service, tmp_path: Path
) -> None:
    trained(service, tmp_path)
    inner = page("Funnel", [section("first", "What to change", "<script>")])
    job = done(service, "funnel", {"recipe": tmp_path / "recipe.toml"}, {"funnel.html": inner})
    shown = service.ask("GET", "/app/funnel", headers=FR)
    assert "Quoi changer" in shown.text
    assert "&lt;script&gt;" in shown.text
    assert "script-src 'self'" in shown.headers["content-security-policy"]
    kept = service.ask("GET", f"/app/work/{job.id}/funnel.html?file=yes")
    assert kept.text == inner
    assert "attachment" in kept.headers["content-disposition"]
    assert "sandbox" in kept.headers["content-security-policy"]


def test_a_report_stands_in_the_frame_in_the_readers_language(service: Service, tmp_path: Path) -> None:
    trained(service, tmp_path)
    assert service.desk.jobs
    job = service.desk.jobs.recent("local")[0]
    shown = service.ask("GET", f"/app/work/{job.id}/report.html", headers=FR).text
    assert '<div class="report">' in shown
    assert "<h2>À savoir</h2>" in shown
    assert "of &lt;it&gt;" in shown
    assert '<nav aria-label="Pages">' in shown


def test_accounts_say_who_is_there_who_is_missing_and_how_likely(service: Service, tmp_path: Path) -> None:
    trained(service, tmp_path)
    row = AccountRow(
        account="<A7>", leads=3, scored=2, opted_out=1, won_before=0, lost_before=2, any=0.31, any_low=0.2,
        any_high=0.36, expected=0.4, best_lead="L1", best_probability=0.2, fit="A", engagement=2,
        active_leads=1, roles=["marketing", "decision"], roles_missing=["finance"], notes=[],
    )  # fmt: skip
    rows = [
        row.model_dump(),
        row.model_copy(update={"account": "A8", "any": None, "roles_missing": None}).model_dump(),
    ]
    done(service, "accounts", {"recipe": tmp_path / "recipe.toml"}, {"accounts.csv": ""}, {"rows": rows})
    shown = re.sub(r"<[^>]+>", "|", service.ask("GET", "/app/accounts", headers=FR).text)
    chances = ("31\xa0%", "20\xa0% – 36\xa0%", "le plus probable : L1, 20\xa0%")
    roles = ("marketing, décideur", "finance", "inconnu", "déjà perdus : 2", "A2", "&lt;A7&gt;")
    for said in (*chances, *roles):
        assert said in shown, said


@pytest.mark.parametrize("path", ["inspection", "watch", "today", "accounts", "funnel"])
def test_without_data_each_page_says_what_to_do(service: Service, path: str) -> None:
    page_ = service.ask("GET", f"/app/{path}").text
    assert page_.count("<h1") == 1
    assert 'href="/app/start"' in page_
    assert service.ask("POST", f"/app/{path}", data={"token": token_in(page_)}).status_code == 303
    assert service.desk.jobs
    assert service.desk.jobs.recent("local") == []


def test_the_page_of_the_funnel_is_french(tmp_path: Path) -> None:
    recipe = small_company(tmp_path, leads=400)
    funnel = make_funnel(recipe, read_tables(recipe, tmp_path))
    english, french = (content_of(funnel_page(funnel, language=one)).source for one in ("en", "fr"))
    same = {"inbound", "paid", "SQL", "MQL", "Volume"}
    left = words_of_page(french) & words_of_page(english) - same
    assert left == set()


def words_of_page(markup: str) -> set[str]:
    """The texts of a page that hold a word."""
    return {text for text in re.findall(r">([^<>]+)<", markup) if re.search("[a-z]{3}", text)}


ANY_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=30)
TEXTS = st.lists(ANY_TEXT | st.sampled_from(PLAIN))


@given(TEXTS)
def test_a_page_in_another_language_keeps_its_markup_and_escapes_its_texts(texts: list[str]) -> None:
    markup = "".join(f'<p class="a">{escaped(text)}</p>' for text in texts)
    told = translated_page(markup, "fr")
    assert re.findall(r"</?p", told) == re.findall(r"</?p", markup)
    inner = re.findall(r'<p class="a">([^<]*)</p>', told)
    assert len(inner) == len(texts)
    for text, said in zip(texts, inner, strict=True):
        if text in PLAIN:
            assert said == escaped(sentences("fr")[text])
    assert translated_page(markup, "en") == markup
