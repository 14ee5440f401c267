"""What the champion answers, each lead looked at once, at one age: scores, calibration, what to expect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.clock import days_us, from_us
from features.columns import Floats
from features.recipe import Recipe
from features.snapshots import begun_at, stood
from serving.answer import Opened
from training.figures import Interval
from training.figures.drift import shift_of_shares
from training.figures.expected import calibration_p, doubt_of_others, expected_figures, level_doubt
from training.history.protected import protected_at
from training.judging.protected import hot_less_often
from training.watch.found import CalibrationRow, Expected, Looked
from training.watch.moments import endings, scored_at
from training.watch.periods import Periods

_AGE_DAYS = 7
_MOST = 30_000
_BINS = 10
_FEWEST = 20
"""Leads of an origin or month below which its calibration is not looked at."""


@dataclass(frozen=True)
class ChampionAnswers:
    """One row a lead, at the same age: period of the look, rung, probability (NaN: none), origin, won.

    `won` is 1, 0 or NaN where the outcome is not known; `learned` says that the champion was fitted on it.
    Leads without an account are each of their own.
    """

    periods: Periods
    opened: Opened
    as_of_us: NDArray[np.int64]
    period: NDArray[np.int64]
    rung: NDArray[np.object_]
    probability: Floats
    origin: NDArray[np.object_]
    won: Floats
    learned: NDArray[np.bool_]
    account: NDArray[np.object_]
    leads: pd.Series[str]

    @property
    def calibrated(self) -> bool:
        """Whether probabilities are fitted on this company's outcomes."""
        return self.opened.rung != "rules"


def answers_of(periods: Periods, opened: Opened, objected: frozenset[str] = frozenset()) -> ChampionAnswers:
    """The champion's answer to every lead of the periods (at most 30,000, drawn evenly) at the age of a week.

    At the recipe's first age of at least a week, else its last, counted as in training: from creation, or
    from when the lead came to a stage of `[outcomes] after`. Leads that were closed by then have none, and
    people who have `objected` to profiling are scored by nothing.
    """
    recipe, tables = periods.recipe, periods.tables
    ages = sorted(recipe.snapshots.at_days)
    age = days_us(next((days for days in ages if days >= _AGE_DAYS), ages[-1]))
    leads = periods.leads
    horizon = days_us(recipe.recipe.horizon_days)
    as_of = begun_at(recipe, tables, leads) + age
    first = periods.end_us - (periods.n + 1) * periods.span_us - horizon
    inside = np.flatnonzero((as_of <= periods.end_us) & (as_of > first))
    closed, won_at = endings(tables, periods.end_us, leads, as_of)
    inside = inside[~closed[inside] & stood(recipe, tables, leads, as_of)[inside]]
    if len(inside) > _MOST:
        inside = inside[np.linspace(0, len(inside) - 1, _MOST).astype(np.intp)]
    chosen, as_of, won_at = leads.iloc[inside].reset_index(drop=True), as_of[inside], won_at[inside]
    given = tables.events is not None or recipe.events is None
    rungs, chances = scored_at(tables, opened, chosen, as_of, given, objected)
    matured = as_of + horizon <= periods.end_us
    won = np.where(matured, (won_at <= as_of + horizon).astype(np.float64), np.nan)
    learned_until = opened.history_end_us
    learned = np.zeros(len(as_of), dtype=bool) if learned_until is None else as_of + horizon <= learned_until
    back = (periods.end_us - as_of) // periods.span_us
    origin = chosen["origin"].astype(object).where(chosen["origin"].notna(), "unknown").to_numpy(object)
    given_account = chosen["account_id"].astype(object)
    account = given_account.where(given_account.notna(), chosen["lead_id"].astype(object)).to_numpy(object)
    return ChampionAnswers(
        periods, opened, as_of, back, rungs, chances, origin, won, learned, account, chosen["lead_id"]
    )


def protected_notes(recipe: Recipe, answers: ChampionAnswers) -> Iterator[str]:
    """Who is hot less often in the newest period, by each protected column of `recipe`."""
    now = (answers.period == 0) & ~np.isnan(answers.probability)
    hot = answers.probability >= answers.opened.ladder.top.reference.hot
    for column, values in protected_at(recipe, answers.periods.tables, answers.leads).items():
        rows = now & np.array([value is not None for value in values], dtype=np.bool_)
        less = "; ".join(hot_less_often(values[rows], hot[rows])) or "no group is surely hot less often"
        yield f"protected column '{column}', {int(rows.sum()):,} leads of the newest period: {less}"


def answer_looks(answers: ChampionAnswers) -> Iterator[Looked]:
    """Scores of the newest period against those before, and the rungs that answered."""
    past, inside = answers.periods.past, answers.period <= answers.periods.n
    probability, period = answers.probability, answers.period
    known = inside & ~np.isnan(probability)
    reference = known & np.isin(period, past)
    if not reference.any():
        return
    edges = np.unique(np.quantile(probability[reference], np.linspace(0, 1, _BINS + 1)[1:-1]))
    table = np.zeros((answers.periods.n + 1, len(edges) + 1))
    np.add.at(table, (period[known], np.searchsorted(edges, probability[known])), 1)
    shifted = shift_of_shares(table[past], table[0])
    now = known & (period == 0)
    if shifted is not None and now.any():
        before, after = float(probability[reference].mean()), float(probability[now].mean())
        what = (
            f"scores moved: the mean probability of leads of the same age is {after:.1%}, before {before:.1%}"
        )
        remedy = (
            "See which input moved (other alarms); with none, compare the leads' reasons of both times. "
            "Bands were cut for the former scores: check how many are hot, and train when outcomes mature."
        )
        measure = f"PSI {shifted.psi:.3f}, by chance {shifted.ordinary:.3f}"
        yield Looked("scores", "scores", f"{before:.1%}", f"{after:.1%}", shifted.p, what, remedy, measure)
    yield from rung_look(answers.rung[inside], period[inside], answers.periods, "the rung that would answer")


