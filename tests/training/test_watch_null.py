"""An alarm means something: what chance does, and what a company's own habit does, alarms nobody."""

from __future__ import annotations

import numpy as np
import pytest

from training.figures.drift import count_against_rate, kept_apart, shift_of_shares, unevenness
from training.figures.expected import calibration_p, expected_figures, level_doubt


@pytest.mark.parametrize("n", [35, 400])
def test_shares_of_one_urn_are_rarely_of_another_mix(n: int) -> None:
    rng, low = np.random.default_rng(n), 0
    for draw in range(300):
        urn = rng.dirichlet(np.ones(6))
        past = rng.multinomial(n, urn, size=10).astype(np.float64)
        found = shift_of_shares(past, rng.multinomial(n, urn).astype(np.float64), seed=draw)
        low += found is not None and found.p < 0.01
    assert low <= 6  # of 300 looks 3 are to be expected; more than 6 come in one of thirty runs


@pytest.mark.parametrize("mean", [12.0, 300.0])
def test_counts_at_their_own_rate_are_rarely_odd(mean: float) -> None:
    rng = np.random.default_rng(int(mean))
    odd = 0
    for uneven in (False, True) * 200:
        rates = mean * (rng.gamma(50, 1 / 50, 13) if uneven else np.ones(13))
        counts = rng.poisson(rates).astype(np.float64)
        found = count_against_rate(list(counts[1:]), [1.0] * 12, counts[0], 1.0)
        assert found is not None
        odd += 2 * min(found.p_low, found.p_high) < 0.01
    assert odd <= 9


@pytest.mark.parametrize("periods", [3, 6, 11])
@pytest.mark.parametrize("shape", [8, 1000])
def test_the_looks_of_a_young_company_of_uneven_months_rarely_alarm(periods: int, shape: int) -> None:
    rng, alarms = np.random.default_rng(periods), 0
    for _ in range(60):
        p, means = [], np.geomspace(8, 800, 20)[:, None]
        kinds = rng.poisson(means * rng.gamma(shape, 1 / shape, (20, periods + 1))).astype(np.float64)
        uneven = unevenness(kinds[:, 1:], np.ones(periods))
        for counts in kinds:
            found = count_against_rate(list(counts[1:]), [1.0] * periods, counts[0], 1.0, uneven)
            assert found is not None
            p.append(min(1.0, 2 * min(found.p_low, found.p_high)))
        alarms += any(kept_apart(p, 0.01))
    assert alarms <= 3  # of the habit of each kind alone, months that differ by a third gave 4 of 60


def test_a_steady_kind_that_falls_is_seen_though_others_are_bursty() -> None:
    rng, seen, alarms = np.random.default_rng(11), 0, 0
    for _ in range(40):
        habits = np.vstack([rng.gamma(3, 1 / 3, (3, 12)), np.ones((3, 12))])
        kinds = rng.poisson(100 * habits).astype(np.float64)
        uneven, p = unevenness(kinds[:, 1:], np.ones(11)), []
        for counts, now in [*((one, one[0]) for one in kinds), (kinds[5], float(rng.poisson(25)))]:
            found = count_against_rate(list(counts[1:]), [1.0] * 11, now, 1.0, uneven)
            assert found is not None
            p.append(min(1.0, 2 * min(found.p_low, found.p_high)))
        alarms += any(kept_apart(p[:6], 0.01))
        seen += kept_apart([*p[:5], p[6]], 0.01)[5]
    assert seen >= 36  # by the unevenness of all kinds together it was half
    assert alarms <= 3


def test_thirty_five_leads_of_another_mix_by_chance_alarm_nobody_and_a_broken_field_does() -> None:
    rng = np.random.default_rng(1)
    past = rng.multinomial(35, [0.4, 0.3, 0.2, 0.1], size=8).astype(np.float64)
    drawn = shift_of_shares(past, np.array([19.0, 9.0, 6.0, 1.0]))
    broken = shift_of_shares(past, np.array([0.0, 17.0, 12.0, 6.0]))
    assert drawn is not None
    assert broken is not None
    assert drawn.psi > 0.1
    assert drawn.p > 0.05
    assert broken.p < 0.001


def test_what_stopped_is_seen_though_the_periods_before_were_broken_too() -> None:
    for broken in range(3):
        past = [0.0] * broken + [60.0, 55, 71, 64, 58, 49, 66, 70, 61, 57, 63, 59][: 12 - broken]
        found = count_against_rate(past, [1.0] * 12, 0.0, 1.0)
        assert found is not None
        assert found.p_low < 1e-6, broken


def test_many_looks_share_one_chance_of_a_false_alarm() -> None:
    rng = np.random.default_rng(2)
    alarms = sum(any(kept_apart(list(rng.random(80)), 0.05)) for _ in range(1000))
    assert 20 <= alarms <= 75  # 5 % of 1,000
    assert not any(kept_apart([0.02] * 3, 0.05))


