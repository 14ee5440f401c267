"""The documentation does not lie: its sessions run, its verbs exist, its generated pages are true."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from leadscore import main
from tests.docs.__main__ import PAGES
from tests.docs.sessions import BLOCK, DOCUMENTS, ROOT, alike, play

README = ROOT / "README.md"
CONTRIBUTING = ROOT / "docs" / "contributing.md"
VERBS = sorted(main.commands)
WITH_SESSIONS = [page for page in DOCUMENTS if BLOCK.search(page.read_text())]
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("page", WITH_SESSIONS, ids=name_of)
def test_every_session_prints_what_the_page_says(page: Path) -> None:
    for step, printed in play(page):
        assert alike(step.printed, printed), f"$ {step.command}\nsaid:\n{step.printed}\nprints:\n{printed}"


def test_there_are_sessions_to_play() -> None:
    assert {"README.md", "docs/own-data.md"} <= {name_of(page) for page in WITH_SESSIONS}


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_what_the_code_says(name: str) -> None:
    written = (ROOT / "docs" / name).read_text()
    assert written == PAGES[name](), f"docs/{name}: write it again with 'make docs'"


@pytest.mark.parametrize("page", DOCUMENTS, ids=name_of)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text()):
        assert "://" in target or (page.parent / target).exists(), f"{name_of(page)}: {target}"


def test_every_file_that_contributors_are_sent_to_exists() -> None:
    named = re.findall(
        r"`((?:features|serving|training|tests|leadscore)/[a-z_/]+\.py)`", CONTRIBUTING.read_text()
    )
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_readme_is_short_and_links_every_page() -> None:
    text = README.read_text()
    assert len(text.splitlines()) <= 200
    for page in DOCUMENTS:
        assert page == README or f"({name_of(page)})" in text, page


@pytest.mark.parametrize("page", DOCUMENTS, ids=name_of)
def test_no_page_names_a_verb_that_does_not_exist(page: Path) -> None:
    named = set(re.findall(r"(?:[`$/]|&&) ?leadscore ([a-z][a-z-]+)", page.read_text()))
    assert named <= set(VERBS), named - set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_help_starts_with_an_example(verb: str) -> None:
    command = main.commands[verb]
    text = command.get_help(
        click.Context(command, info_name=verb, parent=click.Context(main, info_name="leadscore"))
    )
    assert f"Example:  leadscore {verb}" in text
    assert text.index("Example:") < text.index("Options:")
    assert all(option.help or isinstance(option, click.Argument) for option in command.params)  # type: ignore[attr-defined]


def test_the_two_commands_of_a_newcomer_are_on_the_first_screen() -> None:
    first_screen = "\n".join(README.read_text().splitlines()[:40])
    assert "make demo" in first_screen
    assert "make test" in first_screen


def test_numbers_may_differ_in_their_last_digit_and_words_may_not() -> None:
    assert alike("auc 0.8012\n", "auc 0.8013\n")
    assert not alike("auc 0.80\n", "auc 0.70\n")
    assert not alike("promote\n", "refuse\n")
