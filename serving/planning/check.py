"""Where the last month broke the agreement, by side: what was promised, and how often it was kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from features.clock import DAY_US, from_us
from features.recipe import Recipe
from features.tables import Place, Tables, register_frame
from serving.agreed.agreement import Agreement
from serving.agreed.book import Playbook
from serving.agreed.hours import WorkCalendar
from serving.ledger.decisions import KeptDecision
from serving.planning.told import refusals_within
from serving.planning.work import Meanings

Side = Literal["sales", "marketing"]
CHECK_COLUMNS = ("side", "promise", "cases", "kept", "broken", "is it kept")
"""Columns of `Check.row`."""


@dataclass(frozen=True)
class Breach:
    """A lead that a promise was broken for, and how."""

    lead_id: str
    how: str


@dataclass(frozen=True)
class PromiseCheck:
    """One promise over the month: how many `cases` it had, and the breaches.

    `figure` is a share or number that was promised of all of them together, else each case counts alone.
    `waiting` cases are not over yet.
    """

    side: Side
    promise: str
    cases: int
    breaches: tuple[Breach, ...] = ()
    figure: str = ""
    held: bool = True
    waiting: int = 0

    def row(self) -> tuple[object, ...]:
        """The cells of `CHECK_COLUMNS`."""
        broken = len(self.breaches)
        if self.figure:
            return self.side, self.promise, self.cases, None, None, f"{_yes(self.held)}: {self.figure}"
        kept = self.cases - broken - self.waiting
        waiting = f" ({self.waiting} still waiting)" if self.waiting else ""
        return self.side, self.promise, self.cases, kept, broken, _yes(self.held) + waiting


def _yes(held: bool) -> str:
    return "yes" if held else "no"


@dataclass(frozen=True)
class Month:
    """What happened up to `end_us` that promises are about; (row, µs) pairs by what they are."""

    start_us: int
    end_us: int
    ids: Mapping[int, str]
    attempts: Mapping[int, list[int]]
    met: Mapping[int, list[int]]
    asked: Mapping[int, list[int]]
    stages: Mapping[str, Mapping[int, int]]
    """Stage (mql, sal …, lost) → row → when it was first reached."""
    reachable: frozenset[int]

    def within(self, us: int) -> bool:
        """Whether a moment is of this month."""
        return self.start_us < us <= self.end_us


def read_month(recipe: Recipe, tables: Tables, means: Meanings, end_us: int, days: int = 30) -> Month:
    """The `days` before `end_us` in the tables of a company."""
    told = tables.con.raw_sql("SELECT row, lead_id FROM leads").fetchall()
    ids = {int(row): str(lead) for row, lead in told}
    kinds = (means.attempts, means.met, means.asked)
    attempts, met, asked = (_moments(tables, some, end_us) for some in kinds)
    stages, reachable = _stages(recipe, tables, end_us), _reachable(recipe, tables)
    return Month(end_us - days * DAY_US, end_us, ids, attempts, met, asked, stages, reachable)


def agreement_checks(
    recipe: Recipe,
    tables: Tables,
    place: Place,
    book: Playbook,
    agreement: Agreement,
    calendar: WorkCalendar,
    end_us: int,
) -> list[PromiseCheck]:
    """Every promise of `agreement` over the 30 days before `end_us`; refusals are read where a ledger is."""
    month = read_month(recipe, tables, Meanings(recipe, book), end_us)
    return check_agreement(agreement, month, calendar, refusals_within(place, month.start_us, end_us))


def check_agreement(
    agreement: Agreement, month: Month, calendar: WorkCalendar, refusals: Sequence[KeptDecision] | None = None
) -> list[PromiseCheck]:
    """Every promise of the agreement over `month`, those of sales first.

    `refusals` are those of the month, None where no ledger keeps them: reasons are then not assessed.
    """
    return [*_of_sales(agreement, month, calendar, refusals), *_of_marketing(agreement, month)]


def _of_sales(
    agreement: Agreement, month: Month, calendar: WorkCalendar, refusals: Sequence[KeptDecision] | None
) -> Iterator[PromiseCheck]:
    promised = agreement.sales
    if promised.hot_minutes is not None:
        begun = [(row, us) for row, all_us in month.asked.items() for us in all_us if month.within(us)]
        words = f"who asks is tried within {promised.hot_minutes:g} open minutes"
        yield _answered(words, begun, promised.hot_minutes, month, calendar)
    if promised.mql_hours is not None:
        begun = [(row, us) for row, us in month.stages.get("mql", {}).items() if month.within(us)]
        words = f"an MQL is tried within {promised.mql_hours:g} open hours"
        yield _answered(words, begun, promised.mql_hours * 60, month, calendar)
    if promised.attempts is not None:
        yield _given_up(promised.attempts, month)
    if promised.reasons and refusals is not None:
        wrong = [
            Breach(one.lead_id, "refused without a reason of the agreement")
            for one in refusals
            if agreement.rule_of(one.reason) is None
        ]
        yield PromiseCheck(
            "sales", "each refusal has an agreed reason", len(refusals), tuple(wrong), held=not wrong
        )


def _answered(
    words: str, begun: list[tuple[int, int]], minutes: float, month: Month, calendar: WorkCalendar
) -> PromiseCheck:
    """Whether somebody tried, or talked, in time after each beginning; who has time left is waiting."""
    breaches, waiting = [], 0
    for row, us in sorted(begun, key=lambda pair: pair[1]):
        tries = [at for at in (*month.attempts.get(row, ()), *month.met.get(row, ())) if at >= us]
        until = min(tries, default=month.end_us)
        passed = calendar.open_minutes(from_us(us), from_us(until))
        if passed > minutes:
            how = "after" if tries else "not yet, for"
            breaches.append(Breach(month.ids[row], f"{how} {_spent(passed)}"))
        elif not tries:
            waiting += 1
    return PromiseCheck("sales", words, len(begun), tuple(breaches), held=not breaches, waiting=waiting)


def _given_up(least: int, month: Month) -> PromiseCheck:
    lost = [(row, us) for row, us in month.stages.get("lost", {}).items() if month.within(us)]
    breaches = []
    for row, us in lost:
        tried = sum(at <= us for at in month.attempts.get(row, ()))
        if tried < least and not any(at <= us for at in month.met.get(row, ())):
            breaches.append(Breach(month.ids[row], f"lost after {tried} attempts and no conversation"))
    words = f"nobody is given up before {least} attempts"
    return PromiseCheck("sales", words, len(lost), tuple(breaches), held=not breaches)


def _of_marketing(agreement: Agreement, month: Month) -> Iterator[PromiseCheck]:
    promised = agreement.marketing
    mqls = [row for row, us in month.stages.get("mql", {}).items() if month.within(us)]
    if promised.mql_per_month is not None:
        words, held = f"{promised.mql_per_month} MQLs a month", len(mqls) >= promised.mql_per_month
        yield PromiseCheck("marketing", words, len(mqls), figure=f"{len(mqls)} MQLs", held=held)
    if promised.accepted_share is not None:
        later = [month.stages.get(stage, {}) for stage in ("sal", "sql", "opportunity", "won")]
        accepted = {row for row in mqls if any(row in stage for stage in later)}
        words = f"{promised.accepted_share:.0%} of MQLs are accepted"
        missed = [Breach(month.ids[row], "not accepted so far") for row in mqls if row not in accepted]
        yield _share(words, len(accepted), len(mqls), promised.accepted_share, missed)
    if promised.complete_share is not None:
        complete = [row for row in mqls if row in month.reachable]
        words = f"{promised.complete_share:.0%} of MQLs can be reached"
        lost = [row for row in mqls if row not in month.reachable]
        missed = [Breach(month.ids[row], "no valid e-mail or phone") for row in lost]
        yield _share(words, len(complete), len(mqls), promised.complete_share, missed)


def _share(words: str, kept: int, of: int, least: float, missed: list[Breach]) -> PromiseCheck:
    held = of == 0 or kept / of >= least
    figure = f"{kept} of {of}" + (f", {kept / of:.0%}" if of else "")
    return PromiseCheck("marketing", words, of, tuple(missed), figure, held)


def _spent(minutes: float) -> str:
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"


def _moments(tables: Tables, kinds: Sequence[str], end_us: int) -> dict[int, list[int]]:
    """Row → when events of these kinds happened, in order."""
    if tables.events is None or not kinds:
        return {}
    register_frame(tables.con, "check_kinds", pd.DataFrame({"wanted": list(kinds)}))
    rows = tables.con.raw_sql(
        "SELECT row, occurred_us FROM events WHERE kind IN (SELECT wanted FROM check_kinds) "
        f"AND occurred_us <= {end_us} ORDER BY row, occurred_us"
    ).fetchall()
    found: dict[int, list[int]] = {}
    for row, us in rows:
        found.setdefault(int(row), []).append(int(us))
    return found


def _stages(recipe: Recipe, tables: Tables, end_us: int) -> dict[str, dict[int, int]]:
    """Stage in our words → row → when it was first reached; won and lost by how they close."""
    if tables.outcomes is None:
        return {}
    own: dict[str, str] = {name: name for name in ("mql", "sal", "sql", "opportunity")}
    own |= {name.strip().casefold(): mapped for name, mapped in recipe.outcomes.stages.items()}
    rows: list[Any] = tables.con.raw_sql(
        "SELECT row, stage, closing, min(occurred_us) FROM outcomes "
        f"WHERE occurred_us <= {end_us} GROUP BY row, stage, closing"
    ).fetchall()
    found: dict[str, dict[int, int]] = {}
    for row, stage, closing, us in rows:
        name = closing or own.get(str(stage).strip().casefold())
        if name is not None:
            reached = found.setdefault(str(name), {})
            reached[int(row)] = min(int(us), reached.get(int(row), int(us)))
    return found


def _reachable(recipe: Recipe, tables: Tables) -> frozenset[int]:
    """Rows of the leads with a valid e-mail or a phone number that can be dialled."""
    tests = [
        f"f_{name} <> 'invalid'" if field.type == "email" else f"f_{name} = 1"
        for name, field in recipe.lead.fields.items()
        if field.type in ("email", "phone")
    ]
    where = f" WHERE {' OR '.join(tests)}" if tests else ""
    return frozenset(int(row) for (row,) in tables.con.raw_sql(f"SELECT row FROM leads{where}").fetchall())
