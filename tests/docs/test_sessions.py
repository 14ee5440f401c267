"""The documentation does not lie: its sessions run, its verbs exist, every verb shows an example first."""

from __future__ import annotations

import re

import click
import pytest

from leadscore.command import main
from tests.docs.sessions import ROOT, alike, play

README = ROOT / "README.md"
VERBS = sorted(main.commands)


@pytest.mark.slow
def test_every_session_of_the_readme_prints_what_it_says() -> None:
    for step, printed in play(README):
        assert alike(step.printed, printed), f"$ {step.command}\nsaid:\n{step.printed}\nprints:\n{printed}"


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_in_the_readme(verb: str) -> None:
    assert f"leadscore {verb}" in README.read_text()


def test_the_readme_names_no_verb_that_does_not_exist() -> None:
    named = set(re.findall(r"(?:[`$/]|&&) ?leadscore ([a-z][a-z-]+)", README.read_text()))
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
