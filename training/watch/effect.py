"""Does scoring help? A company's leads as the estimate of the effect wants them, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from features.clock import DAY_US, days_us, from_us
from features.errors import LeadscoreError
from features.progress import Step, tell
from features.readings import offline
from features.recipe import Recipe
from features.sql import quoted
from features.tables import Place, Tables, fetch_frame, read_tables
from serving.answer import Opened
from serving.exploration import Arrived, Draw, drawn, draws_of
from serving.ledger import LedgerTables
from training.figures.effect import ScoringEffect, effect_of
from training.figures.worked import WorkedLeads
from training.watch.moments import endings, scored_at

_WORKED_DAYS = 28
_FEW_WON = 10
_WEEK_US = 7 * DAY_US


@dataclass(frozen=True)
class EffectFound:
    """The effect over `weeks` weeks of leads whose outcome is known, None where it cannot be said yet."""

    effect: ScoringEffect | None
    weeks: float
    horizon_days: float
    notes: tuple[str, ...]

    def rows(self) -> list[tuple[object, ...]]:
        """The cells of `EFFECT`."""
        one = self.effect
        if one is None:
            return []
        rows: list[tuple[object, ...]] = [
            ("the score", f"{one.value:.1%} [{one.interval.low:.1%}, {one.interval.high:.1%}]", "", "")
        ]
        for gap in one.gaps:
            low, high = gap.interval.low, gap.interval.high
            weeks = gap.weeks(self.weeks)
            when = "never" if weeks == float("inf") else f"{weeks:,.0f}"
            rows.append((gap.against, f"{gap.value:.1%}", f"{gap.gap:+.1%} [{low:+.1%}, {high:+.1%}]", when))
        return rows

    def as_dict(self) -> dict[str, Any]:
        """The same for `--json`."""
        one = self.effect
        found: dict[str, Any] = {"weeks": self.weeks, "notes": list(self.notes), "effect": None}
        if one is not None:
            gaps = [
                {"against": gap.against, "value": gap.value, "gap": gap.gap,
                 "interval": [gap.interval.low, gap.interval.high],
                 "weeks": None if gap.gap == 0 else gap.weeks(self.weeks)}
                for gap in one.gaps
            ]  # fmt: skip
            found["effect"] = {
                "leads": one.leads, "drawn": one.drawn, "unworked": one.unworked, "called": one.called,
                "value": one.value, "interval": [one.interval.low, one.interval.high], "gaps": gaps,
            }  # fmt: skip
        return found


EFFECT = ("calls by", "won per call", "the score against it", "weeks to be sure")


def effect(
    recipe: Recipe, place: Place, opened: Opened, *, as_of_us: int | None = None, progress: Step | None = None
) -> EffectFound:
    """Conversions per call by score, against first come first served and the rules, at the company `place`.

    Leads whose outcome is known by `as_of_us` and that the champion did not learn from; draws are those of
    the ledger, or of files computed again from the recipe's key. A lead is worked when a kind of event that
    means contact came within 28 days.

    Raises:
        LeadscoreError: the recipe has no [exploration], no kind of event means contact, or a table cannot be
            read.
    """
    kinds = [
        kind for kind, means in (recipe.events.kinds if recipe.events else {}).items() if means == "contact"
    ]
    if recipe.exploration is None or not kinds:
        lacks = (
            "has no [exploration]"
            if recipe.exploration is None
            else "names no kind of event that means contact"
        )
        raise LeadscoreError(
            f"the recipe {lacks}, so it cannot be known what scoring brings.",
            "Set [exploration] share = 0.05, and [events.kinds] of your calls to 'contact' (docs/watch.md).",
        )
    tables = read_tables(recipe, place, progress=progress, clock_us=as_of_us)
    end, horizon = as_of_us or tables.end_us, days_us(recipe.recipe.horizon_days)
    leads = fetch_frame(tables.con, "leads")
    leads = leads[leads["created_us"].notna()].reset_index(drop=True)
    created = leads["created_us"].astype("int64")
    learned = opened.history_end_us if opened.rung != "rules" else None
    leads = leads[(created + horizon <= end) & (created + horizon > (learned or 0))].reset_index(drop=True)
    tell(progress, "reading who was drawn")
    if isinstance(place, LedgerTables):  # who has objected to profiling is scored by nothing
        leads = leads[~leads["lead_id"].isin(place.opted_out())].reset_index(drop=True)
    leads, notes = _drawn(recipe, place, leads, _first_calls(tables, kinds))
    if not len(leads) or not leads["drawn"].any():
        first = "no lead that was drawn has a known outcome yet; the first is known a horizon after its draw"
        return EffectFound(None, 0.0, recipe.recipe.horizon_days, (*notes, first))
    tell(progress, "asking what answers about each lead")
    worked = _worked(recipe, tables, opened, leads, end)
    span = float(leads["created_us"].max() - leads["created_us"].min()) / _WEEK_US
    found = effect_of(worked, recipe.train.seed)
    return EffectFound(found, span, recipe.recipe.horizon_days, (*notes, *_told(found, learned)))


def _first_calls(tables: Tables, kinds: list[str]) -> pd.Series[Any]:
    """Row of a lead → its first contact (µs)."""
    if tables.events is None:
        return pd.Series(dtype="int64")
    named = ", ".join(quoted(kind) for kind in kinds)
    rows = tables.con.raw_sql(
        f"SELECT row, min(occurred_us) FROM events WHERE kind IN ({named}) GROUP BY row"
    ).fetchall()
    return pd.Series(dict(rows), dtype="int64")


def _drawn(
    recipe: Recipe, place: Place, leads: pd.DataFrame, calls: pd.Series[Any]
) -> tuple[pd.DataFrame, list[str]]:
    """Leads with drawn, share, called_us (NaN: never); those that no draw was made of are left out."""
    assert recipe.exploration is not None
    leads = leads.assign(called_us=leads["row"].map(calls).astype("float64"))
    if not isinstance(place, LedgerTables):
        account = leads["account_id"].astype(object).where(leads["account_id"].notna(), None)
        asked = zip(leads["lead_id"], account, leads["created_us"], strict=True)
        lot = [drawn(recipe, Arrived(str(lead), of, int(at))) for lead, of, at in asked]
        note = (
            "no ledger recorded the draws: they are computed again by the recipe's key, as if always in force"
        )
        return leads.assign(drawn=lot, share=recipe.exploration.share), [note]
    draws = {one.lead_id: one for one in draws_of(place.ledger)}
    leads = leads[leads["lead_id"].isin(draws)].reset_index(drop=True)
    own = [draws[lead] for lead in leads["lead_id"]]
    leads = leads.assign(drawn=[one.chosen for one in own], share=[one.share for one in own])
    late = leads["called_us"] < pd.Series([one.drawn_us for one in own], dtype="float64")
    notes = _changed(list(draws.values()))
    if late.any():
        notes.append(f"{int(late.sum()):,} leads were called before they were drawn and are left out")
    return leads[~late].reset_index(drop=True), notes


def _changed(draws: list[Draw]) -> list[str]:
    """Where the share of exploration was changed."""
    return [
        f"the share of exploration was changed from {before.share:.0%} to {after.share:.0%} on "
        f"{from_us(after.drawn_us).date()}: leads of both times are weighted by their own share"
        for before, after in pairwise(draws)
        if before.share != after.share
    ]


def _worked(recipe: Recipe, tables: Tables, opened: Opened, leads: pd.DataFrame, end_us: int) -> WorkedLeads:
    """What the estimate wants, each lead as it stood when it came."""
    assert recipe.exploration is not None
    created = leads["created_us"].to_numpy(np.int64)
    _, probability = scored_at(tables, opened, leads, created, tables.events is not None)
    ladder = opened.ladder
    moments = pd.DataFrame({"lead_id": leads["lead_id"], "as_of_us": created})
    points = ladder.rules.margin(offline(ladder.rules.features, ladder.recipe, tables, moments))
    won = endings(tables, end_us, leads, created)[1] <= created + days_us(recipe.recipe.horizon_days)
    worked = (leads["called_us"] - created <= _WORKED_DAYS * DAY_US).to_numpy(bool)
    unit = recipe.exploration.unit
    cluster = leads["lead_id"].astype(object).to_numpy(object)
    if unit == "week":
        cluster = np.array(
            ["-".join(map(str, from_us(int(at)).isocalendar()[:2])) for at in created], dtype=object
        )
    else:
        account = leads["account_id"].astype(object)
        cluster = account.where(account.notna(), leads["lead_id"].astype(object)).to_numpy(object)
    return WorkedLeads(
        np.nan_to_num(probability, nan=0.0), points, leads["drawn"].to_numpy(bool),
        leads["share"].to_numpy(np.float64), worked, won.astype(np.float64), cluster, unit == "week",
    )  # fmt: skip


def _told(found: ScoringEffect | None, learned: int | None) -> list[str]:
    notes = []
    if learned is not None:
        notes.append(f"leads that the champion learned from (to {from_us(learned).date()}) are left out")
    if found is None:
        return [
            *notes,
            "all leads were drawn, or none of those below the calls' reach: nothing can be compared",
        ]
    if found.unworked:
        notes.append(
            f"{found.unworked:,} of {found.drawn:,} drawn leads were not called within {_WORKED_DAYS} days; "
            "they count as called, so that orders other than the score's look worse than they are"
        )
    if found.low_won < _FEW_WON:
        notes.append(
            f"{found.low_won} of the drawn leads below the calls' reach were won: with fewer than {_FEW_WON} "
            "their rate is known badly, which makes the intervals wide; draw more, or wait"
        )
    if (bent := found.bent) is not None:
        notes.append(
            f"how far calling bends what is learned: of leads below the calls' reach {bent.drawn_won:.1%} "
            f"are won when drawn and {bent.uncalled_won:.1%} when nobody calls ({bent.gap:+.1%} "
            f"[{bent.interval.low:+.1%}, {bent.interval.high:+.1%}]); a model that learned from the uncalled "
            "is too low by that there about what a call would bring"
        )
    return notes
