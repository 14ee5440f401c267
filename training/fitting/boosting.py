"""Gradient-boosted trees: one sane regularised setting, rounds chosen forward in time, a bag of seeds."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
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
_USUAL, _SHARES = 24, (0.2, 0.6)
"""Features offered to each tree where the recipe does not say what share, and the ends of that share.

A fifth keeps apart the correlated counts of a hundred columns, and starves a table of thirteen: of those
0.6 is better surely or level (see docs/measured.md, what was tried).
"""


_CAT_L2, _LEAST_GROUP = 10.0, 100
"""LightGBM's own for categories: penalty of a level, rows of a group of levels; both in independent rows.

Made companies, leads of several looks; log loss of trees on new leads against leaving the category out, means
of eight, by what is counted in leads (`rare_level`) or independent rows (the rest):

    leads, looks, levels    nothing   rare_level   and categories   and leaves, smoothing
    3,333, 9, 300           +0.0136       0.0000           0.0000                 +0.0003
    10,000, 9, 300          +0.0103      +0.0058          +0.0017                 +0.0016
    3,333, 9, 40            +0.0037      +0.0037          +0.0017                 +0.0022
    3,333, 9, 40 (strong)   -0.0050      -0.0050          -0.0059                 -0.0056
    3,000, 4, 100           +0.0037       0.0000          -0.0010                 -0.0012

Out-of-fold log loss of the best candidate by nothing, the third and the fourth column: BPI 0.5351, 0.5347,
0.5366; from its second origin 0.4997, 0.4997, 0.4950; two simulated companies 0.2182, 0.2181, 0.2177 and
0.2308, 0.2311, 0.2316.
"""


class Bins:
    """A matrix as LightGBM bins it, made when it is first fitted on.

    Binning costs as much as some twenty rounds: every booster on the same rows shares it.
    """

    def __init__(self) -> None:
        self._made: lgb.Dataset | None = None
        self._reference: lgb.Dataset | None = None

    def of(self, sample: Sample, reference: lgb.Dataset | None = None) -> lgb.Dataset:
        """The `sample` with its own offset and weights, in bins of its own or those of `reference`."""
        if self._made is None or self._reference is not reference:
            self._made, self._reference = _dataset(sample, reference).construct(), reference
        self._made.set_field("init_score", sample.offset)
        self._made.set_field("weight", sample.weight)
        return self._made


@dataclass(frozen=True)
class Sample:
    """A matrix of shape `(n_rows, n_features)`, its outcomes, its columns' names and which are categories.

    `offset` holds the margins that the trees start from, None for the base rate; `signs` has the declared
    sign of each column, 0 where it is free; `weight` says how much each row counts, None: all alike.
    `share` is how many independent rows a row is worth (see `effective_share`): several looks at a lead
    repeat its outcome. `bins` are kept as long as `X` is the same.
    """

    X: Floats
    y: Floats
    names: tuple[str, ...]
    categorical: tuple[int, ...]
    offset: Floats | None = None
    signs: tuple[int, ...] = ()
    weight: Floats | None = None
    share: float = 1.0
    bins: Bins = field(default_factory=Bins, compare=False, repr=False)

    def starting(self, offset: Floats) -> Sample:
        """The same rows, with trees starting from these margins."""
        return replace(self, offset=offset)

    def reading(self, more: Floats, names: Sequence[str]) -> Sample:
        """The same rows with further columns. Where features have signs, these may only raise the margin:
        they are what a model of the same signs makes of the lead."""
        signs = (*self.signs, *(1 for _ in names)) if any(self.signs) else ()
        X = np.hstack([self.X, more])
        return replace(self, X=X, names=(*self.names, *names), signs=signs, bins=Bins())


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
        (*(signs.get(name, 0) for name in encoder.features), *(0 for _ in encoder.pairs)) if signs else (),
    )


def parameters(plan: Training, sample: Sample, member: int = 0) -> dict[str, Any]:
    """LightGBM's parameters for one `member` of the bag on `sample`.

    Column-wise and deterministic, so that the same rows and seed give the same trees on any machine; row-wise
    would read columns that a tree is not offered. What holds
    levels of a category back is counted in independent rows: a level belongs to the lead, so that nine looks
    at a lead tell of it once. Numbers change from look to look; what holds leaves back stays in rows.
    """
    looks = 1.0 / sample.share
    signed = {"monotone_constraints": list(sample.signs)} if any(sample.signs) else {}
    return signed | {
        "objective": "binary",
        "metric": "binary_logloss",
        "learning_rate": plan.learning_rate,
        "num_leaves": plan.num_leaves,
        "min_data_in_leaf": plan.min_child_samples,
        "max_depth": plan.max_depth,
        "feature_fraction": offered(plan, sample.X.shape[1]),
        "bagging_fraction": plan.bagging_fraction,
        "bagging_freq": 1,
        "lambda_l1": plan.lambda_l1,
        "lambda_l2": plan.lambda_l2,
        "path_smooth": plan.path_smooth,
        "extra_trees": plan.extra_trees,
        "cat_smooth": plan.cat_smooth * looks,
        "cat_l2": _CAT_L2 * looks,
        "min_data_per_group": round(_LEAST_GROUP * looks),
        "seed": plan.seed + 1000 * member,
        "num_threads": plan.threads,
        "deterministic": True,
        "force_col_wise": True,
        "verbosity": -1,
    }


def offered(plan: Training, width: int) -> float:
    """The share of `width` features that each tree is offered: the recipe's, or one by their number."""
    width, (least, most) = max(width, 1), _SHARES
    share = min(most, max(least, _USUAL / width)) if plan.feature_fraction is None else plan.feature_fraction
    return min(1.0, max(share, _FEWEST / width))


def fit_bag(sample: Sample, plan: Training, rounds: int) -> tuple[lgb.Booster, ...]:
    """`plan.bag` boosters of `rounds` rounds each, alike but for their seeds."""
    train = sample.bins.of(sample)

    def fit_member(member: int) -> lgb.Booster:
        return lgb.train(parameters(plan, sample, member), train, num_boost_round=max(rounds, 1))

    return tuple(side_by_side(fit_member, range(plan.bag)))


def fit_stopped(sample: Sample, newer: Sample, plan: Training) -> tuple[lgb.Booster, Floats]:
    """One booster stopped early on `newer` rows, and its log loss on them after each round."""
    curve: dict[str, Any] = {}
    train = sample.bins.of(sample)
    booster = lgb.train(
        parameters(plan, sample),
        train,
        num_boost_round=plan.rounds,
        valid_sets=[newer.bins.of(newer, reference=train)],
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
        reference=reference,
        categorical_feature=list(sample.categorical),
        feature_name=list(sample.names),
        params={"verbosity": -1, "feature_pre_filter": False},
    )
