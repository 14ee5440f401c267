"""rules.toml: the scorecard as data, checked, with errors in the words of the file."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from features.errors import LeadscoreError
from features.recipe import Recipe
from features.refused import accepted_keys, wrong
from serving.calibration import MonotoneMap
from serving.rules.card import Scorecard
from serving.rules.compile import compile_rules
from serving.rules.default import default_rules
from serving.rules.lines import Lines
from serving.rules.rules import Rules

_REMEDY = "Correct the file, or remove 'rules' from the recipe to use the default scorecard."


def rules_text(recipe: Recipe, folder: Path | None = None) -> str:
    """The TOML text of the recipe's scorecard: its `rules` file, relative to `folder`, else the default one.

    Raises:
        LeadscoreError: the recipe names a file that is not there.
    """
    if recipe.rules is None:
        return default_rules(recipe)
    path = Path(folder or ".") / recipe.rules
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise LeadscoreError(
            f"recipe: rules '{recipe.rules}': no such text file in {path.parent}.",
            "Correct the path, or remove 'rules' to use the default scorecard.",
        ) from None


def load_rules(source: Path | str, recipe: Recipe) -> Rules:
    """The rules of `source`: a path, or the TOML text itself (a str that holds a line break).

    Raises:
        LeadscoreError: absent, not TOML, or a rule that the recipe has no field or event for; the message
            names section and key.
    """
    if isinstance(source, str) and "\n" in source:
        return parse_rules(source, recipe)
    path = Path(source)
    return parse_rules(read_rules(path), recipe, name=path.name)


def parse_rules(
    text: str,
    recipe: Recipe,
    *,
    name: str = "rules.toml",
    calibration: MonotoneMap | None = None,
    version: str | None = None,
) -> Rules:
    """The rules in the TOML `text`, with the map that training fitted, if it did.

    Raises:
        LeadscoreError: as `load_rules`.
    """
    lines = Lines(name, text)
    try:
        card = Scorecard.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise LeadscoreError(f"{name}: is not valid TOML: {error}.", _REMEDY) from None
    except ValidationError as error:
        problems = [_sentence(lines, problem) for problem in error.errors(include_url=False)]
        raise LeadscoreError("\n".join(problems), _REMEDY) from None
    version = version or hashlib.sha256(text.encode()).hexdigest()[:8]
    return Rules(card, compile_rules(card, recipe, lines), calibration, version)


def read_rules(path: Path) -> str:
    """The text of a scorecard's file.

    Raises:
        LeadscoreError: it is absent, or no text.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise LeadscoreError(f"{path}: no such scorecard, or not a text file.", _REMEDY) from None


def _sentence(lines: Lines, problem: Any) -> str:
    """One pydantic error as `file, line N: [section] number N, key: what is wrong`."""
    name = lines.place(problem["loc"])
    if not problem["loc"]:  # what several sections say together
        return f"{name}: {wrong(problem)}."
    section, *rest = [str(part) for part in problem["loc"]]
    number = f" number {int(rest.pop(0)) + 1}" if rest and rest[0].isdigit() else ""
    place = f"[{section}]{number}" if section in Scorecard.model_fields else f"key '{section}'"
    key = f", key '{'.'.join(rest)}'" if rest else ""
    accepted = accepted_keys(Scorecard, problem["loc"][:-1]) if problem["type"] == "extra_forbidden" else []
    listed = f"; accepted: {', '.join(accepted)}" if accepted else ""
    return f"{name}: {place}{key}: {wrong(problem)}{listed}."
