"""A plan kept in the ledger, from where a push brings it to the CRM: scores with the plan's next action."""

from __future__ import annotations

from collections.abc import Iterator

from features.clock import to_us
from features.progress import Tick
from serving.answer import Opened
from serving.ledger import Ledger, ScoreGiven, Writer
from serving.ledger.decisions import OWNER
from serving.ledger.sent import DecisionSent
from serving.planning.assign import PlannedLead
from serving.planning.plan import Plan
from serving.planning.recommend import What
from serving.score import Action, NextAction

_ACTIONS: dict[What, Action] = {
    "call": "call", "write": "write", "book": "call", "nurture": "nurture", "complete": "complete",
    "recycle": "wait", "wait": "wait", "drop": "none",
}  # fmt: skip
"""What an answer calls a recommendation; where it has no word of its own, the reason says which it was."""
_AT_ONCE = 500


def keep_plan(ledger: Ledger, plan: Plan, opened: Opened, progress: Tick | None = None) -> int:
    """Keep the scores of `plan`, which `opened` answered, with what the plan makes of them; how many.

    A lead that could not be scored has no answer that could be kept. The same plan kept twice is one.

    Raises:
        LeadscoreError: the ledger cannot keep them.
    """
    rows: list[ScoreGiven | DecisionSent] = [*_answers(plan, opened), *_owners(plan)]
    with Writer(ledger) as writer:
        for first in range(0, len(rows), _AT_ONCE):
            writer.submit(rows[first : first + _AT_ONCE]).result()
            if progress is not None:
                progress(min(first + _AT_ONCE, len(rows)), len(rows))
    return sum(isinstance(row, ScoreGiven) for row in rows)


def _owners(plan: Plan) -> Iterator[DecisionSent]:
    """Whom the plan gave leads that had nobody, where they go by load: the next plan leaves them there."""
    for lead in plan.leads:
        if plan.by_load and lead.given and lead.owner is not None and lead.step.what != "drop":
            why, at = "fewest open leads", to_us(plan.now)
            yield DecisionSent("leadscore plan", lead.lead_id, OWNER, at, "leadscore plan", why, lead.owner)


def _answers(plan: Plan, opened: Opened) -> Iterator[ScoreGiven]:
    for lead in plan.leads:
        if lead.score.status == "error":
            continue
        score = lead.score.model_copy(update={"next_action": _next_action(lead)})
        who = opened.version, opened.ladder.recipe.hash
        yield ScoreGiven.of(score, lead.lead_id, to_us(plan.now), *who)


def _next_action(lead: PlannedLead) -> NextAction:
    """The plan's recommendation as an answer words it; a step of a sequence is part of the reason."""
    step = lead.step
    action: Action = "do_not_contact" if lead.score.status == "opted_out" else _ACTIONS[step.what]
    reason = "; ".join(part for part in (step.why, step.step, lead.note) if part)
    return NextAction(action=action, deadline=step.due, reason=reason)
