"""Leads drawn where they are scored: the draw is recorded before anybody hears the score."""

from __future__ import annotations

from collections.abc import Sequence

from features.errors import LeadscoreError
from features.lead import Lead
from features.recipe import Recipe
from serving.asked import DRAWN
from serving.exploration.kept import record_draws
from serving.exploration.lot import Arrived
from serving.ledger import Ledger
from serving.score import Score
from serving.words.translation import translated


def with_draws(
    ledger: Ledger, recipe: Recipe, answers: Sequence[tuple[Lead | None, Score]], now_us: int
) -> list[Score]:
    """The scores of `answers`, those of drawn leads saying so; who was never drawn for is drawn and recorded.

    Drawn for are leads that were scored and whose date of creation is known. Where the ledger cannot be
    written nobody is drawn, and none is told so: what is not recorded before the work is no draw.
    """
    scores = [score for _, score in answers]
    if recipe.exploration is None:
        return scores
    arrived = {
        lead.lead_id: Arrived(lead.lead_id, lead.account_id, lead.created_us)
        for lead, score in answers
        if lead is not None and lead.created_us is not None and score.probability is not None
    }
    try:
        chosen = record_draws(ledger, recipe, list(arrived.values()), now_us, "leadscore score")
    except LeadscoreError:
        return scores
    return [_drawn(one) if one.lead_id in chosen and one.probability is not None else one for one in scores]


def _drawn(score: Score) -> Score:
    if score.drawn:
        return score
    said = translated(DRAWN, score.language)
    return score.model_copy(update={"drawn": True, "warnings": [said, *score.warnings]})
