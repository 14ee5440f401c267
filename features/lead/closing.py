"""Is this stage won or lost? The Python reading and the engine's, side by side: a law compares them."""

from __future__ import annotations

from features.cells import MISSING_TEXTS, parse_date
from features.recipe import Recipe
from features.recipe.outcomes import Outcomes
from features.sql import TRIM, quoted

ANY_STAGE = "*"
"""In `won`: any filled stage that is not lost, for a table of deals or a column that only dates wins."""


def closing(outcomes: Outcomes, stage: str | None) -> str | None:
    """'won' or 'lost' when the recipe calls `stage` so (compared without case), else None."""
    if stage is None:
        return None
    plain = _plain(stage)
    if plain in _named(outcomes.won):
        return "won"
    if plain in _named(outcomes.lost):
        return "lost"
    return "won" if ANY_STAGE in outcomes.won and plain not in MISSING_TEXTS else None


def closing_sql(outcomes: Outcomes, stage: str) -> str:
    """`closing` as SQL over the text expression `stage`."""
    plain = f"lower(trim({stage}, '{TRIM}'))"
    named = {"won": _named(outcomes.won), "lost": _named(outcomes.lost)}
    branches = [f"WHEN {plain} IN ({_listed(texts)}) THEN '{end}'" for end, texts in named.items() if texts]
    if ANY_STAGE in outcomes.won:
        branches.append(f"WHEN {plain} NOT IN ({_listed(MISSING_TEXTS)}) THEN 'won'")
    return f"CASE {' '.join(branches)} END"


def closing_of_lead(recipe: Recipe, stage: str | None, as_of_us: int) -> str | None:
    """`closing` of what a lead itself says of its stage, at `as_of_us`.

    Where the outcome is only a date, one after as_of has not closed the lead. Of a table of outcomes
    `won = ["*"]` says that each of its rows is a win, not that each lead with a stage was won.
    """
    outcomes = recipe.outcomes
    end = closing(outcomes, stage)
    if end != "won" or ANY_STAGE not in outcomes.won:
        return end
    if (outcomes.column or outcomes.stage) != outcomes.occurred_at:
        named = outcomes.model_copy(update={"won": _but_any(outcomes.won)})
        return end if outcomes.column is not None else closing(named, stage)
    try:
        occurred = parse_date(stage, recipe.recipe.zone, "end", outcomes.occurred_format)
    except ValueError:
        return end if outcomes.column is not None else None
    return end if occurred <= as_of_us else None


def _but_any(won: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text for text in won if text != ANY_STAGE)


def _named(texts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(_plain(text) for text in texts if text != ANY_STAGE)


def _plain(text: str) -> str:
    """Stripped and in lower case, letter by letter as the engine does it (Σ at a word's end, Turkish İ)."""
    return "".join("i" if letter == "İ" else letter.lower() for letter in text.strip(TRIM))


def _listed(texts: frozenset[str]) -> str:
    return ", ".join(quoted(text) for text in sorted(texts))
