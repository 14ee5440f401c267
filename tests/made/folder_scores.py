"""What `discover` makes of a made folder, part by part, against what is true of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from features.discovery import discover
from features.errors import LeadscoreError
from features.recipe.file import parse_recipe
from features.recipe.recipe import Recipe
from tests.made.folders import MadeFolder

PARTS = ("leads", "outcome", "id", "time", "joins", "told")
_JOINED = re.compile(r"LEFT JOIN .*?read_csv\('([^']+)'.*= a\.\"?([^\"\n]+)", re.DOTALL)


@dataclass(frozen=True)
class Judged:
    """For each part that the folder has a truth of, whether it was found; and what was said.

    "told" is what must be said: an error where one is right, a doubt where two columns could be the outcome.
    """

    name: str
    parts: dict[str, bool]
    said: str

    @property
    def right(self) -> bool:
        """Whether all was found."""
        return all(self.parts.values())


def judge(made: MadeFolder) -> Judged:
    """The folder as `discover` understands it."""
    try:
        found = discover(made.files, folder=made.files[0].parent)
        recipe = parse_recipe(found.recipe_toml)
    except LeadscoreError as error:
        if made.refused is not None:
            return Judged(made.name, {"told": made.refused in str(error)}, str(error))
        missed = PARTS if made.doubtful else PARTS[:-1]
        return Judged(made.name, dict.fromkeys(missed, False), str(error))
    said = " | ".join(found.remarks)
    if made.refused is not None:
        return Judged(made.name, {"told": False}, said)
    parts = {
        "leads": made.leads in f"{recipe.tables.leads.file} {recipe.tables.leads.sql}",
        "outcome": recipe.outcomes.column == made.outcome and recipe.outcomes.won == (made.won,),
        "id": recipe.lead.id == made.id,
        "time": recipe.lead.created_at == made.created,
        "joins": _joins(recipe) == dict(made.joins),
    }
    if made.doubtful:
        parts["told"] = "could be the outcome too" in said
    return Judged(made.name, parts, said)


def table_of_parts(judged: Iterable[Judged]) -> list[tuple[str, int, int]]:
    """(part, in how many folders it was found, of how many that have it)."""
    rows = list(judged)
    return [
        (part, sum(one.parts.get(part, False) for one in rows), sum(part in one.parts for one in rows))
        for part in PARTS
    ]


def _joins(recipe: Recipe) -> dict[str, str]:
    """File → column: of the events, and of the accounts that the leads' SELECT joins."""
    found: dict[str, str] = {}
    if recipe.tables.events is not None and recipe.events is not None:
        found[str(recipe.tables.events.file)] = recipe.events.lead_id
    accounts = _JOINED.search(recipe.tables.leads.sql or "")
    return found | ({accounts[1]: accounts[2].strip()} if accounts else {})
