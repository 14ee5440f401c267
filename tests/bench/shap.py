"""Contributions and margins by tables against LightGBM's own, on the same rows and one thread."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import lightgbm as lgb
import numpy as np

from features.columns import Floats
from serving.scorers.tree_tables import TreeTables
from tests.bench.rows import Row, at_least, at_most, cpu_seconds

BAG, ROUNDS, COLUMNS, FITTED = 4, 72, 100, 20_000
"""What the default recipe makes of the simulated company."""
SOME = 2_000
"""Rows that LightGBM is timed on: its time grows in proportion."""


def run() -> list[Row]:
    """Ratios of CPU time for 1 to 100,000 rows."""
    boosters, rows = fitted(np.random.default_rng(1))
    first = cpu_seconds(partial(_first, boosters, rows[:1]), 2)
    tables = TreeTables.of(boosters)
    assert tables is not None
    found = [Row("making the tables and the first answer", first * 1e3, "ms")]
    for n in (1, 1_000, 10_000, 100_000):
        asked, few = rows[:n], rows[: min(n, SOME)]
        both, alone = _each(partial(tables.explained, asked), n), _each(partial(tables.margins, asked), n)
        parts = _each(partial(_predict, boosters, few, pred_contrib=True), len(few))
        raw = _each(partial(_predict, boosters, few, raw_score=True), len(few))
        what = f"{n:,} rows: LightGBM's contributions / margin and contributions by tables"
        least = {1: 1, 10_000: 10, 100_000: 25}.get(n)
        ratio = parts / both
        found.append(at_least(what, ratio, "×", least) if least else Row(what, ratio, "×"))
        found.append(Row(f"{n:,} rows: LightGBM's margin / margin by tables", raw / alone, "×"))
        if n == 1:
            one = "one lead: margin and contributions by tables / LightGBM's margin"
            found.append(at_most(one, both / raw, "×", 2))
    return [*found, Row("contributions of 100,000 rows", 1 / both, "rows/s")]


def _first(boosters: list[lgb.Booster], row: Floats) -> None:
    tables = TreeTables.of(boosters)
    assert tables is not None
    tables.explained(row)


def _predict(boosters: list[lgb.Booster], rows: Floats, **what: bool) -> None:
    for booster in boosters:
        booster.predict(rows, num_threads=1, **what)


def _each(work: Callable[[], object], rows: int) -> float:
    """CPU seconds of a row."""
    times = max(1, 1_000 // rows)
    return cpu_seconds(lambda: [work() for _ in range(times)], 2) / times / rows


def fitted(random: np.random.Generator) -> tuple[list[lgb.Booster], Floats]:
    """A bag as a recipe's defaults make it, saved and read again as a served one is, and rows to ask."""
    matrix = random.gamma(1.0, 2.0, (100_000, COLUMNS))
    matrix[:, :8] = random.integers(0, 12, (len(matrix), 8))
    matrix[random.random(matrix.shape) < 0.1] = np.nan
    known = matrix[:FITTED]
    logit = np.nan_to_num(known) @ random.normal(0, 0.2, COLUMNS)
    y = random.random(FITTED) < 1 / (1 + np.exp(-(logit - logit.mean() - 1)))
    plan = {"objective": "binary", "num_leaves": 7, "bagging_fraction": 0.8, "bagging_freq": 1}
    sample = lgb.Dataset(known, y, categorical_feature=list(range(8)), free_raw_data=False)
    found = []
    with TemporaryDirectory() as folder:
        for seed in range(BAG):
            path = Path(folder) / f"{seed}.txt"
            lgb.train({**plan, "seed": seed, "num_threads": 1, "verbosity": -1}, sample, ROUNDS).save_model(
                path
            )
            found.append(lgb.Booster(model_file=path))
    return found, matrix
