"""What was spent on which group of leads: reports of costs together, nothing summed silently."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from features import LeadscoreError
from features.clock import from_us
from serving.funnel.cost_reports import CostReport
from serving.funnel.journeys import Journeys

ORIGINS = {"google": "paid search", "linkedin": "paid social", "meta": "paid social", "other": "paid"}
"""What the spend of a platform is called where no lead tells the origin of its campaign."""


@dataclass(frozen=True)
class Spend:
    """Spend by group of leads in one currency.

    `by_group` has the cost of each group, `leads` the leads that arrived in the days that the costs are
    about, by group. `from_us` and `until_us` are these days' ends (None: costs are those of each lead).
    """

    by_group: Mapping[str, float]
    leads: Mapping[str, int]
    currency: str
    from_us: int | None
    until_us: int | None
    words: tuple[str, ...]

    @property
    def total(self) -> float:
        """All that was spent on groups with leads."""
        return float(sum(self.by_group.values()))


def spend_of_leads(journeys: Journeys, groups: pd.Series[Any], currency: str) -> Spend | None:
    """What the leads' own cost column says; None where no lead has a cost."""
    costs = journeys.leads["cost"]
    if not costs.notna().any():
        return None
    known = costs.notna().to_numpy(dtype=bool)
    words = []
    if not known.all():
        words.append(
            f"{int((~known).sum()):,} of {len(costs):,} leads have no cost: costs are those of the others"
        )
    by_group = costs[known].groupby(groups[known]).sum()
    counts = groups[known].value_counts()
    return Spend(
        {str(name): float(cost) for name, cost in by_group.items()},
        {str(name): int(count) for name, count in counts.items()},
        currency, None, None, tuple(words),
    )  # fmt: skip


def spend_of_reports(
    journeys: Journeys, groups: pd.Series[Any], reports: Sequence[CostReport], currency: str | None
) -> Spend:
    """The reports' spend, given to the group of the leads that name the same campaign.

    A campaign without leads is given to no group and named; rows that stand in two reports count once.

    Raises:
        LeadscoreError: costs are in two currencies and `currency` chooses none.
    """
    rows, aliases, words = _together(reports)
    rows, unit, said = _one_currency(rows, currency)
    words += said
    after = rows["start_us"] > journeys.end_us
    if after.any():
        words.append(f"{int(after.sum()):,} rows of costs lie after the end of the history and are left out")
        rows = rows[~after]
    if rows.empty:
        raise LeadscoreError(
            "no row of costs lies within the history of the leads.",
            "Export the costs of the same months as the leads.",
        )
    first, last = int(rows["start_us"].min()), int(rows["end_us"].max())
    inside = (journeys.leads["lead_us"] >= first) & (journeys.leads["lead_us"] <= last)
    names = _plain(journeys.leads["campaign"].fillna("unknown").astype(str)).replace(aliases)
    by_group, said = _given(names, groups, rows, inside)
    counts = groups[inside].value_counts()
    leads = {str(name): int(count) for name, count in counts.items() if str(name) in by_group}
    said.append(f"costs are of {_day(first)} to {_day(last)}, and set against the leads of these days")
    return Spend(by_group, leads, unit, first, last, tuple(words + said))


def _plain(names: pd.Series[Any]) -> pd.Series[Any]:
    """Names of campaigns without case and double blanks."""
    return names.str.casefold().str.split().str.join(" ")


def _aliases(rows: pd.DataFrame) -> tuple[dict[str, str], list[str]]:
    """Name → the first name of the same campaign, by its id in the reports; each renaming in a sentence."""
    aliases: dict[str, str] = {}
    words = []
    for (_, number), one in rows[rows["campaign_id"] != ""].groupby(["platform", "campaign_id"], sort=False):
        keys = list(dict.fromkeys(one["key"]))
        if len(keys) > 1:
            aliases |= {key: aliases.get(keys[0], keys[0]) for key in keys[1:] if key not in aliases}
            called = ", ".join(f"'{name}'" for name in dict.fromkeys(one["campaign"]))
            words.append(f"campaign {number} goes by {called}: taken as one, and leads of either are its own")
    return aliases, words


