"""Chooses how to fit, on inner forward folds of the rows that may be fitted: never on the test."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from features.progress import Step
from features.recipe import Recipe, Training
from training.calibration import choose_map, mean_interval
from training.choosing.bench import Bench
from training.choosing.candidate import Candidate
from training.choosing.search import search
from training.figures import Interval
from training.figures.reliability import log_losses_of_margins
from training.fitting import LinearChoice, Settings, TreeChoice
from training.fitting.boosting import offered
from training.fitting.logistic_path import PENALTIES, PLAIN
from training.fitting.recency import HALF_LIFE
from training.history import Excerpt

WIDE = 0.6
"""The other share of features offered to a tree that is tried on the folds.

A fifth keeps correlated counts apart, and is too little where a table is narrow or two fields matter only
together. It is taken where the gain is sure, as newer rows counting for more is. Made tables of 1,500 and
6,000 rows, 13 and 40 numbers, 72 in all; log loss on the newest quarter minus that of a fifth: with the lower
loss of the folds alone 22 surely better, 49 level, 1 worse (+0.043: noise of 1,100 rows was followed); where
sure 14 better, 58 level, none worse. Means: bends -0.004, exclusive-or -0.005, rules -0.001; lines, noise and
correlated numbers 0.000. Choosing and fitting took 1.2 times as long.
"""
NOTHING: dict[str, float] = {}
"""The booster of the recipe as it is."""
Tried = tuple[Sequence[Candidate], dict[str, float]]
"""Candidates, and what their trees changed in the recipe's `[train]`."""


@dataclass(frozen=True)
class Budget:
    """Time for a search in `seconds`; `file` (SQLite) keeps it, so that it can go on; `say` hears of it."""

    seconds: float
    file: Path | None = None
    say: Step | None = None


def choose_settings(recipe: Recipe, excerpt: Excerpt, budget: Budget | None = None) -> Settings:
    """Kind of model, rounds, penalty and calibration with the lowest log loss on newer rows.

    With a `budget` the booster's settings are searched too; the recipe's own stay where nothing was better.
    Without a fold that has both outcomes on both sides, the plainest: a linear model, well penalised.
    """
    bench = Bench.of(recipe, excerpt)
    if not bench.folds or not excerpt.features:
        return Settings("linear", LinearChoice(PENALTIES[0]), TreeChoice(50), PLAIN[0])
    plain = bench.candidates(recipe.train)
    if not bench.tree_features:
        return settle(bench, plain, {})
    tried = [(plain, NOTHING), *_wider(bench, plain)]
    if budget is not None and (booster := _searched(bench, plain, budget)):
        tried.append((bench.candidates(recipe.train.model_copy(update=booster)), booster))
    return settle(bench, *min(tried, key=lambda pair: _least(pair[0])))


def _wider(bench: Bench, plain: Sequence[Candidate]) -> list[Tried]:
    """The best candidate with trees once more, each tree offered more features; where the recipe says itself
    how many, or nearly all are offered anyway, it is not tried."""
    train, width = bench.recipe.train, len(bench.tree_features)
    if "feature_fraction" in train.model_fields_set or offered(train, width) >= WIDE:
        return []
    best = min((one for one in plain if one.kind != "linear"), key=lambda candidate: candidate.loss)
    more = {"feature_fraction": WIDE}
    found = replace(bench.again(best, train.model_copy(update=more)), wide=True)
    return [([*plain, found], more)] if _gain(bench, best, found).low > 0 else []


def _searched(bench: Bench, plain: Sequence[Candidate], budget: Budget) -> dict[str, float]:
    """What the search found for trees that start as those of the best candidate do."""
    best = min(plain, key=lambda candidate: candidate.loss)
    start = bench.start_of(best.kind)
    digest = hashlib.sha256(f"{bench.recipe.hash} {len(bench.newer)} {best.kind}".encode()).hexdigest()
    name = f"{bench.recipe.name}-{digest[:12]}"
    return search(bench, budget.seconds, start=start, name=name, file=budget.file, say=budget.say)


def _least(candidates: Sequence[Candidate]) -> float:
    return min(candidate.loss for candidate in candidates)


def settle(bench: Bench, candidates: Sequence[Candidate], booster: dict[str, float]) -> Settings:
    """The settings of the candidate with the lowest loss; of equals the first, which is simpler.

    It is fitted with newer rows counting for more where that is surely better.
    """
    best = min(candidates, key=lambda candidate: candidate.loss)
    best, half_life = _by_recency(bench, best, bench.recipe.train.model_copy(update=booster))
    margin, seed = np.concatenate(best.newer), bench.recipe.train.seed
    return Settings(
        kind=best.kind,
        linear=best.linear,
        trees=TreeChoice(best.rounds, booster, bench.calendars),
        plain_penalty=bench.plain_penalty,
        map=choose_map(margin, bench.excerpt.on(bench.newer), seed=seed),
        half_life=half_life,
        losses={candidate.name: candidate.loss for candidate in candidates},
        folds=len(bench.folds),
    )


def _by_recency(bench: Bench, best: Candidate, plan: Training) -> tuple[Candidate, float | None]:
    """`best`, or the same with newer rows counting for more where that surely gains; and its half-life."""
    if not bench.excerpt.labelled.timed:
        return best, None
    aged = replace(bench, half_life=HALF_LIFE).again(best, plan)
    return (aged, HALF_LIFE) if _gain(bench, best, aged).low > 0 else (best, None)


def _gain(bench: Bench, best: Candidate, other: Candidate) -> Interval:
    """The paired interval, over clusters, of what `other` gains on `best` in log loss on the newer rows."""
    newer = bench.excerpt.on(bench.newer)
    before, after = (log_losses_of_margins(newer.y, np.concatenate(one.newer)) for one in (best, other))
    return mean_interval(before - after, newer.clusters, bench.recipe.train.seed)
