"""The common mistakes in how leads are bought and worked, named where the figures are sure enough."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from serving.funnel.figures import Estimate, in_words
from serving.page import percent, plain

if TYPE_CHECKING:
    from serving.funnel.group import LeadGroup

_NEVER = 0.05
"""A share of leads that nobody contacted, sure to be above this, is told."""
_ONCE = 0.3
_REFUSED = 0.4
_NO_SHOW = 0.25
_HOT_LEAST = 5


def findings_of(whole: LeadGroup, groups: Sequence[LeadGroup]) -> list[str]:
    """One sentence a mistake, with the figure it rests on; only what an interval is sure of."""
    found = [*_work(whole), *_dear(groups), *_quantity(groups)]
    silent = [group for group in groups if _quiet(group, whole)]
    if silent:
        names = ", ".join(f"{group.name} ({group.leads:,} leads)" for group in silent[:5])
        found.append(f"No customer from: {names}; the rate of all leads would have brought some.")
    return found


def _work(whole: LeadGroup) -> list[str]:
    found, contacts = [], whole.contacts
    if contacts is not None:
        never, once, missed = (
            in_words(share, percent) for share in (contacts.never, contacts.once_only, contacts.no_show)
        )
        if _above(contacts.never, _NEVER):
            found.append(f"Leads never contacted: {never} of those older than a week.")
        if _above(contacts.once_only, _ONCE):
            found.append(f"No second attempt: {once} of the contacted open leads got one.")
        if _above(contacts.no_show, _NO_SHOW):
            found.append(f"Meetings missed: {missed} of those held or missed.")
    if _above(whole.refused, _REFUSED):
        found.append(
            f"Sales refuse many qualified leads: {in_words(whole.refused, percent)}; "
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


def _quiet(group: LeadGroup, whole: LeadGroup) -> bool:
    """No customer although so many leads have matured that the rate of all is above its whole interval."""
    own, of_all = _to_customer(group), _to_customer(whole)
    if own is None or of_all is None or group.customers:
        return False
    return (own.high or 1.0) < (of_all.value or 0.0)


def _to_customer(group: LeadGroup) -> Estimate | None:
    """The share of a group's leads that becomes a customer, None where the history knows of none."""
    return next((step.from_creation for step in group.steps if step.name == "customer"), None)


def _above(figure: Estimate, least: float) -> bool:
    return figure.low is not None and figure.low > least
