"""Reads a recipe from TOML, and says what is wrong in the words of the file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from features.errors import LeadscoreError, near
from features.recipe.recipe import Recipe
from features.refused import accepted_keys, wrong

_REMEDY = "Correct the file; 'leadscore init' writes a recipe with every section explained."


_CHECK = "  # check: "


def load_recipe(path: Path | str) -> Recipe:
    """The recipe in the TOML file `path`.

    Raises:
        LeadscoreError: the file is absent, is not TOML, or a key or value is not accepted; the message names
            section, key and what is accepted.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise LeadscoreError(f"{path}: no such recipe.", "Make one with 'leadscore init EXPORT'.") from None
    except (UnicodeDecodeError, IsADirectoryError):
        raise LeadscoreError(f"{path}: is not a text file.", "Name a recipe in TOML.") from None
    return parse_recipe(text, source=path.name, folder=path.parent)


def lines_to_check(text: str) -> list[str]:
    """The lines of a recipe on which 'leadscore init' was not sure: what it wrote, and what to check.

    A person who has looked deletes the comment.

    >>> lines_to_check('column = "Customer"  # check: likely, by its name')
    ['column = "Customer": likely, by its name']
    """
    marked = [line.rpartition(_CHECK) for line in text.splitlines() if _CHECK in line]
    return [f"{written.strip()}: {doubt}" for written, _, doubt in marked]


def parse_recipe(text: str, source: str = "recipe.toml", folder: Path | None = None) -> Recipe:
    """The recipe in the TOML `text`; `source` names it in errors.

    An `agreement` that it names is looked for in `folder`: its `[bands]` and `[stages]` are the recipe's.

    Raises:
        LeadscoreError: as `load_recipe`.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LeadscoreError(f"{source}: is not valid TOML: {error}.", _REMEDY) from None
    agreed = _agreed(content, source, folder)
    try:
        recipe = Recipe.model_validate(content | agreed)
    except ValidationError as error:
        problems = [_sentence(source, problem) for problem in error.errors(include_url=False)]
        raise LeadscoreError("\n".join(problems), _REMEDY) from None
    misfits = [
        f"{source}: [lead.fields.{name}] {field.misfit}."
        for name, field in recipe.lead.fields.items()
        if field.misfit
    ]
    if misfits:
        raise LeadscoreError("\n".join(misfits), _REMEDY)
    return recipe


_AGREED = ("bands", "stages")
"""Sections that marketing and sales may write in a file of their own."""


def _agreed(content: dict[str, Any], source: str, folder: Path | None) -> dict[str, Any]:
    """The sections of the agreement that a recipe names; none without one, or without a folder to look in.

    Raises:
        LeadscoreError: the file cannot be read, or a section stands in both.
    """
    name = content.get("agreement")
    if not isinstance(name, str) or folder is None:
        return {}
    try:
        agreement = tomllib.loads((folder / name).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise LeadscoreError(
            f"{source}: agreement '{name}': no such text file.", "Correct the path."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise LeadscoreError(f"{name}: is not valid TOML: {error}.", "Correct the agreement.") from None
    for section in _AGREED:
        if section in content and section in agreement:
            raise LeadscoreError(f"{source}: [{section}] stands in {name} too.", "Keep it in one of the two.")
    return {section: agreement[section] for section in _AGREED if section in agreement}


def _sentence(source: str, problem: Any) -> str:
    """One pydantic error as `file: [section] key what is wrong; what is accepted.`"""
    where = [str(part) for part in problem["loc"]]
    section, key = where[:-1], (where[-1] if where else "")
    if key.isdigit() and section:  # the place in a list
        section, key = section[:-1], f"{section[-1]}, item {int(key) + 1},"
    place = f"[{'.'.join(section)}] " if section else ""
    said = wrong(problem)
    match problem["type"]:
        case "extra_forbidden":
            return f"{source}: {place}key '{key}' {said}{_nearest(section, key)}."
        case "missing":
            return f"{source}: {place}key '{key}' {said}."
        case "literal_error":
            return f"{source}: {place}{key} '{problem['input']}' {said}."
        case _:
            return f"{source}: {place}{key} {said}."


def _nearest(section: list[str], key: str) -> str:
    """The accepted keys of a section, the nearest to `key` first."""
    keys = accepted_keys(Recipe, section)
    if not keys:
        return ""
    meant = near(key, keys)
    hint = f"; did you mean '{meant}'?" if meant else ""
    return f"{hint or ';'} Accepted: {', '.join(keys)}"
