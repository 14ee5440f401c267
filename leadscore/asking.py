"""Questions at a terminal: the best guess is the default; nobody is asked where nobody sits."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:  # the command imports no layer before a verb asks for it
    from features.discovery import Discovery, Guess

_OPTIONS = {"outcome": "outcome", "won": "outcome", "id": "id", "creation": "time"}
_ASKED = {
    "outcome": "Which column and value mean won (COLUMN=VALUE; none: score by rules)",
    "won": "Which column and value mean won (COLUMN=VALUE)",
    "id": "Which column names a lead",
    "creation": "Which column dates a lead's creation",
}


def may_ask(*, yes: bool, as_json: bool) -> bool:
    """Whether somebody can answer: stdin and stderr are terminals, and no option forbids it."""
    return not yes and not as_json and sys.stdin.isatty() and sys.stderr.isatty()


def settled(find: Callable[..., Discovery], answers: dict[str, Any]) -> Discovery:
    """What `find` finds with `answers` and what a person says to each guess that is not sure.

    An answer that `find` does not accept is told, and asked for again.
    """
    from features.errors import LeadscoreError

    found, asked = find(**answers), set[str]()
    while (guess := _next(found, asked)) is not None:
        asked.add(guess.question)
        option = _OPTIONS[guess.question]
        while True:
            said = _ask(guess)
            try:
                found = find(**answers | {option: said})
            except LeadscoreError as error:
                click.echo(f"{error}\n", err=True)
                continue
            answers[option] = said
            break
    return found


def _next(found: Discovery, asked: set[str]) -> Guess | None:
    """The first guess that is not sure, has an answer to offer, and was not asked yet."""
    able = (guess for guess in found.guesses if guess.doubt is not None and guess.answer is not None)
    return next((guess for guess in able if guess.question not in asked), None)


def _ask(guess: Guess) -> str:
    others = f" Could be too: {', '.join(guess.others[:6])}." if guess.others else ""
    click.echo(f"{guess.question}: {guess.taken} is {guess.certainty}: {guess.why}.{others}", err=True)
    return str(click.prompt(_ASKED[guess.question], default=guess.answer, err=True)).strip()
