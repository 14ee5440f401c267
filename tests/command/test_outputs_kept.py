"""No verb writes over what it reads, however it is spelt, nor over what is there unless it is told so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook

from features import load_recipe
from leadscore import main
from tests.made.company import RECIPE, small_company


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    small_company(tmp_path, leads=60)
    (tmp_path / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    (tmp_path / "link.csv").symlink_to(tmp_path / "leads.csv")
    os.link(tmp_path / "events.csv", tmp_path / "hard.csv")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    return tmp_path


def leadscore(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


SCORE = ("score", "leads.csv", "--events", "events.csv", "--recipe", "recipe.toml", "--as-of", "2025-01-01")
OVER_INPUTS = [
    (*SCORE, "-o", "leads.csv"),
    (*SCORE, "-o", "./../{here}/leads.csv"),
    (*SCORE, "-o", "link.csv"),
    (*SCORE, "-o", "events.csv"),
    (*SCORE, "-o", "hard.csv"),
    ("init", "leads.csv", "-o", "leads.csv"),
    ("inspect", "recipe.toml", "-o", "recipe.toml"),
    ("inspect", "recipe.toml", "-o", "outcomes.csv"),
    ("snapshots", "recipe.toml", "-o", "leads.csv"),
    ("open-leads", "recipe.toml", "-o", "link.csv"),
    ("open-leads", "recipe.toml", "-o", "open.csv", "--events", "events.csv"),
    ("train", "recipe.toml", "--report", "recipe.toml"),
    ("train", "recipe.toml", "--predictions", "outcomes.csv"),
]


@pytest.mark.parametrize("words", OVER_INPUTS, ids=" ".join)
def test_an_input_is_never_written_over_not_even_with_force(company: Path, words: tuple[str, ...]) -> None:
    before = {path.name: path.read_bytes() for path in company.iterdir() if path.is_file()}
    done = leadscore(*(word.replace("{here}", company.name) for word in words), "--force")
    assert done.exit_code == 2
    assert "which is read here; writing would destroy it" in done.stderr
    assert {path.name: path.read_bytes() for path in company.iterdir() if path.is_file()} == before


OVER_OUTPUTS = [
    (*SCORE, "-o", "there.csv"),
    ("init", "leads.csv", "-o", "there.csv"),
    ("inspect", "recipe.toml", "-o", "there.csv"),
    ("snapshots", "recipe.toml", "-o", "there.csv"),
    ("open-leads", "recipe.toml", "-o", "there.csv"),
    ("open-leads", "recipe.toml", "-o", "open.csv", "--events", "there.csv"),
    ("train", "recipe.toml", "--report", "there.csv"),
    ("train", "recipe.toml", "--predictions", "there.csv"),
    ("simulate", "-o", ".", "--leads", "50"),
]


@pytest.mark.parametrize("words", OVER_OUTPUTS, ids=" ".join)
def test_what_is_there_is_replaced_only_with_force(company: Path, words: tuple[str, ...]) -> None:
    (company / "there.csv").write_text("a person's own work", encoding="utf-8")
    done = leadscore(*words)
    assert done.exit_code == 2
    assert "already" in done.stderr
    assert "--force" in done.stderr
    assert (company / "there.csv").read_text(encoding="utf-8") == "a person's own work"
    assert load_recipe(company / "recipe.toml").name == "small"


def test_with_force_it_is_replaced(company: Path) -> None:
    (company / "there.csv").write_text("old", encoding="utf-8")
    done = leadscore(*SCORE, "-o", "there.csv", "--force")
    assert done.exit_code == 0, done.stderr
    assert "ls_probability" in (company / "there.csv").read_text(encoding="utf-8")


def test_two_options_do_not_write_one_file(company: Path) -> None:
    done = leadscore("open-leads", "recipe.toml", "-o", "open.csv", "--events", "./open.csv")
    assert (done.exit_code, (company / "open.csv").exists()) == (2, False)


def test_a_sheet_of_the_input_is_the_input(company: Path) -> None:
    book(company)
    done = leadscore("score", "crm.xlsx#Prospects", "-o", "crm.xlsx", "--recipe", "recipe.toml", "--force")
    assert "which is read here" in done.stderr


def book(company: Path) -> None:
    """The leads and events as sheets of one workbook, neither of them its first."""
    made = Workbook()
    for title, name in (("Prospects", "leads.csv"), ("Activités", "events.csv")):
        sheet = made.create_sheet(title)
        for line in (company / name).read_text(encoding="utf-8").splitlines():
            sheet.append(line.split(","))
    made.save(company / "crm.xlsx")


def test_the_address_of_a_sheet_is_accepted_wherever_a_table_is(company: Path) -> None:
    book(company)
    sheets = ("score", "crm.xlsx#Prospects", "--events", "crm.xlsx#Activités", *SCORE[4:])
    for words, out in ((SCORE, "plain.csv"), (sheets, "sheets.csv")):
        done = leadscore(*words, "-o", out)
        assert done.exit_code == 0, done.stderr
    plain, own = (
        [line.split(",")[0:6] for line in Path(name).read_text(encoding="utf-8").splitlines()]
        for name in ("plain.csv", "sheets.csv")
    )
    assert plain == own
    done = leadscore(
        "init", "crm.xlsx#Prospects", "crm.xlsx#Activités", "-o", "mine.toml", "--outcome", "x=1"
    )
    assert "no such file" not in done.stderr


def test_what_was_left_out_of_an_export_is_told_in_the_last_lines(company: Path) -> None:
    lines = (company / "leads.csv").read_text(encoding="utf-8").splitlines()
    odd = [*lines[:4], ",,,,", lines[3], *lines[4:9], ",,,,", *lines[9:], "", "Total,,60,,"]
    (company / "odd.csv").write_text("\n".join(odd) + "\n", encoding="utf-8")
    done = leadscore("score", "odd.csv", *SCORE[2:], "-o", "out.csv")
    told = "\n".join(done.stderr.splitlines()[-6:])
    assert "empty rows: 2 (left out)" in told
    assert "(a total or remark): 1 (left out)" in told
    assert "exact copies of a row: 1" in told
    assert f"{len(lines)} rows: " in told, "the leads and the copy"
