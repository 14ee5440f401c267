"""Each account's open leads as one: its probability, its roles, its fit and engagement, its past."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from features.clock import DAY_US
from features.errors import LeadscoreError
from features.progress import Tick
from features.readings import offline
from features.recipe import Recipe
from features.snapshots import snapshots, stages_at
from features.tables import Tables, fetch_frame
from serving.accounts.dependence import Dependence, any_of, measure
from serving.accounts.roles import RoleReader
from serving.answer import Ladder
from serving.asked import Asked
from serving.planning.leads import OpenLeads, open_with_stage
from serving.score import Score

_AT_ONCE = 1_000
_MOST_PAST = 20_000
"""Matured leads on which the dependence is measured: the newest."""
_RECENT_DAYS = 30


class AccountRow(BaseModel):
    """An account at the moment. Probabilities are those of its open, scored leads within the horizon.

    `any_low` to `any_high` are bounds that hold however its leads hang together; `any` lies between, by the
    measured dependence (null where it is not known). `roles_missing`: those that at least three of ten won
    accounts had, and this one has not (null: titles are not known, or too few accounts were won).
    """

    model_config = ConfigDict(extra="forbid")

    account: str
    leads: int
    scored: int
    opted_out: int
    won_before: int
    lost_before: int
    any: float | None
    any_low: float | None
    any_high: float | None
    expected: float | None
    best_lead: str | None
    best_probability: float | None
    fit: str | None
    engagement: int | None
    active_leads: int | None
    roles: list[str]
    roles_missing: list[str] | None
    notes: list[str]


@dataclass(frozen=True)
class Accounts:
    """All accounts with an open lead, the most probable first, and what must be known to read them."""

    rows: tuple[AccountRow, ...]
    dependence: Dependence
    horizon_days: float
    without: int
    """Open leads that name no account."""
    notes: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """The whole as plain values, for JSON."""
        return asdict(self) | {"rows": [row.model_dump() for row in self.rows]}


def roll_up(
    recipe: Recipe,
    ladder: Ladder,
    tables: Tables,
    as_of_us: int,
    *,
    moved: dict[str, list[str]] | None = None,
    progress: Tick | None = None,
) -> Accounts:
    """The accounts of the leads that are open at `as_of_us`, all scored as of that moment.

    `moved`: account → what is to be said of it, such as one that was merged into it.

    Raises:
        LeadscoreError: the recipe names no account, or there are no outcomes.
    """
    if recipe.lead.account_id is None:
        raise LeadscoreError(
            "recipe: [lead] names no 'account_id', so that nobody knows which leads belong together.",
            "Name the column of the leads' companies.",
        )
    found = open_with_stage(recipe, tables, as_of_us)
    if not len(found.moments):
        nothing = measure(np.zeros(0), np.zeros(0, dtype=bool), [])
        return Accounts((), nothing, recipe.recipe.horizon_days, 0, ("no lead is open at this moment",))
    scores = _scored(recipe, ladder, tables, found.moments, found.asked, progress)
    dependence = _dependence(recipe, ladder, tables)
    reader = RoleReader.of(recipe, tables)
    ends, active = _ends(tables, as_of_us), _active(tables, as_of_us)
    places = defaultdict[str, list[int]](list)
    for at, account in enumerate(found.accounts):
        if account is not None:
            places[account].append(at)
    rows = [
        _row(name, own, found, scores, dependence, reader, ends.get(name, Counter()), active,
             (moved or {}).get(name, []))
        for name, own in places.items()
    ]  # fmt: skip
    rows.sort(key=lambda row: (-(row.any if row.any is not None else row.any_low or -1.0), row.account))
    without = sum(account is None for account in found.accounts)
    horizon = recipe.recipe.horizon_days
    return Accounts(tuple(rows), dependence, horizon, without, tuple(_notes(dependence, reader, without)))


def _notes(dependence: Dependence, reader: RoleReader, without: int) -> Iterator[str]:
    yield dependence.words
    if dependence.rho is not None:
        yield "rho is measured on leads that the model may have learned from: it is rather too small"
    yield reader.words
    if without:
        yield f"{without:,} open leads name no account and are left out"


def _scored(
    recipe: Recipe, ladder: Ladder, tables: Tables, moments: pd.DataFrame, asked: Sequence[Asked],
    progress: Tick | None,
) -> list[Score]:  # fmt: skip
    found = list[Score]()
    for start in range(0, len(asked), _AT_ONCE):
        part = moments.iloc[start : start + _AT_ONCE]
        columns = offline(ladder.features, recipe, tables, part)
        found += ladder.score_columns(columns, asked[start : start + _AT_ONCE], 0)
        if progress is not None:
            progress(len(found), len(asked))
    return found


def _dependence(recipe: Recipe, ladder: Ladder, tables: Tables) -> Dependence:
    """Measured on the first matured snapshot of each lead whose account has two or more of them."""
    if tables.outcomes is None:
        return measure(np.zeros(0), np.zeros(0, dtype=bool), [])
    frame = snapshots(recipe, tables).frame
    first = frame[frame["matured"]].sort_values("as_of_us").drop_duplicates("lead_id")
    leads = fetch_frame(tables.con, "leads").set_index("lead_id")[["row", "account_id", "opted_out"]]
    first = first[["lead_id", "as_of_us", "label"]].join(leads, on="lead_id")
    first = first[first["account_id"].notna() & ~first["opted_out"].astype(bool)]
    several = first["account_id"].map(first["account_id"].value_counts()) > 1
    first = first[several].tail(_MOST_PAST).reset_index(drop=True)
    if first.empty:
        return measure(np.zeros(0), np.zeros(0, dtype=bool), [])
    given = tables.events is not None or recipe.events is None
    as_of = first["as_of_us"].to_numpy(np.int64)
    asked = [
        Asked(str(lead), int(at), given, stage=stage)
        for lead, at, stage in zip(first["lead_id"], as_of, stages_at(tables, first, as_of), strict=True)
    ]
    scores = _scored(recipe, ladder, tables, first[["lead_id", "as_of_us", "row"]], asked, None)
    p = np.array([np.nan if one.probability is None else one.probability for one in scores])
    known = ~np.isnan(p)
    converted = first["label"].to_numpy(float) == 1
    return measure(p[known], converted[known], first.loc[known, "account_id"].tolist())


def _row(
    name: str, places: Sequence[int], found: OpenLeads, scores: Sequence[Score], dependence: Dependence,
    reader: RoleReader, ends: Counter[str], active: frozenset[int] | None, notes: Sequence[str],
) -> AccountRow:  # fmt: skip
    own = [scores[at] for at in places]
    chances = [(one.probability, str(one.lead_id)) for one in own if one.probability is not None]
    p = np.array([chance for chance, _ in chances])
    best = max(chances, default=None)
    rho = dependence.rho
    grades = [one.grade for one in own if one.grade is not None]
    # who objects to being profiled is counted, and tells nothing of the account
    heard = [found.rows[at] for at in places if not found.asked[at].opted_out]
    roles = reader.roles(heard)
    return AccountRow(
        account=name,
        leads=len(places),
        scored=len(chances),
        opted_out=sum(one.status == "opted_out" for one in own),
        won_before=ends["won"],
        lost_before=ends["lost"],
        any=any_of(p, rho or 0.0) if len(p) == 1 or (len(p) and rho is not None) else None,
        any_low=any_of(p, 1.0) if len(p) else None,
        any_high=any_of(p, 0.0) if len(p) else None,
        expected=float(p.sum()) if len(p) else None,
        best_lead=None if best is None else best[1],
        best_probability=None if best is None else best[0],
        fit=min((grade[0] for grade in grades), default=None),
        engagement=min((int(grade[1]) for grade in grades), default=None),
        active_leads=None if active is None else sum(row in active for row in heard),
        roles=roles,
        roles_missing=reader.missing(roles),
        notes=list(notes),
    )


def _ends(tables: Tables, as_of_us: int) -> dict[str, Counter[str]]:
    """Account → how many of its leads were won and lost by then."""
    found = defaultdict[str, Counter[str]](Counter)
    if tables.outcomes is None:
        return found
    query = (
        "SELECT l.account_id, o.closing, count(DISTINCT o.row) FROM outcomes o JOIN leads l USING (row) "
        "WHERE l.account_id IS NOT NULL AND o.closing IS NOT NULL "
        f"AND o.occurred_us <= {as_of_us} GROUP BY ALL"
    )
    for account, closing, count in tables.con.raw_sql(query).fetchall():
        found[str(account)][str(closing)] = int(count)
    return found


def _active(tables: Tables, as_of_us: int) -> frozenset[int] | None:
    """Rows of leads that did something in the last 30 days; None where events are not given."""
    if tables.events is None:
        return None
    start = as_of_us - _RECENT_DAYS * DAY_US
    query = f"SELECT DISTINCT row FROM events WHERE occurred_us > {start} AND available_us <= {as_of_us}"
    return frozenset(int(row) for (row,) in tables.con.raw_sql(query).fetchall())
