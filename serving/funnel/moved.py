"""What would happen if a share of the budget moved from one group to another: one stated assumption."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict

from features import LeadscoreError
from serving.funnel.figures import Estimate, figure_of
from serving.funnel.funnel import Funnel
from serving.funnel.group import LeadGroup

_DRAWS = 4_000
ASSUMPTION = (
    "Assumed: further leads of a group cost and convert as its leads did. In truth the next lead is often "
    "dearer and colder than the last, so take the figure as the best case, and move in small steps."
)


class BudgetMoved(BaseModel):
    """A budget moved from one group to another: leads and customers more or fewer, with intervals."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    target: str
    amount: float
    leads: float
    customers: Estimate
    assumption: str = ASSUMPTION

    def words(self, currency: str) -> str:
        """One sentence."""
        figure = self.customers
        sum_of = f"{self.amount:,.0f} {currency}".strip()
        return (
            f"{sum_of} moved from {self.source} to {self.target}: {self.leads:+,.0f} leads, "
            f"{figure.value:+,.1f} customers within the horizon [{figure.low:+,.1f}, {figure.high:+,.1f}]."
        )


def move(funnel: Funnel, source: str, target: str, share: float) -> BudgetMoved:
    """Moves `share` (0–1) of the cost of group `source` to `target`.

    Raises:
        LeadscoreError: a group is not there or has no costs, or none of its leads has matured.
    """
    (one, cost, price), (other, _, other_price) = _paid(funnel, source), _paid(funnel, target)
    amount = share * cost
    fewer, more = amount / price, amount / other_price
    rng = np.random.default_rng(7)
    lost, won = (_draws(group, rng) for group in (one, other))
    change = more * won - fewer * lost
    expected = more * _rate(other) - fewer * _rate(one)
    return BudgetMoved(
        source=source, target=target, amount=amount, leads=more - fewer, customers=figure_of(change, expected)
    )


def _paid(funnel: Funnel, name: str) -> tuple[LeadGroup, float, float]:
    """The group of that name, its cost, and that of one of its leads."""
    found = next((group for group in funnel.groups if group.name.casefold() == name.casefold()), None)
    if found is None:
        raise LeadscoreError(
            f"there is no {funnel.by} '{name}'.",
            f"There are: {', '.join(group.name for group in funnel.groups)}.",
        )
    if not found.cost_per_lead or _counts(found)[1] == 0:
        missing = "no costs" if not found.cost_per_lead else "no lead that has matured"
        raise LeadscoreError(
            f"{funnel.by} '{name}' has {missing}, so nothing says what its budget brings.",
            "Give its costs with --costs, or choose another.",
        )
    return found, found.cost or 0.0, found.cost_per_lead


def _counts(group: LeadGroup) -> tuple[int, int]:
    """Customers within the horizon, and the matured leads that they are of."""
    step = next(step for step in group.steps if step.name == "customer")
    rate = step.from_creation.value
    return (round((rate or 0.0) * step.from_creation_of), step.from_creation_of)


def _rate(group: LeadGroup) -> float:
    reached, of = _counts(group)
    return reached / of


def _draws(group: LeadGroup, rng: np.random.Generator) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    reached, of = _counts(group)
    return rng.beta(reached + 0.5, of - reached + 0.5, _DRAWS)
