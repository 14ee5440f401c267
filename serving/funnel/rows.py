"""The funnel as rows: for the terminal, and as a table that a spreadsheet opens."""

from __future__ import annotations

from typing import Any

import pandas as pd

from serving.funnel.figures import in_words
from serving.funnel.funnel import Funnel
from serving.funnel.group import LeadGroup
from serving.page import percent, plain

VOLUME = ("leads", "open", "customers", "to customer", "cost", "per lead", "per customer", "return")
"""The columns of `terminal_rows` after the group's name."""


def terminal_rows(funnel: Funnel) -> list[list[Any]]:
    """One row a group, all leads last: name and VOLUME."""
    return [_short(one) for one in [*funnel.groups, funnel.all]]


def step_rows(funnel: Funnel) -> list[list[Any]]:
    """One row a step of all leads: from, to, matured leads, those that went on, the rate, median days."""
    found = []
    for before, step in zip(funnel.steps, funnel.all.steps, strict=False):
        days = "–" if step.median_days is None else plain(step.median_days)
        found.append([before, step.name, step.matured, step.reached, in_words(step.rate, percent), days])
    return found


def _short(one: LeadGroup) -> list[Any]:
    customer = next((step for step in one.steps if step.name == "customer"), None)
    return [
        one.name,
        one.leads,
        one.open,
        one.customers,
        in_words(customer.from_creation if customer else None, percent),
        "–" if one.cost is None else plain(one.cost),
        "–" if one.cost_per_lead is None else plain(one.cost_per_lead),
        in_words(one.cost_per.get("customer"), plain),
        in_words(one.returned, plain),
    ]


BANDS = ("maturity", "scored", "matured", "became customers", "expected", "contacted within a day")
"""The columns of `band_rows`."""


def band_rows(funnel: Funnel) -> list[list[Any]]:
    """One row a band of former scores, hot first."""
    return [
        [
            one.maturity,
            one.scored,
            one.matured,
            in_words(one.converted, percent),
            "–" if one.expected is None else percent(one.expected),
            in_words(one.answered, percent),
        ]
        for one in funnel.bands
    ]


def table_of(funnel: Funnel) -> pd.DataFrame:
    """One row a group and all leads last: every figure and the ends of its interval in columns."""
    return pd.DataFrame(
        [_flat(one.model_dump(), {funnel.by: one.name}) for one in [*funnel.groups, funnel.all]]
    )


def _flat(content: dict[str, Any], start: dict[str, Any]) -> dict[str, Any]:
    found = dict(start)
    for key, value in content.items():
        if key == "name":
            continue
        if key == "steps":
            for step in value:
                inner = {name: cell for name, cell in step.items() if name != "name"}
                found |= {f"{step['name']}_{name}": cell for name, cell in _flat(inner, {}).items()}
        elif isinstance(value, dict):
            found |= {f"{key}_{name}": cell for name, cell in _flat(value, {}).items()}
        else:
            found[key] = value
    return {
        name.removesuffix("_value") if name.endswith("_value") else name: cell for name, cell in found.items()
    }
