"""Which outcomes were influenced by the company's own calls."""

from __future__ import annotations

import pandas as pd

from features.recipe import Recipe
from features.sql import quoted
from features.tables import Tables


def called_words(recipe: Recipe, tables: Tables, frame: pd.DataFrame) -> list[str]:
    """How many of the leads in `frame` (lead_id) were called, and what that means for a model of them.

    Nothing where the recipe has no [exploration]: then nobody knows what calls do.
    """
    kinds = [
        kind for kind, means in (recipe.events.kinds if recipe.events else {}).items() if means == "contact"
    ]
    if recipe.exploration is None or tables.events is None or not kinds or not len(frame):
        return []
    named = ", ".join(quoted(kind) for kind in kinds)
    rows = tables.con.raw_sql(
        f"SELECT DISTINCT l.lead_id FROM events e JOIN leads l USING (row) WHERE e.kind IN ({named})"
    ).fetchall()
    leads = set(frame["lead_id"])
    share = len(leads & {lead for (lead,) in rows}) / len(leads)
    return [
        f"outcomes were influenced by calls: {share:.0%} of the leads learned from were called, the others "
        "show what comes without; 'leadscore effect' measures how far that bends the model"
    ]
