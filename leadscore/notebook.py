"""Leads scored in one line of a notebook, by whatever answers here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing the command costs no layer
    import pandas as pd

    from features.language import Language
    from serving.returned import FrameScores


def score(
    leads: pd.DataFrame,
    events: pd.DataFrame | None = None,
    *,
    recipe: str | Path | None = None,
    model: str | Path | None = None,
    as_of: str | None = None,
    reasons: int = 3,
    language: Language | None = None,
) -> FrameScores:
    """The score of each row of `leads`, in order; a notebook shows them as a table.

    By `model` (an artefact's folder or `models:/NAME@ALIAS`), else by the champion, else by the scorecard of
    `recipe` (default: ./recipe.toml, where it is). Without `events` every lead is scored without what it did.
    `as_of` is a date or moment in ISO 8601, else now. Reasons are told in `language` ("en" or "fr"), else in
    the recipe's. Where a ledger is here, who objects to profiling is scored by nothing, and
    it tells of the other leads of accounts.

    Raises:
        LeadscoreError: nothing is here to answer with, or the leads lack what no lead can be read without.
    """
    from features.recipe import load_recipe
    from leadscore.ledger_files import neighbours_here, standing_here
    from leadscore.options import moment_of
    from serving.answer import open_ladder
    from serving.batch import score_frame

    here = Path("recipe.toml")
    path = Path(recipe) if recipe else here if here.exists() and not model else None
    loaded = load_recipe(path) if path else None
    opened = open_ladder(loaded, model, folder=path.parent if path else None)
    used = opened.ladder.recipe
    moment = moment_of(as_of, used.recipe.zone)
    return score_frame(
        used, opened.ladder.told_in(language), leads, events, as_of_us=moment, reasons=reasons,
        standing=standing_here(), neighbours=neighbours_here(),
    )  # fmt: skip
