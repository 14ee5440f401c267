"""Whether amounts can be added: they are in one currency."""

from __future__ import annotations

from collections import Counter
from typing import Any

from features.cells.currencies import currency_of
from features.errors import LeadscoreError
from features.recipe import Recipe
from features.sql import named


def require_one_currency(con: Any, recipe: Recipe, view: str) -> None:
    """Refuse outcomes whose amounts are in several currencies, as their cells or a column of `view` say.

    Raises:
        LeadscoreError: they are; with how many rows are in which.
    """
    outcomes = recipe.outcomes
    amount = named(str(outcomes.amount))
    said, filled = named(outcomes.currency or str(outcomes.amount)), f"WHERE {amount} IS NOT NULL"
    if outcomes.currency is None:  # numbers say nothing: only texts with more than digits are looked at
        filled += f" AND TRY_CAST({amount} AS DOUBLE) IS NULL"
    query = f"SELECT {said}::VARCHAR, count(*) FROM {view} {filled} GROUP BY 1"
    found: Counter[str] = Counter()
    for text, rows in con.raw_sql(query).fetchall():
        cell = (text or "").strip()
        code = cell.upper() if outcomes.currency is not None else currency_of(cell)
        if code:
            found[code] += rows
    if len(found) > 1:
        listed = ", ".join(f"{rows:,} in {code}" for code, rows in sorted(found.items()))
        raise LeadscoreError(
            f"recipe: [recipe] value asks what leads are worth, and the outcomes' amounts in column "
            f"'{outcomes.amount}' are in {len(found)} currencies ({listed}): they cannot be added.",
            "Convert them to one currency (a table in [tables] may be a SELECT), or leave 'value' out.",
        )
