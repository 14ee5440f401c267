"""The limit equals formulas that can be written down, and a filter written from its definition."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from data.simulator.chain import build_chain
from data.simulator.rates import MARKETS, RATES, STATES, Dynamics, KindRates, Rates
from data.simulator.seasons import month_at, month_starts
from data.truth.limit import true_probability
from features.clock.instants import DAY_US, to_us
from features.columns import Floats
from features.errors import LeadscoreError

STAMP = pa.timestamp("us", tz="UTC")
BIRTH = to_us(datetime(2024, 3, 10, 12, tzinfo=UTC))
STILL = 1e-13  # a move that never happens; zero itself has no stationary ratio between neighbours


def flat(win: tuple[float, float, float], lose: float, kind: KindRates, move: float = STILL) -> Rates:
    """Rates without season or drift, the same in both markets, with one kind of event."""
    market = Dynamics(move, move, move, move, win, (lose, lose, lose))
    return replace(
        RATES,
        b2b=market,
        b2c=market,
        kinds={"visit": kind},
        activity_season=(1.0,) * 12,
        win_season=(1.0,) * 12,
        win_drift_per_year=1.0,
    )


def truth_of(start: tuple[float, float, float], market: str = "b2b") -> pa.Table:
    """One lead, born at BIRTH."""
    columns = {
        "lead_id": ["x"],
        "created_at": pa.array([BIRTH]).cast(STAMP),
        "market": [market],
        "mailable": [True],
    }
    return pa.table(columns | {f"start_{state}": [share] for state, share in zip(STATES, start, strict=True)})


def events_of(days: list[float], late: list[bool] | None = None, kind: str = "visit") -> pa.Table:
    """Events of the lead at `days` after its birth; late ones are ingested after the delay."""
    at = [BIRTH + round(day * DAY_US) for day in days]
    delay = RATES.late_days * DAY_US
    ingested = [a + delay * is_late for a, is_late in zip(at, late or [False] * len(at), strict=True)]
    return pa.table(
        {
            "lead_id": pa.array(["x"] * len(at), pa.string()),
            "kind": pa.array([kind] * len(at), pa.string()),
            "occurred_at": pa.array(at, pa.int64()).cast(STAMP),
            "ingested_at": pa.array(ingested, pa.int64()).cast(STAMP),
        }
    )


def limit_at(day: float, truth: pa.Table, events: pa.Table, rates: Rates, horizon: float = 90) -> float:
    """The limit of the one lead, `day` days after its birth."""
    asked = pa.table({"lead_id": ["x"], "as_of": pa.array([BIRTH + round(day * DAY_US)]).cast(STAMP)})
    return float(true_probability(truth, events, asked, horizon, rates=rates)[0])


@pytest.mark.parametrize("horizon", [1, 90, 200])
def test_with_one_hazard_the_limit_is_an_exponential(horizon: int) -> None:
    rates = flat((0.01, 0.01, 0.01), 0.005, KindRates((0.1, 0.2, 0.3), (0.1, 0.2, 0.3)), move=0.02)
    found = limit_at(40, truth_of((0.2, 0.5, 0.3)), events_of([3, 20, 39.5]), rates, horizon)
    assert found == pytest.approx(0.01 / 0.015 * -np.expm1(-0.015 * horizon), rel=1e-9)


def test_silence_lowers_the_limit_by_bayes_rule() -> None:
    rate, win, late, share, day = 0.15, 0.02, RATES.late_probability, 0.4, 25.0
    rates = flat((0.0, 0.0, win), 0.0, KindRates((0.0, 0.0, rate), (0.0, 0.0, rate)))
    found = limit_at(day, truth_of((1 - share, 0.0, share)), events_of([]), rates)
    # In the last days before as_of only the prompt events would have been seen.
    heard = rate * (day - RATES.late_days) + rate * (1 - late) * RATES.late_days
    alive = share * np.exp(-heard - win * day)
    assert found == pytest.approx(alive / (alive + 1 - share) * -np.expm1(-win * 90), rel=1e-9)


def test_an_event_that_only_the_ready_make_reveals_them() -> None:
    rates = flat((0.0, 0.0, 0.02), 0.0, KindRates((0.0, 0.0, 0.1), (0.0, 0.0, 0.1)))
    found = limit_at(10, truth_of((0.9, 0.0, 0.1)), events_of([9.9]), rates)
    assert found == pytest.approx(-np.expm1(-0.02 * 90), rel=1e-9)


def test_an_event_counts_from_its_ingestion() -> None:
    rates = flat((0.0, 0.0, 0.02), 0.0, KindRates((0.0, 0.0, 0.1), (0.0, 0.0, 0.1)))
    truth, late = truth_of((0.9, 0.0, 0.1)), events_of([9.0], [True])
    silent = limit_at(10, truth, events_of([]), rates)
    assert limit_at(10, truth, late, rates) == silent
    assert limit_at(11, truth, late, rates) == pytest.approx(-np.expm1(-0.02 * 90), rel=1e-9)


def test_two_states_that_move_follow_the_matrix_exponential() -> None:
    rates = flat((0.001, 0.004, 0.02), 0.003, KindRates((0.1,) * 3, (0.1,) * 3), move=0.03)
    start = (0.5, 0.3, 0.2)
    moves = build_chain(rates).moves[0]
    win, out = np.array(rates.b2b.win), np.array(rates.b2b.win) + 0.003
    augmented = np.zeros((4, 4))
    augmented[:3, :3], augmented[:3, 3] = moves - np.diag(out), win
    now = np.array(start) @ expm((moves - np.diag(out)) * 30)
    expected = (np.append(now / now.sum(), 0.0) @ expm(augmented * 90))[3]
    assert limit_at(30, truth_of(start), events_of([1, 2, 17]), rates) == pytest.approx(expected, rel=1e-9)


def test_seasons_and_drift_are_integrated_month_by_month() -> None:
    flat_rates = flat((0.01, 0.01, 0.01), 0.0, KindRates((0.1,) * 3, (0.1,) * 3))
    rates = replace(flat_rates, win_season=RATES.win_season, win_drift_per_year=0.5)
    cuts = np.concatenate([[BIRTH], month_starts()[3:6], [BIRTH + 90 * DAY_US]])
    factors = [RATES.win_season[month] * 0.5 ** (month / 12) for month in (2, 3, 4, 5)]
    total = 0.01 * float(np.dot(np.diff(cuts) / DAY_US, factors))
    assert limit_at(0, truth_of((1.0, 0.0, 0.0)), events_of([]), rates) == pytest.approx(
        -np.expm1(-total), rel=1e-9
    )


def naive_limit(
    start: Floats, market: int, days: list[float], kinds: list[str], late: list[bool], day: float
) -> float:
    """The filter as its definition reads: one lead, dense exponentials, intervals cut at every change."""
    chain, names = build_chain(RATES), list(RATES.kinds)
    as_of = BIRTH + round(day * DAY_US)
    known = max(BIRTH, as_of - chain.delay_us)
    at = [BIRTH + round(d * DAY_US) for d in days]
    marks = [
        (a, names.index(k))
        for a, k, slow in zip(at, kinds, late, strict=True)
        if a <= (known if slow else as_of)
    ]
    cuts = sorted(
        {BIRTH, known, as_of, *(a for a, _ in marks), *(m for m in month_starts() if BIRTH < m < as_of)}
    )
    weights, mailing = start.copy(), 1
    for now, then in zip(cuts, [*cuts[1:], None], strict=True):
        for _, kind in [mark for mark in marks if mark[0] == now]:
            weights = weights * (chain.entry[kind] if now == BIRTH else chain.kind_likelihood[market, kind])
            mailing = 0 if kind == chain.unsubscribe else mailing
        if then is not None:
            month = int(month_at(np.array([now]))[0])
            heard = 1 - chain.late if now >= known else np.ones(len(names))
            loss = (
                heard @ chain.kind_rates[market, month, mailing]
                + chain.win[market, month]
                + chain.lose[market, month]
            )
            weights = weights @ expm((chain.moves[market] - np.diag(loss)) * (then - now) / DAY_US)
    return _naive_future(weights / weights.sum(), market, as_of)


def _naive_future(weights: Floats, market: int, as_of: int) -> float:
    """Absorption in 'won' within 90 days, by an augmented generator for each month."""
    chain, goal, now, state = build_chain(RATES), as_of + 90 * DAY_US, as_of, np.append(weights, 0.0)
    for cut in [*(m for m in month_starts() if as_of < m < goal), goal]:
        month = int(month_at(np.array([now]))[0])
        generator = np.zeros((4, 4))
        out = chain.win[market, month] + chain.lose[market, month]
        generator[:3, :3], generator[:3, 3] = chain.moves[market] - np.diag(out), chain.win[market, month]
        state, now = state @ expm(generator * (cut - now) / DAY_US), int(cut)
    return float(state[3])


# A day is counted from the birth, or when negative back from as_of, where the late events hide.
moments = st.one_of(st.floats(0.01, 200), st.floats(-3, -0.01))
kinds_of_all_times = sorted(kind for kind, rates in RATES.kinds.items() if rates.from_month == 0)
histories = st.lists(
    st.tuples(moments, st.sampled_from(kinds_of_all_times), st.booleans()),
    max_size=12,
    unique_by=lambda event: round(event[0] * DAY_US),
)


@settings(max_examples=150, deadline=None)
@given(history=histories, day=st.floats(0, 210), market=st.sampled_from(MARKETS), entered=st.booleans())
def test_the_fast_filter_equals_the_naive_one(
    history: list[tuple[float, str, bool]], day: float, market: str, entered: bool
) -> None:
    dated = sorted(
        (d if d > 0 else day + d, kind, late) for d, kind, late in history if d > 0 or day + d > 0.01
    )
    gone = min((d for d, kind, _ in dated if kind == "unsubscribe"), default=np.inf)
    # What cannot happen is left out: mail after an unsubscribe, and an unsubscribe that comes late.
    events = [(0.0, "download", False)] * entered + [
        (d, kind, late and RATES.kinds[kind].may_be_late)
        for d, kind, late in dated
        if d <= gone or not RATES.kinds[kind].mail
    ]
    days, kinds, late = (list(column) for column in zip(*events, strict=True)) if events else ([], [], [])
    start = np.array([0.5, 0.3, 0.2])
    tables = [events_of([d], [slow], kind) for d, kind, slow in events] or [events_of([])]
    fast = limit_at(day, truth_of((0.5, 0.3, 0.2), market), pa.concat_tables(tables), RATES)
    assert fast == pytest.approx(naive_limit(start, MARKETS.index(market), days, kinds, late, day), rel=1e-8)


def test_what_cannot_be_asked_is_refused_with_its_place() -> None:
    asked = pa.table({"lead_id": ["y"], "as_of": pa.array([BIRTH]).cast(STAMP)})
    with pytest.raises(LeadscoreError, match="lead_id of 1 rows"):
        true_probability(truth_of((1.0, 0.0, 0.0)), events_of([]), asked)
    with pytest.raises(LeadscoreError, match="before the creation"):
        limit_at(-1, truth_of((1.0, 0.0, 0.0)), events_of([]), RATES)
    with pytest.raises(LeadscoreError, match="is not simulated"):
        limit_at(1, truth_of((1.0, 0.0, 0.0)), events_of([0.5]), RATES)
