"""The common mistakes in how leads are bought and worked, named where the figures are sure enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from serving.funnel.figures import Estimate
from serving.funnel.journeys import Journeys
from serving.page import percent, plain, with_ends

if TYPE_CHECKING:
    from serving.funnel.funnel import LeadGroup

_NEVER = 0.05
"""A share of leads that nobody contacted, sure to be above this, is told."""
_ONCE = 0.3
_REFUSED = 0.4
_NO_SHOW = 0.25
_HOT_LEAST = 5


def findings_of(whole: LeadGroup, groups: Sequence[LeadGroup], journeys: Journeys) -> list[str]:
    """One sentence a mistake, with the figure it rests on; only what an interval is sure of."""
    found = [*_work(whole), *_dear(groups), *_quantity(groups)]
    silent = [group for group in groups if _quiet(group, journeys)]
    if silent:
        names = ", ".join(f"{group.name} ({group.leads:,} leads)" for group in silent[:5])
        found.append(f"No customer from: {names}; the rate of all leads would have brought some.")
    return found


def _work(whole: LeadGroup) -> list[str]:
    found, contacts = [], whole.contacts
    if contacts is not None:
        if _above(contacts.never, _NEVER):
            found.append(f"Leads never contacted: {_share(contacts.never)} of those older than a week.")
        if _above(contacts.once_only, _ONCE):
            found.append(
                f"No second attempt: {_share(contacts.once_only)} of the contacted open leads got one."
            )
        if _above(contacts.no_show, _NO_SHOW):
            found.append(f"Meetings missed: {_share(contacts.no_show)} of those held or missed.")
    if _above(whole.refused, _REFUSED):
        found.append(
            f"Sales refuse many qualified leads: {_share(whole.refused)}; "
            "agree anew on what qualifies a lead."
        )
    if whole.hot and whole.hot >= _HOT_LEAST and whole.hot_in_time and whole.hot_in_time.value is not None:
        waiting = whole.hot - round(whole.hot_in_time.value * whole.hot)
        if waiting:
            found.append(f"Hot leads wait: {waiting:,} of {whole.hot:,} hot leads were never contacted.")
    return found


def _dear(groups: Sequence[LeadGroup]) -> list[str]:
    """Groups that surely bring less than they cost."""
    return [
        f"Paid dearly: {group.name} brings {plain(group.returned.value or 0)} for each 1 spent, "
        f"at most {plain(group.returned.high)} (95 %)."
        for group in groups
        if group.returned is not None and group.returned.high is not None and group.returned.high < 1
    ]


def _quantity(groups: Sequence[LeadGroup]) -> list[str]:
    """The cheapest lead that is surely the dearer customer of another group."""
    priced = [one for one in groups if one.cost_per_lead and "customer" in one.cost_per]
    found = []
    for cheap in priced:
        for other in priced:
            mine, theirs = cheap.cost_per["customer"], other.cost_per["customer"]
            if not (cheap.cost_per_lead and other.cost_per_lead) or mine.low is None or theirs.high is None:
                continue
            if cheap.cost_per_lead < other.cost_per_lead and mine.low > theirs.high:
                found.append(
                    f"Quantity over quality: a lead of {cheap.name} costs {plain(cheap.cost_per_lead)}, "
                    f"one of {other.name} {plain(other.cost_per_lead)}; a customer costs "
                    f"{plain(mine.value) if mine.value else 'at least ' + plain(mine.low)} against "
                    f"{plain(theirs.value or 0)}."
                )
                break
    return found


def _quiet(group: LeadGroup, journeys: Journeys) -> bool:
    """No customer although so many leads have matured that one in twenty such groups at most has none."""
    last = next((step for step in group.steps if step.name == "customer"), None)
    return last is not None and group.customers == 0 and (last.from_creation.high or 1.0) < _overall(journeys)


def _overall(journeys: Journeys) -> float:
    from serving.funnel.figures import reached_from_creation

    reached, matured = reached_from_creation(journeys.leads, "customer", journeys)
    return reached / matured if matured else 0.0


def _above(figure: Estimate, least: float) -> bool:
    return figure.low is not None and figure.low > least


def _share(figure: Estimate) -> str:
    return with_ends(figure.value, (figure.low, figure.high), percent)
