"""A TOML file of the plan, checked: every problem named by its line, and nothing of the file used."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from features.errors import LeadscoreError, near
from features.refused import accepted_keys, wrong
from serving.rules.lines import Lines

Content = TypeVar("Content", bound=BaseModel)


def read_text(path: Path, called: str) -> str:
    """The text of a file that is `called` so.

    Raises:
        LeadscoreError: it is not there, or no text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise LeadscoreError(f"{path}: no such {called}, or not a text file.", "Correct the path.") from None


def checked(model: type[Content], text: str, name: str, remedy: str) -> Content:
    """The content of the TOML `text`, called `name` in errors.

    Raises:
        LeadscoreError: it is no TOML, or keys or values are not accepted; all of them, a line each.
    """
    try:
        return model.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise LeadscoreError(f"{name}: is not valid TOML: {error}.", remedy) from None
    except ValidationError as error:
        lines = Lines(name, text)
        problems = [_sentence(model, lines, problem) for problem in error.errors(include_url=False)]
        raise LeadscoreError("\n".join(problems), remedy) from None


def refused(text: str, name: str, found: list[tuple[tuple[str | int, ...], str]], remedy: str) -> None:
    """Refuse what is wrong at places of a file.

    Raises:
        LeadscoreError: something is; a line each.
    """
    if found:
        lines = Lines(name, text)
        said = [f"{lines.place(where)}: {_place(where)}: {problem}." for where, problem in found]
        raise LeadscoreError("\n".join(said), remedy)


def _sentence(model: type[BaseModel], lines: Lines, problem: Any) -> str:
    where, said = problem["loc"], wrong(problem)
    if problem["type"] == "extra_forbidden":
        accepted = accepted_keys(model, where[:-1])
        meant = near(str(where[-1]), accepted)
        said += f"; did you mean '{meant}'?" if meant else f"; accepted: {', '.join(accepted)}."
        return f"{lines.place(where)}: {_place(where)} {said}"
    return f"{lines.place(where)}: {_place(where)} {said}." if where else f"{lines.name}: {said}."


def _place(where: tuple[str | int, ...]) -> str:
    """'[owner] number 2, key 'left'' for ('owner', 1, 'left')."""
    section, *rest = where
    number = f" number {int(rest.pop(0)) + 1}" if rest and isinstance(rest[0], int) else ""
    keys = [f"item {part + 1}" if isinstance(part, int) else str(part) for part in rest]
    return f"[{section}]{number}" + (f", key '{'.'.join(keys)}'" if keys else "")
