"""The funnel of a company by group of its leads: volume, steps, work, money, and what is going wrong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict

from features import LeadscoreError, Recipe, Tables
from features.clock import from_us
from features.errors import nearest_name
from serving.funnel.bands import BandOutcome, ScoresBefore, band_findings, bands_of
from serving.funnel.cost_reports import CostReport
from serving.funnel.findings import findings_of
from serving.funnel.group import ALL, LeadGroup, group_of
from serving.funnel.journeys import STEPS, Journeys, journeys_of
from serving.funnel.renamed import renamed_words
from serving.funnel.scored import Scored
from serving.funnel.spend import Spend, spend_of_leads, spend_of_reports

GROUPINGS = ("origin", "campaign", "channel", "market", "month")
"""What leads can be grouped by beside the categories of the recipe."""
_MOST_GROUPS = 200


class Funnel(BaseModel):
    """The whole: all leads, then the groups, the largest first; and what must be known to read them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: str
    end: str
    horizon_days: float
    steps: list[str]
    currency: str
    all: LeadGroup
    groups: list[LeadGroup]
    bands: list[BandOutcome]
    """What became of leads by their former maturity; empty where no former score is known."""
    notes: list[str]
    findings: list[str]


def make_funnel(
    recipe: Recipe,
    tables: Tables,
    *,
    by: str = "origin",
    reports: Sequence[CostReport] = (),
    currency: str | None = None,
    scores: Scored | None = None,
    before: ScoresBefore | None = None,
) -> Funnel:
    """The funnel of a company's leads, grouped `by` one of GROUPINGS or by a category of the recipe.

    Costs are those of `reports`, or of the leads' own cost column. With `scores` (what `leadscore score`
    answered for the open leads) open cohorts are completed and hot leads looked at; with those `before` the
    bands are held against what became of their leads.

    Raises:
        LeadscoreError: no lead has what `by` groups by, or the costs cannot be added.
    """
    found = journeys_of(recipe, tables)
    groups = _groups(found, by)
    scores = None if scores is None else scores.without(found.leads)
    notes = _notes(found, scores)
    if by not in ("campaign", "month") and found.dated:  # campaigns follow one another by themselves
        notes += renamed_words(found.leads["lead_us"], groups, found.end_us)
    spend: Spend | None = None
    if reports:
        spend = spend_of_reports(found, groups, reports, currency)
    else:
        spend = spend_of_leads(found, groups, currency or "")
    notes += [] if spend is None else list(spend.words)
    parts = [
        group_of(str(name), found.leads[groups == name], found, spend, scores)
        for name in groups.value_counts().index[:_MOST_GROUPS]
    ]
    if by == "month":
        parts.sort(key=lambda group: group.name)
    whole = group_of(ALL, found.leads, found, spend, scores)
    bands = bands_of(before, found) if before is not None else []
    return Funnel(
        by=by,
        end=from_us(found.end_us).isoformat(),
        horizon_days=recipe.recipe.horizon_days,
        steps=list(found.steps),
        currency=spend.currency if spend else currency or "",
        all=whole,
        groups=parts,
        bands=bands,
        notes=notes,
        findings=[*findings_of(whole, parts), *band_findings(bands)],
    )


def _groups(found: Journeys, by: str) -> pd.Series[Any]:
    if by not in GROUPINGS:
        return _categories(found, by)
    cells = found.leads[by]
    if cells.isna().all() or (cells == "unknown").all() or (by == "month" and not found.dated):
        needs = {
            "origin": "a field with means = \"origin\"", "campaign": "a field with means = \"campaign\"",
            "market": "a field with means = \"market\"", "month": "[lead] created_at",
            "channel": "columns utm_source and utm_medium, or a click id",
        }  # fmt: skip
        others = [other for other in GROUPINGS if other != by and not (found.leads[other].isna().all())]
        raise LeadscoreError(
            f"no lead tells its {by}: the recipe or the table lacks {needs[by]}.",
            f"Add it, or group by another: {', '.join(others)}.",
        )
    return cells.fillna("unknown").astype(str)


def _categories(found: Journeys, by: str) -> pd.Series[Any]:
    """The leads by a category of the recipe."""
    if by not in found.categories:
        known = [*GROUPINGS, *found.categories.columns]
        raise LeadscoreError(f"nothing is called '{by}' to group leads by. {nearest_name(by, known)}")
    cells = found.categories[by]
    return cells.where(cells.notna(), "unknown").astype(str)


def _notes(found: Journeys, scores: Scored | None) -> list[str]:
    words = []
    if not found.dated:
        words.append("no lead has a date of creation: every lead counts as matured, and no time is measured")
    if unordered := int(found.leads["unordered"].sum()):
        words.append(
            f"{unordered:,} leads have a stage dated before an earlier one: the earlier stage counts as "
            "reached with the later"
        )
    created = found.leads["month"]
    if found.dated and len(gaps := _empty_months(created)):
        words.append(f"months without any lead: {', '.join(gaps)}")
    if untold := [step for step in STEPS if step not in found.steps]:
        words.append(
            f"no lead is told to have reached {', '.join(untold)}: name your stages in [outcomes.stages]"
        )
    if scores is not None:
        words += scores.words(found.leads)
    return words


def _empty_months(months: pd.Series[str]) -> list[str]:
    known = months[months != "undated"]
    every = pd.period_range(known.min(), known.max(), freq="M").strftime("%Y-%m")
    return [month for month in every if month not in set(known)]
