"""Stages that a CRM derives from what it sees: MQL, SAL, SQL, opportunity, and the ending.

A stage follows from visible events alone, at the moment the deciding event is ingested, so that it tells
nothing that the events do not; the limit needs no stages.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.simulator.chain import Chain
from data.simulator.firms import Firms
from data.simulator.lives import OPEN, WON, Lives
from data.simulator.seasons import Ints
from features.columns import Floats

# The first event of a kind makes the stage, unless a later stage was reached before.
STAGE_KINDS = {
    "mql": ("form_submit", "download", "webinar_attended", "event_visit", "pricing_view"),
    "sal": ("call_attempt",),
    "sql": ("demo_request", "meeting_held"),
    "opportunity": ("quote_request",),
}
STAGES = (*STAGE_KINDS, "won", "lost")
NEVER = np.iinfo(np.int64).max
PRIVATE_AMOUNT, FIRM_AMOUNT = 900.0, 6_000.0


@dataclass(frozen=True)
class OutcomeRows:
    """Rows of the outcomes table sorted by moment: lead, position in STAGES, moment, amount (NaN: none)."""

    lead: Ints
    stage: Ints
    at: Ints
    amount: Floats


def outcomes_of(chain: Chain, lives: Lives, amounts: Floats, until: int) -> OutcomeRows:
    """Every stage a lead reached while it was open and before `until`, and how it ended."""
    reached = np.stack([_first_seen(chain, lives, kinds) for kinds in STAGE_KINDS.values()], axis=1)
    mql, sal, sql, opportunity = reached.T
    # Sales accepts what marketing has qualified: a call before that is prospecting.
    sal = np.where((mql < NEVER) & (sal < NEVER), np.maximum(mql, sal), NEVER)
    reached = np.stack([mql, sal, sql, opportunity], axis=1)
    later = np.minimum.accumulate(reached[:, ::-1], axis=1)[:, ::-1]
    later = np.concatenate([later[:, 1:], np.full((len(later), 1), NEVER)], axis=1)
    kept = (reached < later) & (reached < lives.closed[:, None]) & (reached <= until)
    lead, stage = np.nonzero(kept)
    ended = np.flatnonzero(lives.ending != OPEN)
    ending = np.where(lives.ending[ended] == WON, STAGES.index("won"), STAGES.index("lost"))
    lead_of, stage_of = np.concatenate([lead, ended]), np.concatenate([stage, ending])
    at = np.concatenate([reached[lead, stage], lives.closed[ended]])
    priced = np.isin(stage_of, [STAGES.index("opportunity"), STAGES.index("won")])
    order = np.lexsort((stage_of, lead_of, at))
    return OutcomeRows(
        lead_of[order], stage_of[order], at[order], np.where(priced, amounts[lead_of], np.nan)[order]
    )


def _first_seen(chain: Chain, lives: Lives, kinds: tuple[str, ...]) -> Ints:
    """When the first event of one of the kinds was ingested, by lead; NEVER without one."""
    first = np.full(len(lives.ending), NEVER)
    chosen = np.isin(lives.kind, [chain.kinds.index(kind) for kind in kinds])
    np.minimum.at(first, lives.lead[chosen], lives.ingested[chosen])
    return first


def draw_amounts(rng: np.random.Generator, firms: Firms, firm: Ints) -> Floats:
    """Deal amounts in euros by lead: they grow with the root of employees, and know nothing of intent."""
    noise = rng.lognormal(0.0, 0.5, len(firm))
    firm_amount = FIRM_AMOUNT * np.sqrt(firms.employees[firm] / 50)
    return np.round(np.where(firm < 0, PRIVATE_AMOUNT, firm_amount) * noise, 2)
