"""Gradient-boosted trees: one sane regularised setting, rounds chosen forward in time, a bag of seeds."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import lightgbm as lgb
import numpy as np

from features.columns import Columns, Floats
from features.recipe import Training
from serving.scorers import TreeEncoder
from training.fitting.logistic import FREE

T = TypeVar("T")
R = TypeVar("R")

GROWTH = 1.1
"""Rounds grow by this when all rows are fitted: more rows carry a little more detail than the folds did."""

_LEAST_GAIN = 1e-5
"""Log loss that rounds must gain to go on: less is the noise of some rows, and may trickle on for long."""
_FEWEST = 4
"""Features offered to each tree at least: with fewer, exports of a handful of columns would starve."""


@dataclass(frozen=True)
class Sample:
    """A matrix of shape `(n_rows, n_features)`, its outcomes, its columns' names and which are categories.

    `offset` holds the margins that the trees start from, None for the base rate; `signs` has the declared
    sign of each column, 0 where it is free; `weight` says how much each row counts, None: all alike.
    """

    X: Floats
    y: Floats
    names: tuple[str, ...]
    categorical: tuple[int, ...]
    offset: Floats | None = None
    signs: tuple[int, ...] = ()
    weight: Floats | None = None

    def starting(self, offset: Floats) -> Sample:
        """The same rows, with trees starting from these margins."""
        return replace(self, offset=offset)

    def reading(self, more: Floats, names: Sequence[str]) -> Sample:
        """The same rows with further columns. Where features have signs, these may only raise the margin:
        they are what a model of the same signs makes of the lead."""
        signs = (*self.signs, *(1 for _ in names)) if any(self.signs) else ()
        return replace(self, X=np.hstack([self.X, more]), names=(*self.names, *names), signs=signs)


def encoded(
    encoder: TreeEncoder,
    columns: Columns,
    y: Floats,
    offset: Floats | None = None,
    signs: Mapping[str, int] = FREE,
) -> Sample:
    """`columns` as the encoder sees them, beside their outcomes."""
    return Sample(
        encoder.transform(columns),
        y,
        tuple(encoder.booster_names),
        encoder.categorical,
        offset,
        tuple(signs.get(name, 0) for name in encoder.features) if signs else (),
    )


def parameters(plan: Training, sample: Sample, member: int = 0) -> dict[str, Any]:
    """LightGBM's parameters for one `member` of the bag on `sample`.

    Row-wise and deterministic, so that the same rows and seed give the same trees on any machine.
    """
    width = max(sample.X.shape[1], 1)
    signed = {"monotone_constraints": list(sample.signs)} if any(sample.signs) else {}
    return signed | {
        "objective": "binary",
        "metric": "binary_logloss",
        "learning_rate": plan.learning_rate,
        "num_leaves": plan.num_leaves,
        "min_data_in_leaf": plan.min_child_samples,
        "max_depth": plan.max_depth,
        "feature_fraction": min(1.0, max(plan.feature_fraction, _FEWEST / width)),
        "bagging_fraction": plan.bagging_fraction,
        "bagging_freq": 1,
        "lambda_l1": plan.lambda_l1,
        "lambda_l2": plan.lambda_l2,
        "path_smooth": plan.path_smooth,
        "extra_trees": plan.extra_trees,
        "cat_smooth": plan.cat_smooth,
        "seed": plan.seed + 1000 * member,
        "num_threads": plan.threads,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }


def fit_bag(sample: Sample, plan: Training, rounds: int) -> tuple[lgb.Booster, ...]:
    """`plan.bag` boosters of `rounds` rounds each, alike but for their seeds."""

    def fit_member(member: int) -> lgb.Booster:
        return lgb.train(parameters(plan, sample, member), _dataset(sample), num_boost_round=max(rounds, 1))

    return tuple(side_by_side(fit_member, range(plan.bag)))


def fit_stopped(sample: Sample, newer: Sample, plan: Training) -> tuple[lgb.Booster, Floats]:
    """One booster stopped early on `newer` rows, and its log loss on them after each round."""
    curve: dict[str, Any] = {}
    train = _dataset(sample)
    booster = lgb.train(
        parameters(plan, sample),
        train,
        num_boost_round=plan.rounds,
        valid_sets=[_dataset(newer, reference=train)],
        valid_names=["newer"],
        callbacks=[
            lgb.early_stopping(plan.early_stopping, verbose=False, min_delta=_LEAST_GAIN),
            lgb.record_evaluation(curve),
        ],
    )
    return booster, np.array(curve["newer"]["binary_logloss"], dtype=np.float64)


def best_rounds(curves: Sequence[Floats], weights: Sequence[float]) -> int:
    """The number of rounds with the lowest mean log loss over the folds, by the folds' `weights`.

    A fold that stopped early keeps its last loss, which was rising: stopping is not rewarded.
    """
    length = max(len(curve) for curve in curves)
    padded = [np.pad(curve, (0, length - len(curve)), mode="edge") for curve in curves]
    return int(np.average(padded, axis=0, weights=weights).argmin()) + 1


def margins(booster: lgb.Booster, sample: Sample, rounds: int) -> Floats:
    """Raw log-odds after `rounds` rounds, the offset included."""
    raw = booster.predict(sample.X, raw_score=True, num_iteration=rounds, num_threads=1)
    return np.asarray(raw if sample.offset is None else raw + sample.offset, dtype=np.float64)


def side_by_side(work: Callable[[T], R], items: Sequence[T]) -> list[R]:
    """`work` of every item, as many at once as there are processors; results in order of the items.

    Threads each with a single-threaded booster: OpenMP's own teams wait for one another on a busy machine.
    """
    with ThreadPoolExecutor(max_workers=max(1, min(len(items), processors()))) as pool:
        return list(pool.map(work, items))


def processors() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _dataset(sample: Sample, reference: lgb.Dataset | None = None) -> lgb.Dataset:
    return lgb.Dataset(
        sample.X,
        label=sample.y,
        weight=sample.weight,
        init_score=sample.offset,
        reference=reference,
        categorical_feature=list(sample.categorical),
        feature_name=list(sample.names),
        params={"verbosity": -1, "feature_pre_filter": False},
    )
