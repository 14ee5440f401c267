"""The estimated effect of scoring holds the truth of simulated companies as often as its interval says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.made.worked import World, worked
from training.figures.effect import OrderGap, effect_of
from training.figures.worked import Strata, WorkedLeads

pytestmark = pytest.mark.slow


def synthetic(seed: int, *, useful: bool = True, share: float = 0.1) -> tuple[World, int]:
    """A world without a simulator: ninety weeks of leads whose chances differ."""
    rng = np.random.default_rng(seed)
    created = np.sort(rng.integers(0, 90 * 7 * 86_400_000_000, 1500))
    chance = 1 / (1 + np.exp(-rng.normal(-2.2, 1.0 if useful else 0.0, 1500)))
    ids = np.array([f"L{at}" for at in range(1500)], dtype=object)
    return World(ids, created, chance, rng.random(1500) < chance), seed


def test_the_interval_holds_the_truth_in_most_companies_and_no_effect_is_not_found() -> None:
    held, found = 0, 0
    for seed in range(20):
        seen, truth = worked(*synthetic(seed))
        estimate = effect_of(seen, seed)
        assert estimate is not None
        held += sum(
            gap.interval.low <= true <= gap.interval.high
            for gap, true in zip(estimate.gaps, truth, strict=True)
        )
        none = effect_of(worked(*synthetic(seed, useful=False), noise=(1.0, 1.0))[0], seed)
        assert none is not None
        found += none.gaps[0].interval.low > 0
    assert held >= 33  # of 40, of which 38 are to be expected
    assert found <= 3


def test_a_share_changed_midway_is_weighted_and_holds_the_truth() -> None:
    held = 0
    for seed in range(15):
        world, _ = synthetic(seed)
        few, truth = worked(world, seed, share=0.05)
        many, _ = worked(world, seed, share=0.3)
        half = np.arange(len(few.won)) < len(few.won) // 2
        arrays = {
            name: np.where(half, getattr(few, name), getattr(many, name))
            for name in ("score", "rules", "drawn", "share", "worked", "won", "cluster")
        }
        estimate = effect_of(WorkedLeads(**arrays), seed)
        assert estimate is not None
        held += estimate.gaps[0].interval.low <= truth[0] <= estimate.gaps[0].interval.high
    assert held >= 12


def test_without_a_draw_nothing_is_said_and_who_was_not_called_is_counted() -> None:
    seen, _ = worked(*synthetic(3))
    assert effect_of(replace(seen, drawn=np.zeros(len(seen.won), dtype=np.bool_))) is None
    missed = replace(seen, worked=seen.worked & ~seen.drawn)
    found = effect_of(missed)
    assert found is not None
    assert found.unworked == found.drawn == int(seen.drawn.sum())
    low = seen.score < np.sort(seen.score)[::-1][round(missed.worked.mean() * len(seen.score)) - 1]
    assert found.low_won == int(seen.won[low & seen.drawn].sum())
    assert found.bent is not None
    assert found.bent.gap == pytest.approx(found.bent.drawn_won - found.bent.uncalled_won)


def test_weeks_until_an_answer_grow_with_the_square_of_the_doubt() -> None:
    seen, _ = worked(*synthetic(4))
    found = effect_of(seen)
    assert found is not None
    gap = found.gaps[0]
    doubled = OrderGap(gap.against, gap.value, gap.gap, gap.interval, 2 * gap.spread)
    assert doubled.weeks(50) == pytest.approx(4 * gap.weeks(50))
    assert OrderGap("nothing", 0.1, 0.0, gap.interval, gap.spread).weeks(50) == float("inf")


def chosen_below(seed: int, n: int = 4000) -> tuple[WorkedLeads, float]:
    """Sellers who below the reach of the calls pick leads that will be won; and the truth of the gap."""
    rng = np.random.default_rng(seed)
    score = rng.normal(-2.0, 1.0, n)
    chance = 1 / (1 + np.exp(-score))
    won, drawn = rng.random(n) < chance, rng.random(n) < 0.1
    best = score > np.quantile(score, 0.65)
    worked = best | drawn | (won & (rng.random(n) < 0.3))
    reached = score >= np.quantile(score, 1 - worked.mean())
    ids = np.arange(n).astype(str).astype(object)
    seen = WorkedLeads(score, score, drawn, np.full(n, 0.1), worked, won.astype(np.float64), ids)
    return seen, float(chance[reached].mean() - chance.mean())


def test_whom_sellers_choose_below_the_reach_of_the_calls_bends_little() -> None:
    off = []
    for seed in range(15):
        seen, truth = chosen_below(seed)
        found = effect_of(seen, seed)
        assert found is not None
        off.append(found.gaps[0].gap - truth)
    # at the reach itself some are chosen too, which leaves less than two points of the seven
    assert abs(np.mean(off)) < 0.025


def test_of_few_drawn_leads_the_interval_holds_the_truth_or_nothing_is_said() -> None:
    held, said = 0, 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        seen, truth = worked(*synthetic(seed))
        part = np.sort(rng.choice(len(seen.won), 400, replace=False))
        names = ("score", "rules", "drawn", "share", "worked", "won", "cluster")
        found = effect_of(WorkedLeads(**{name: getattr(seen, name)[part] for name in names}), seed)
        if found is not None:
            said += 1
            held += found.gaps[0].interval.low <= truth[0] <= found.gaps[0].interval.high
    assert said >= 38
    assert held >= 0.88 * said


def apart(seed: int, n: int = 1000) -> tuple[WorkedLeads, float]:
    """A twentieth drawn, rules that know less than the score; and the truth of the gap against them."""
    rng = np.random.default_rng(seed)
    quality = rng.normal(size=n)
    score = quality + 0.3 * rng.normal(size=n)
    rules = 0.5 * score + np.sqrt(0.75) * rng.normal(size=n)
    chance = 1 / (1 + np.exp(3 - quality))
    drawn = rng.random(n) < 0.05
    worked = drawn | (score > np.quantile(score, 0.73))
    won = rng.random(n) < np.where(worked, chance, 0.2 * chance)
    best, ruled = (of >= np.quantile(of, 1 - worked.mean()) for of in (score, rules))
    ids = np.arange(n).astype(str).astype(object)
    seen = WorkedLeads(score, rules, drawn, np.full(n, 0.05), worked, won.astype(np.float64), ids)
    return seen, float(chance[best].mean() - chance[ruled].mean())


def test_where_nobody_tells_the_draws_lie_around_the_rate_of_the_band() -> None:
    off, untold = [], 0
    for seed in range(20):
        parts = Strata.of(apart(seed)[0])
        rng = np.random.default_rng(seed)
        drawn = np.array([parts.draw(rng) for _ in range(150)])
        off.append(np.median(drawn, axis=0) - parts.values())
        untold += int(((parts.known.sum(axis=0) == 0) & (parts.rows.sum(axis=0) > 0)).sum())
    assert untold > 20
    assert abs(np.mean(off, axis=0)).max() < 0.015  # of about 0.11 won per call


def test_the_interval_against_the_rules_holds_the_truth_of_few_drawn_leads() -> None:
    held = 0
    for seed in range(80):
        seen, truth = apart(seed)
        found = effect_of(seen, seed)
        assert found is not None
        held += found.gaps[1].interval.low <= truth <= found.gaps[1].interval.high
    assert held >= 72  # of 80, of which 76 are to be expected


def test_twenty_simulated_companies_with_sellers(tmp_path: Path) -> None:
    held = np.zeros(2)
    for seed in range(20):
        seen, truth = worked(World.of(tmp_path / str(seed), 3000, 100 + seed), seed)
        found = effect_of(seen, seed)
        assert found is not None
        held += [g.interval.low <= t <= g.interval.high for g, t in zip(found.gaps, truth, strict=True)]
    assert (held >= 16).all()  # of 20, of which 19 are to be expected
