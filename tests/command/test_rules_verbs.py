"""The scorecard as its users work on it: shown, checked, its examples tried, two versions compared."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from leadscore import main
from leadscore.verbs.lists.playbook import rules
from tests.command.test_command import leadscore
from tests.made.company import RECIPE, small_company

AFTER = '[[exclude]]\nname = "small"\nfield = "industry"\nmatch = ["retail"]\n'
EXAMPLE = """
[[example]]
name = "asked for a demo"
events = [{ kind = "demo_request", days_ago = 60 }]
engagement = 15
"""


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rules")
    small_company(folder, leads=200)
    (folder / "recipe.toml").write_text(RECIPE)
    (folder / "rules.toml").write_text(leadscore(folder, "rules", "show", "recipe.toml").out)
    return folder


def test_the_scorecard_that_is_shown_is_read_back_and_checked(company: Path) -> None:
    for named in ((), ("rules.toml",)):
        done = leadscore(company, "rules", "check", "recipe.toml", *named, "--json")
        # this recipe declares neither address nor title: the cut-offs are those of its size alone
        assert done.json["faults"] == []
    text = (company / "rules.toml").read_text()
    (company / "sound.toml").write_text(text)
    done = leadscore(company, "rules", "check", "recipe.toml", "sound.toml")
    assert (done.code, done.out) == (0, "")
    assert "nothing to correct" in done.err


def test_faults_are_listed_by_line_with_exit_code_1_and_an_unreadable_file_with_2(company: Path) -> None:
    text = (company / "rules.toml").read_text()
    (company / "bad.toml").write_text(f"{text}\n[groups.idle]\nmost = 3\n")
    done = leadscore(company, "rules", "check", "recipe.toml", "bad.toml", "--json")
    assert done.code == 1
    last = done.json["faults"][-1]
    assert (last["line"], last["problem"]) == (text.count("\n") + 2, "no rule is of this group")
    (company / "worse.toml").write_text(text.replace('field = "size"', 'field = "siez"'))
    done = leadscore(company, "rules", "check", "recipe.toml", "worse.toml")
    assert done.code == 2
    assert "did you mean 'size'?" in done.err
    assert "worse.toml, line " in done.err
    assert leadscore(company, "rules", "check", "recipe.toml", "absent.toml").code == 2


def test_examples_are_tried_and_a_wrong_one_is_exit_code_1(company: Path) -> None:
    text = (company / "rules.toml").read_text()
    (company / "right.toml").write_text(text + EXAMPLE)
    (company / "wrong.toml").write_text(text + EXAMPLE.replace("= 15", "= 16"))
    right, wrong = (
        leadscore(company, "rules", "test", "recipe.toml", name) for name in ("right.toml", "wrong.toml")
    )
    assert (right.code, wrong.code) == (0, 1)
    assert "as expected" in right.out
    assert "engagement 15, expected 16" in wrong.out
    assert leadscore(company, "rules", "test", "recipe.toml", "rules.toml").code == 0


def test_a_difference_names_each_lead_that_moves_and_the_rule(company: Path) -> None:
    text = (company / "rules.toml").read_text()
    (company / "after.toml").write_text(text + AFTER)
    same = leadscore(company, "rules", "diff", "recipe.toml", "rules.toml", "rules.toml", "--json")
    assert same.json["moved"] == []
    assert same.json["leads"] > 0
    done = leadscore(company, "rules", "diff", "recipe.toml", "rules.toml", "after.toml", "--json")
    moved = done.json["moved"]
    assert moved
    for lead in moved:
        assert lead["by"] == [["small", 0.0, -100.0]]
        assert lead["after"]["points"] == pytest.approx(lead["before"]["points"] - 100)
        assert lead["after"]["stage"] != "mql"
    assert sum(row["leads"] for row in done.json["bands"]) == done.json["leads"] == same.json["leads"]


@pytest.mark.parametrize("verb", sorted(rules.commands))
def test_every_help_has_an_example(verb: str) -> None:
    parent = click.Context(
        rules,
        info_name="rules",
        parent=click.Context(main, info_name="leadscore", **main.context_settings),
    )
    text = rules.commands[verb].get_help(click.Context(rules.commands[verb], info_name=verb, parent=parent))
    assert f"Example:  leadscore rules {verb}" in text


def test_a_difference_may_be_of_the_leads_of_the_ledger(
    company: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LEADSCORE_LEDGER", raising=False)
    assert leadscore(company, "ledger", "init").code == 0
    assert leadscore(company, "ledger", "import", "recipe.toml").code == 0
    words = ("rules", "diff", "recipe.toml", "rules.toml", "rules.toml", "--json")
    files, kept = leadscore(company, *words), leadscore(company, *words, "--data", "ledger")
    assert kept.json["leads"] == files.json["leads"] > 0