def test_expected_figures_are_those_that_come_when_probabilities_are_right() -> None:
    rng = np.random.default_rng(3)
    inside = np.zeros(3)
    for draw in range(100):
        p = rng.beta(1, 8, 400)
        y = (rng.random(400) < p).astype(np.float64)
        found = expected_figures(p, 40, seed=draw)
        assert found is not None
        best = np.argsort(-p)[:40]
        pairs = (p[y == 1][:, None] > p[y == 0]).mean()
        for at, (value, ends) in enumerate(
            [(y.sum(), found.customers_interval), (pairs, found.auc_interval),
             (y[best].mean(), found.precision_interval)]
        ):  # fmt: skip
            inside[at] += ends.low <= value <= ends.high
    assert (inside >= 88).all()


def test_calibration_is_doubted_where_it_is_off_and_not_where_it_is_right() -> None:
    rng = np.random.default_rng(4)
    p = rng.beta(1, 9, 1500)
    right = [calibration_p(p, (rng.random(1500) < p).astype(np.float64))[1] for _ in range(200)]
    off = [calibration_p(p, (rng.random(1500) < 1.5 * p).astype(np.float64))[1] for _ in range(20)]
    assert sum(one < 0.05 for one in right) <= 20
    assert max(off) < 0.05
    assert calibration_p(np.array([0.5, 0.5]), np.array([0.0, 0.0])) == (1.0, 0.5)


def test_the_level_of_a_model_is_known_to_its_customers_and_its_months() -> None:
    rng, n = np.random.default_rng(5), 24_000
    p, month = rng.beta(1, 9, n), rng.integers(0, 12, n)
    alone, firms = np.arange(n), np.arange(n) // 4
    still = (rng.random(n) < p).astype(np.float64)
    assert 1 / still.sum() <= level_doubt(p, still, alone, month) < 0.15**2 / 2
    few = slice(0, 600)  # of whom months tell nothing
    assert (
        0 < level_doubt(p[few], still[few], alone[few], month[few]) - 1 / still[few].sum() <= 0.15**2 + 1e-9
    )
    moved = (rng.random(n) < p * np.linspace(0.6, 1.4, 12)[month]).astype(np.float64)
    spread = float(np.linspace(0.6, 1.4, 12).std())
    assert level_doubt(p, moved, alone, month) == pytest.approx(spread**2, rel=0.25)
    shared = (rng.random(n // 4) < p[::4]).astype(np.float64).repeat(4)  # four leads of one fate
    assert level_doubt(p[::4].repeat(4), shared, firms, firms % 12) > 3 / shared.sum()
    assert level_doubt(p, np.zeros(n), alone, month) == 1.0


def logistic(n: int, firms: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inputs (n, 4), outcomes and firms of leads of one world; leads of a firm share a part of their fate."""
    firm = rng.integers(0, firms, n)
    x = np.column_stack([np.ones(n), rng.normal(size=(n, 3))])
    margin = x @ [-2.5, 0.7, -0.4, 0.2] + rng.normal(0, 0.7, firms)[firm]
    return x, (rng.random(n) < 1 / (1 + np.exp(-margin))).astype(np.float64), firm


def fitted(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The weights of a logistic regression, by Newton's method."""
    weights = np.zeros(x.shape[1])
    for _ in range(12):
        p = 1 / (1 + np.exp(-x @ weights))
        bend = (x.T * (p * (1 - p))) @ x + 0.1 * np.eye(x.shape[1])
        weights += np.linalg.solve(bend, x.T @ (y - p) - 0.1 * weights)
    return weights


@pytest.mark.slow
@pytest.mark.parametrize(("learned", "looked_at", "few"), [(600, 400, 15), (2_000, 20_000, 40)])
def test_a_fitted_model_in_a_world_that_stands_still_alarms_nobody(
    learned: int, looked_at: int, few: int
) -> None:
    rng, alarms, seen = np.random.default_rng(learned), 0, 0
    for _ in range(40):
        x, y, learned_firm = logistic(learned, learned // 3, rng)
        weights = fitted(x, y)
        own = 1 / (1 + np.exp(-x @ weights))
        doubt = level_doubt(own, y, learned_firm, rng.integers(0, 12, learned))
        later, won, firm = logistic(looked_at, looked_at // 3, rng)
        p = 1 / (1 + np.exp(-later @ weights))
        # twelve months and four origins, as a watch looks at them
        parts = [rng.integers(0, 12, looked_at) == at for at in range(12)]
        parts += [rng.integers(0, 4, looked_at) == at for at in range(4)]
        alarms += any(kept_apart([calibration_p(p[on], won[on], firm[on], doubt)[1] for on in parts], 0.01))
        twice = (rng.random(looked_at) < 2 * p).astype(np.float64)
        seen += any(kept_apart([calibration_p(p[on], twice[on], None, doubt)[1] for on in parts], 0.01))
    assert alarms <= 2
    assert seen >= few
