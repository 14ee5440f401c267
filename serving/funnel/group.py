"""One group of leads: how many came, how far they went, how they were worked, what they cost and bring."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from serving.funnel.figures import (
    ContactFigures,
    Estimate,
    StepFigures,
    contacts_of,
    figure_of,
    mean_amount,
    open_leads,
    over,
    rate,
    reached_from_creation,
    steps_of,
    value_draws,
)
from serving.funnel.journeys import Journeys
from serving.funnel.scored import Scored
from serving.funnel.spend import Spend

ALL = "all"


class LeadGroup(BaseModel):
    """One group of leads, or all of them; null where nothing tells."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    leads: int
    open: int
    customers: int
    maturing: int
    """Leads created less than a horizon before the end: what becomes of them is not known yet."""
    completed: Estimate | None
    """Customers so far and those that the scores expect of the open leads."""
    steps: list[StepFigures]
    contacts: ContactFigures | None
    refused: Estimate
    """Of the leads that marketing qualified and that ended without sales' acceptance or as customers, and of
    those accepted, the share that sales refused."""
    hot: int | None
    hot_in_time: Estimate | None
    """Of the hot leads in the scores, the share contacted since they were scored hot, or before."""
    cost: float | None
    cost_per_lead: float | None
    cost_per: dict[str, Estimate]
    """Stage → cost of one lead that reaches it within the horizon."""
    amount: float | None
    """Mean amount of a customer."""
    value_per_lead: Estimate | None
    returned: Estimate | None
    """Expected amount per lead over the cost per lead."""


def group_of(
    name: str, leads: pd.DataFrame, found: Journeys, spend: Spend | None, scores: Scored | None
) -> LeadGroup:
    """The figures of `leads`, called `name`; of all of them where it is ALL."""
    is_open = open_leads(leads)
    steps = steps_of(leads, found)
    maturing = (leads["lead_us"] + found.horizon_us > found.end_us).to_numpy(bool) if found.dated else is_open
    customers = leads["customer_us"].notna().to_numpy(bool)
    reached, matured = reached_from_creation(leads, "customer", found)
    amounts = leads["amount"].to_numpy(float)
    company = found.leads["amount"].to_numpy(float)
    draws, expected = value_draws(reached, matured, amounts, company), mean_amount(amounts, company)
    value = None
    if draws is not None and expected is not None:
        value = figure_of(draws, reached / matured * expected)
    mean = float(np.nanmean(amounts)) if np.isfinite(amounts).any() else None
    cost, per_lead = _cost(name, spend)
    return LeadGroup(
        name=name,
        leads=len(leads),
        open=int(is_open.sum()),
        customers=int(customers.sum()),
        maturing=int(maturing.sum()),
        completed=None if scores is None else scores.completed(leads["lead_id"], customers, is_open),
        steps=steps,
        contacts=contacts_of(leads, found),
        refused=_refused(leads),
        hot=None if scores is None else scores.hot(leads),
        hot_in_time=None if scores is None else scores.in_time(leads),
        cost=cost,
        cost_per_lead=per_lead,
        cost_per=_costs_per(per_lead, steps),
        amount=mean,
        value_per_lead=value,
        returned=_returned(value, per_lead),
    )


def _cost(name: str, spend: Spend | None) -> tuple[float | None, float | None]:
    if spend is None:
        return None, None
    if name == ALL:
        cost, leads = spend.total, sum(spend.leads.values())
    else:
        cost, leads = spend.by_group.get(name, 0.0), spend.leads.get(name, 0)
    if not leads or (name != ALL and name not in spend.by_group):
        return (cost or None), None
    return cost, cost / leads


def _costs_per(per_lead: float | None, steps: list[StepFigures]) -> dict[str, Estimate]:
    if per_lead is None:
        return {}
    return {step.name: over(per_lead, step.from_creation) for step in steps}


def _returned(value: Estimate | None, per_lead: float | None) -> Estimate | None:
    if value is None or not per_lead or value.value is None or value.low is None or value.high is None:
        return None
    return Estimate(value=value.value / per_lead, low=value.low / per_lead, high=value.high / per_lead)


def _refused(leads: pd.DataFrame) -> Estimate:
    qualified = leads["mql_us"].notna()
    accepted = qualified & leads["sal_us"].notna()
    refused = qualified & leads["sal_us"].isna() & leads["disqualified_us"].notna()
    return rate(int(refused.sum()), int((accepted | refused).sum()))