def _together(reports: Sequence[CostReport]) -> tuple[pd.DataFrame, dict[str, str], list[str]]:
    """All rows, the names that stand for another, what to tell.

    What an earlier report said of the same campaign and days is not counted again.
    """
    frames = [
        report.spend.assign(file=report.file, platform=report.platform, report=place)
        for place, report in enumerate(reports)
    ]
    rows = pd.concat(frames, ignore_index=True)
    rows["key"] = _plain(rows["campaign"])
    aliases, words = _aliases(rows)
    rows["key"] = rows["key"].replace(aliases)
    twice = np.zeros(len(rows), dtype=bool)
    for _, one in rows.groupby(["platform", "key"], sort=False):
        if one["report"].nunique() < 2:
            continue
        for place, report, start, end in one[["report", "start_us", "end_us"]].itertuples():
            before = one[one["report"] < report]
            twice[place] = ((before["start_us"] <= end) & (before["end_us"] >= start)).any()
    if twice.any():
        cost = float(rows.loc[twice, "cost"].sum())
        files = ", ".join(sorted(rows.loc[twice, "file"].unique()))
        words.append(
            f"{int(twice.sum()):,} rows of {files} repeat days of campaigns that an earlier report holds "
            f"({cost:,.2f} in all): counted once, as the earlier report says"
        )
    return rows[~twice].reset_index(drop=True), aliases, words


def _one_currency(rows: pd.DataFrame, wanted: str | None) -> tuple[pd.DataFrame, str, list[str]]:
    words = []
    nameless = rows["currency"] == ""
    named = sorted(set(rows.loc[~nameless, "currency"]))
    unit = wanted.upper() if wanted else named[0] if named else ""
    if nameless.any():
        files = ", ".join(sorted(rows.loc[nameless, "file"].unique()))
        words.append(f"{files}: the costs name no currency; they are taken as {unit or 'one and the same'}")
        rows = rows.assign(currency=rows["currency"].mask(nameless, unit))
    if wanted is None and len(named) > 1:
        sums = ", ".join(f"{name} {rows.loc[rows['currency'] == name, 'cost'].sum():,.2f}" for name in named)
        raise LeadscoreError(
            f"the costs are in {len(named)} currencies ({sums}), which cannot be added.",
            f"Choose one with --currency {named[0]}; the others are then left out and named.",
        )
    other = rows["currency"] != unit
    if other.any():
        left = rows[other].groupby("currency")["cost"].sum()
        told = ", ".join(f"{name} {cost:,.2f}" for name, cost in left.items())
        words.append(f"left out, in another currency than {unit}: {told}")
    return rows[~other].reset_index(drop=True), unit, words


def _given(
    names: pd.Series[str], groups: pd.Series[Any], rows: pd.DataFrame, inside: pd.Series[bool]
) -> tuple[dict[str, float], list[str]]:
    """Each campaign's cost to the groups of its leads, in proportion to their number; `names` by lead."""
    costs = rows.groupby("key")["cost"].sum()
    given: dict[str, float] = {}
    homeless: dict[str, float] = {}
    for key, of_key in rows.groupby("key", sort=False):
        cost = float(of_key["cost"].sum())
        of_campaign = groups[(names == key) & inside].value_counts()
        if of_campaign.empty:
            platform = str(of_key["platform"].iloc[0])
            home = next((str(name) for name in groups.unique() if _same(str(name), ORIGINS[platform])), None)
            shown = str(of_key["campaign"].iloc[0])
            if home is None:
                homeless[shown] = cost
            else:
                given[home] = given.get(home, 0.0) + cost
            continue
        for name, count in of_campaign.items():
            part = cost * float(count) / float(of_campaign.sum())
            given[str(name)] = given.get(str(name), 0.0) + part
    words = []
    if homeless:
        dearest = sorted(homeless, key=lambda name: -homeless[name])[:5]
        told = ", ".join(f"{name} ({homeless[name]:,.2f})" for name in dearest)
        words.append(
            f"{len(homeless)} campaigns have costs and no lead that names them, "
            f"{sum(homeless.values()):,.2f} in all, in no group below: {told}"
        )
    return given, words + _without_costs(names[inside], groups[inside], costs)


def _without_costs(names: pd.Series[str], groups: pd.Series[Any], costs: pd.Series[float]) -> list[str]:
    """Campaigns of leads that are in no report, where others of their group are."""
    paid = set(groups[names.isin(costs.index)].astype(str))
    lone = names[~names.isin(costs.index) & groups.astype(str).isin(paid) & ~names.isin(["unknown", ""])]
    if lone.empty:
        return []
    most = lone.value_counts()
    told = ", ".join(f"{name} ({count:,} leads)" for name, count in most.head(5).items())
    return [f"{len(most)} campaigns have leads and no costs in the reports: {told}"]


def _same(one: str, other: str) -> bool:
    return one.casefold().replace("_", " ").replace("-", " ") == other


def _day(at_us: int) -> str:
    return from_us(at_us).date().isoformat()
