"""Leads drawn where they are scored: the draw is recorded before anybody hears the score."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic

from features.errors import LeadscoreError
from features.lead import Lead
from features.recipe import Recipe
from serving.asked import DRAWN
from serving.exploration.kept import draw_others, draws_known
from serving.exploration.lot import Arrived
from serving.ledger import Ledger
from serving.score import Score
from serving.words.translation import translated

_NOT_RECORDED = "no draw for exploration: the ledger could not record it"


def with_draws(
    ledger: Ledger,
    recipe: Recipe,
    answers: Sequence[tuple[Lead | None, Score]],
    now_us: int,
    within: float | None = None,
) -> list[Score]:
    """The scores of `answers`, those of drawn leads saying so; who was never drawn for is drawn and recorded.

    Drawn for are leads that were scored and whose date of creation is known. Where the ledger cannot be
    read or written, or not `within` so many seconds, who has no draw there is not drawn, and a warning says
    so: what is not recorded before the work is no draw.
    """
    scores = [score for _, score in answers]
    if recipe.exploration is None:
        return scores
    arrived = {
        lead.lead_id: Arrived(lead.lead_id, lead.account_id, lead.created_us)
        for lead, score in answers
        if lead is not None and lead.created_us is not None and score.probability is not None
    }
    if not arrived:
        return scores
    leads, known = list(arrived.values()), dict[str, bool]()
    until = monotonic() + (within or 0.0)
    try:
        known = draws_known(ledger, leads, within)
        left = None if within is None else max(until - monotonic(), 0.0)
        known |= draw_others(ledger, recipe, leads, known, now_us, "leadscore score", left)
    except LeadscoreError:
        pass
    return [
        one if one.lead_id not in arrived or one.probability is None else _told(one, known.get(one.lead_id))
        for one in scores
    ]


def _told(score: Score, chosen: bool | None) -> Score:
    """`score` with its draw, None where that could not be recorded."""
    if score.drawn or chosen is False:
        return score
    said = [translated(DRAWN if chosen else _NOT_RECORDED, score.language), *score.warnings]
    return score.model_copy(update={"drawn": bool(chosen), "warnings": said})
