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
_JOINED = re.compile(r"LEFT JOIN [^\n]*read_csv\('([^']+)'[^\n]*\n[^\n]*= a\d+\.\"?([^\"\n]+)")


@dataclass(frozen=True)
class Judged:
    """For each part that the folder has a truth of, whether it was found; and what was said.

    "told" is what must be said: an error where one is right, a doubt where two columns could be the outcome.
    `answered` is whether there is a recipe; `joined` counts joins that are right, that were made, that are
    true.
    """

    name: str
    parts: dict[str, bool]
    said: str
    answered: bool = True
    joined: tuple[int, int, int] = (0, 0, 0)

    @property
    def right(self) -> bool:
        """Whether all was found."""
        return all(self.parts.values())


def judge(made: MadeFolder) -> Judged:
    """The folder as `discover` understands it."""
    try:
        found = discover(made.files, folder=made.files[0].parent, **made.options)  # type: ignore[arg-type]
        recipe = parse_recipe(found.recipe_toml)
    except LeadscoreError as error:
        if made.refused is not None:
            return Judged(made.name, {"told": made.refused in str(error)}, str(error))
        missed = PARTS if made.doubtful or made.says else PARTS[:-1]
        return Judged(made.name, dict.fromkeys(missed, False), str(error), answered=False)
    said = " | ".join(found.remarks)
    if made.refused is not None:
        return Judged(made.name, {"told": False}, said)
    parts = {
        "leads": made.leads in f"{recipe.tables.leads.file} {recipe.tables.leads.sql}",
        "outcome": (recipe.outcomes.column or recipe.outcomes.stage) == made.outcome
        and recipe.outcomes.won == (made.won,),
        "id": recipe.lead.id == made.id,
        "time": recipe.lead.created_at == made.created,
        "joins": _joins(recipe) == dict(made.joins),
    }
    if made.doubtful:
        parts["told"] = "could be the outcome too" in said
    if made.says is not None:
        parts["told"] = made.says in said
    joins, true = _joins(recipe).items(), dict(made.joins).items()
    return Judged(made.name, parts, said, joined=(len(joins & true), len(joins), len(true)))


def rates_of_parts(judged: Iterable[Judged]) -> dict[str, tuple[int, int, int]]:
    """Part → how often it was right, how often it was answered, how often it is there.

    Right of answered is precision, right of there is recall. Joins are counted one by one.
    """
    rows = list(judged)
    rates = {
        part: (
            sum(one.parts.get(part, False) for one in rows),
            sum(part in one.parts and one.answered for one in rows),
            sum(part in one.parts for one in rows),
        )
        for part in PARTS
    }
    right, made, true = (sum(one.joined[place] for one in rows) for place in range(3))
    return rates | {"joins": (right, made, true)}


def table_of_parts(judged: Iterable[Judged]) -> list[tuple[str, int, int]]:
    """(part, in how many folders it was found, of how many that have it)."""
    rows = list(judged)
    return [
        (part, sum(one.parts.get(part, False) for one in rows), sum(part in one.parts for one in rows))
        for part in PARTS
    ]


def _joins(recipe: Recipe) -> dict[str, str]:
    """File → column: of the events, and of what the leads' SELECT joins."""
    found: dict[str, str] = {}
    events = None if recipe.tables.events is None else recipe.tables.events.file
    if events is not None and recipe.events is not None:  # else it is cut out of a log, which joins nothing
        found[events] = recipe.events.lead_id
    beside = _JOINED.findall(recipe.tables.leads.sql or "")
    return found | {file: column.strip() for file, column in beside}