def rung_look(
    rungs: NDArray[np.object_], period: NDArray[np.int64], periods: Periods, about: str
) -> Iterator[Looked]:
    """Whether another rung answers more often than before."""
    codes, names = pd.factorize(rungs)
    table = np.zeros((periods.n + 1, len(names)))
    np.add.at(table, (period, codes), 1)
    before, now = table[periods.past].sum(axis=0), table[0]
    shifted = shift_of_shares(table[periods.past], now)
    if shifted is None or not before.sum():
        return
    words = [
        ", ".join(f"{name} {count / part.sum():.0%}" for name, count in zip(names, part, strict=True))
        for part in (before, now)
    ]
    what = f"{about} changed: {words[1]}; before {words[0]}"
    remedy = (
        "Read the warnings of the answers: leads came without events or with nothing known, or a rung failed."
    )
    measure = f"PSI {shifted.psi:.3f}, by chance {shifted.ordinary:.3f}"
    yield Looked("serving", about, words[0], words[1], shifted.p, what, remedy, measure)


def calibration_of(answers: ChampionAnswers) -> Iterator[tuple[CalibrationRow, Looked | None]]:
    """Expected and actual customers by month of the look and by origin, of leads whose outcome is known.

    Origins are of what the champion did not learn from alone. What it learned from is shown by month and
    never an alarm.
    """
    known = ~np.isnan(answers.won) & ~np.isnan(answers.probability)
    if not answers.calibrated:
        return
    months = np.array([f"{from_us(int(us)):%Y-%m}" for us in answers.as_of_us], dtype=object)
    doubt = _doubt(answers, known, months)
    for learned in (True, False):
        part = known & (answers.learned == learned)
        for month in sorted(set(months[part])):
            yield from _calibrated("month", str(month), part & (months == month), answers, learned, doubt)
    fresh = known & ~answers.learned
    for origin in sorted(set(answers.origin[fresh])):
        yield from _calibrated(
            "origin", str(origin), fresh & (answers.origin == origin), answers, False, doubt
        )


def _doubt(answers: ChampionAnswers, known: NDArray[np.bool_], months: NDArray[np.object_]) -> float:
    """What the champion's level is not sure of, by what it learned from within the periods; where that is
    longer ago, by what every company is granted, and never by how the leads that are looked at fared."""
    learned, taught = answers.opened.learned_customers, known & answers.learned
    rows = taught if answers.won[taught].any() else known
    fared = answers.probability[rows], answers.won[rows], answers.account[rows]
    return level_doubt(*fared, months[rows], learned) if rows is taught else doubt_of_others(*fared, learned)


def expected_of(answers: ChampionAnswers) -> Expected | None:
    """What to expect of the leads of the last horizon, whose outcome nobody knows yet."""
    waiting = np.isnan(answers.won) & ~np.isnan(answers.probability)
    if not answers.calibrated:
        return None
    weeks = answers.periods.recipe.recipe.horizon_days / 7
    top = round(answers.periods.recipe.gate.capacity_per_week * weeks)
    found = expected_figures(answers.probability[waiting], top)
    if found is None:
        return None

    def ends(of: Interval) -> tuple[float, float]:
        return of.low, of.high

    known = not np.isnan(found.auc)
    return Expected(
        leads=found.n, customers=found.customers, customers_ends=ends(found.customers_interval),
        auc=found.auc if known else None, auc_ends=ends(found.auc_interval) if known else None,
        best=found.top, precision=found.precision, precision_ends=ends(found.precision_interval),
    )  # fmt: skip


def _calibrated(
    by: str, name: str, rows: NDArray[np.bool_], answers: ChampionAnswers, learned: bool, doubt: float
) -> Iterator[tuple[CalibrationRow, Looked | None]]:
    n = int(rows.sum())
    if n < _FEWEST:
        return
    won = answers.won[rows]
    expected, p = calibration_p(answers.probability[rows], won, answers.account[rows], doubt)
    customers = int(won.sum())
    row = CalibrationRow.model_validate(
        {"by": by, "name": name, "leads": n, "expected": expected, "customers": customers, "p": p,
         "learned": learned}
    )  # fmt: skip
    how = "too low" if customers > expected else "too high"
    what = (
        f"probabilities are {how} for {by} {name}: of {n:,} leads {customers:,} became customers where "
        f"{expected:,.1f} were to be expected"
    )
    remedy = (
        "Leads convert otherwise than the champion learned. See that outcomes are complete; then "
        "'leadscore retrain --if-needed'."
    )
    look = Looked("calibration", f"{by} {name}", f"{expected:,.1f}", f"{customers:,}", p, what, remedy, how)
    yield row, None if learned else look
