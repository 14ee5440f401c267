"""The lot: which leads are worked whatever their score, the same for whoever asks."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from features.clock import from_us
from features.recipe import Recipe


@dataclass(frozen=True)
class Arrived:
    """A lead as a draw looks at it."""

    lead_id: str
    account: str | None
    created_us: int


def drawn(recipe: Recipe, lead: Arrived) -> bool:
    """Whether the recipe's exploration draws the lead; HMAC-SHA256 of its unit decides, whoever asks.

    >>> from features.recipe import parse_recipe
    >>> text = '[tables]\\nleads = "l.csv"\\n[exploration]\\nshare = 0.5'
    >>> [drawn(parse_recipe(text), Arrived(name, None, 0)) for name in "abcd"]
    [False, True, True, True]
    """
    plan = recipe.exploration
    if plan is None:
        return False
    week = "-".join(str(part) for part in from_us(lead.created_us).isocalendar()[:2])
    unit = {"lead": lead.lead_id, "account": lead.account or lead.lead_id, "week": week}[plan.unit]
    found = hmac.new(plan.key.encode(), f"{plan.unit} {unit}".encode(), hashlib.sha256).digest()
    return int.from_bytes(found[:8]) < plan.share * 2**64
