"""What a run has to say of curves and values before anybody reads them."""

from __future__ import annotations

import numpy as np

from serving.artefact import Artefact
from training.history import History
from training.outlook.amounts import FEWEST, amounts_of


def outlook_notes(history: History, served: Artefact) -> list[str]:
    """Sentences on odd amounts, on a value that cannot be told, on horizons at which leads are all alike."""
    found, asked = [], history.recipe.recipe
    outlook = served.outlook
    when = outlook.when if outlook else None
    if when is None and len(asked.horizons) > 1:
        found.append("no lead is known to have converted within one of the horizons: no curve is told")
    alike = [split.days for split in when.splits if split.model is None] if when else []
    if alike:
        days = ", ".join(f"{one:g}" for one in alike)
        found.append(
            f"too few leads converted sooner than within {days} days, or later, to tell them apart: for that "
            "horizon every lead gets the same share of its probability"
        )
    if asked.value:
        rows = np.arange(len(history.labelled.frame))
        known = amounts_of(history, rows)
        found += known.notes
        if outlook is None or outlook.amount is None:
            leads = history.labelled.n_leads(known.rows)
            found.append(f"amounts of {leads:,} won leads are known, {FEWEST} are needed: no value is told")
    return found
