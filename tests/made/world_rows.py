"""The rows of a world: its columns, its true log-odds, and the file that a company would export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from tests.made.worlds import Shape, World

Floats = NDArray[np.float64]
Codes = list[NDArray[np.intp]]
"""The level number of each row, one array a category."""

_STRONG = 1.3
"""Standard deviation of the true log-odds that columns explain; about that of good lead data."""


@dataclass(frozen=True)
class Made:
    """An export that was written, and row number → true probability by lead id."""

    file: Path
    truth: dict[str, float]


def make_world(world: World, folder: Path) -> Made:
    """Write the export of `world` into `folder`; the same world gives the same bytes."""
    rng = np.random.default_rng(crc32(world.name.encode()))
    X = _numbers(world, rng)
    codes = [_levels(rng, world.rows, count) for count in world.levels]
    signal = _SHAPES[world.shape](world, rng, X, codes)
    place = _placed(world, rng, X, codes)
    X, codes, signal = X[place], [code[place] for code in codes], signal[place]
    clock = np.linspace(0, 1, world.rows)
    if world.drift == "mix moves":
        X[:, 0] += 1.5 * clock
    margin = _STRONG * signal + _drifted(world, rng, X, clock)
    account = np.arange(world.rows) // world.accounts
    if world.accounts > 1:
        account = rng.permutation(account) if world.order == "lot" else account
        margin = margin + rng.normal(0, 0.7, account.max() + 1)[account]
    p = expit(margin + _intercept(margin, world.rate))
    won = rng.random(world.rows) < p
    frame = _columns(world, rng, X, codes, clock)
    if world.accounts > 1:
        frame.insert(1, "account_id", [f"A{number:05d}" for number in account])
    file = folder / "leads.csv"
    _ended(world, rng, frame, won, clock).to_csv(file, index=False)
    return Made(file, dict(zip(frame["lead_id"], p.tolist(), strict=True)))


def _numbers(world: World, rng: np.random.Generator) -> Floats:
    """Correlated standard normals, those that speak first."""
    width = world.numbers + world.noise
    shared = rng.normal(size=(world.rows, 1))
    return np.asarray(0.45 * shared + 0.89 * rng.normal(size=(world.rows, width)))


def _levels(rng: np.random.Generator, rows: int, count: int) -> NDArray[np.intp]:
    """Level numbers, the first ones the most frequent."""
    share = 1 / (np.arange(count) + 3.0) ** 0.8
    return rng.choice(count, rows, p=share / share.sum())


def _line(world: World, rng: np.random.Generator, X: Floats, codes: Codes) -> Floats:
    weights = rng.normal(size=world.numbers)
    return _unit(X[:, : world.numbers] @ weights + 0.6 * _by_level(rng, codes, 1))


def _bends(world: World, rng: np.random.Generator, X: Floats, codes: Codes) -> Floats:
    bent = (np.abs, np.sin, lambda x: np.maximum(x, 0.0), lambda x: (x > 0.5) * 1.0, lambda x: -(x**2) / 2)
    parts = [
        _unit(bent[at % len(bent)](1.5 * X[:, at])) * rng.uniform(0.5, 1.2) for at in range(world.numbers)
    ]
    return _unit(np.sum(parts, axis=0) + 0.6 * _by_level(rng, codes, 1))


def _rules(world: World, rng: np.random.Generator, X: Floats, codes: Codes) -> Floats:
    total = np.zeros(len(X))
    for _ in range(8):
        first, second = rng.integers(0, world.numbers, 2)
        holds = (X[:, first] > rng.normal()) & (X[:, second] < rng.normal())
        if codes and rng.random() < 0.6:
            code = codes[rng.integers(len(codes))]
            holds = (X[:, first] > rng.normal()) & (code % 3 == rng.integers(3))
        total += rng.choice([-1.0, 1.0]) * rng.uniform(0.7, 1.5) * holds
    return _unit(total)


def _xor(world: World, rng: np.random.Generator, X: Floats, codes: Codes) -> Floats:
    return _unit(np.sign(X[:, 0] - 0.2) * np.sign(X[:, 1] + 0.1) + 0.5 * X[:, 2])


def _xor_levels(world: World, rng: np.random.Generator, X: Floats, codes: Codes) -> Floats:
    return _unit(((codes[0] + codes[1]) % 2 * 2 - 1.0) + 0.5 * X[:, 0])


def _of_levels(world: World, rng: np.random.Generator, X: Floats, codes: Codes) -> Floats:
    return _unit(_by_level(rng, codes, len(codes)) + 0.4 * X[:, 0])


def _mixed(world: World, rng: np.random.Generator, X: Floats, codes: Codes) -> Floats:
    product = _unit(X[:, 0] * X[:, 1])
    return _unit(_line(world, rng, X, codes) + 0.7 * _bends(world, rng, X, codes) + 0.5 * product)


def _nothing(world: World, rng: np.random.Generator, X: Floats, codes: Codes) -> Floats:
    return np.zeros(len(X))


_SHAPES: dict[Shape, Callable[[World, np.random.Generator, Floats, Codes], Floats]] = {
    "line": _line,
    "bends": _bends,
    "rules": _rules,
    "xor": _xor,
    "xor of levels": _xor_levels,
    "levels": _of_levels,
    "mix": _mixed,
    "noise": _nothing,
}


def _by_level(rng: np.random.Generator, codes: Codes, count: int) -> Floats:
    """The sum of an effect of each level of the first `count` categories."""
    if not codes:
        return np.zeros(1)
    return np.sum([rng.normal(size=code.max() + 1)[code] for code in codes[:count]], axis=0)


def _unit(values: Floats) -> Floats:
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > 0 else values


def _placed(world: World, rng: np.random.Generator, X: Floats, codes: Codes) -> NDArray[np.intp]:
    """The order of the rows in the file."""
    by = {"number": lambda: X[:, 0], "level": lambda: rng.permutation(world.levels[0])[codes[0]]}
    if world.order not in by:
        return np.arange(world.rows)
    return np.argsort(by[world.order](), kind="stable")


def _drifted(world: World, rng: np.random.Generator, X: Floats, clock: Floats) -> Floats:
    """What time adds to the log-odds."""
    if world.drift == "halves":
        return np.where(clock > 0.6, -0.75, 0.0)
    if world.drift == "triples":
        return np.where(clock > 0.9, 1.3, 0.0)
    if world.drift == "wanders":
        steps = rng.normal(0, 0.35, 24).cumsum()
        return np.asarray(steps[np.minimum((clock * 24).astype(int), 23)])
    if world.drift == "turns":
        return np.asarray(1.6 * X[:, 0] * (1 - 2 * clock))
    return 1.5 * clock if world.drift == "calendar" else np.zeros(len(clock))


def _intercept(margin: Floats, rate: float) -> float:
    """What brings the mean probability to `rate`."""
    low, high = -15.0, 15.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if expit(margin + middle).mean() < rate else (low, middle)
    return low


def _columns(world: World, rng: np.random.Generator, X: Floats, codes: Codes, clock: Floats) -> pd.DataFrame:
    """Names that say nothing, every other number skewed, some cells empty."""
    found: dict[str, object] = {"lead_id": [f"L{row:06d}" for row in range(world.rows)]}
    order = rng.permutation(X.shape[1])
    for name, at in enumerate(order.tolist()):
        shown = np.round(np.exp(X[:, at]) * 10, 2) if at % 2 else np.round(X[:, at], 3)
        gaps = rng.random(world.rows) < world.missing * (at % 3 == 0)
        found[f"n{name:02d}"] = np.where(gaps, np.nan, shown)
    for name, code in enumerate(codes):
        found[f"c{name:02d}"] = [f"k{number:03d}" for number in code]
    if world.drift == "calendar":
        found["price_index"] = np.round(90 + 10 * np.floor(clock * 40) / 40, 2)
    return pd.DataFrame(found)


def _ended(
    world: World, rng: np.random.Generator, frame: pd.DataFrame, won: NDArray[np.bool_], clock: Floats
) -> pd.DataFrame:
    """The outcome of each lead: yes or no, or with `looks` the dates of creation and of winning."""
    if not world.looks:
        return frame.assign(converted=np.where(won, "yes", "no"))
    created = pd.Timestamp("2023-01-02") + pd.to_timedelta(np.round(clock * 800 * 1440), unit="min")
    after = pd.to_timedelta(np.round(rng.exponential(18, world.rows) * 1440 + 60), unit="min")
    ended = pd.Series(created + after).where(won)
    return frame.assign(created_at=created, won_at=ended.to_numpy())
