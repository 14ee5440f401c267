"""Chooses how to fit, on inner forward folds of the rows that may be fitted: never on the test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from features import Feature
from features.recipe import Recipe
from serving.maps import MonotoneMap
from training.boosting import GROWTH, Sample, best_rounds, encoded, fit_stopped, margins, side_by_side
from training.calibrate import choose_calibration
from training.encode import fit_tree_encoder
from training.labelled import Labelled
from training.logistic import PENALTIES, PLAIN, path_margins
from training.reliability import log_losses
from training.split import Rows, forward_folds

Floats = NDArray[np.float64]

Kind = Literal["trees", "linear", "mean"]


@dataclass(frozen=True)
class Settings:
    """What the folds chose. `losses` holds each kind's out-of-fold log loss, None without folds.

    `rounds` are those of the folds; a fit on all rows uses `GROWTH` times as many. `calibration` maps the
    margins of `kind`. `plain_penalty` is that of the baseline, chosen around 1.
    """

    kind: Kind
    rounds: int
    penalty: float
    plain_penalty: float
    calibration: MonotoneMap
    losses: dict[str, float] = field(default_factory=dict)
    folds: int = 0

    @property
    def all_rounds(self) -> int:
        """Rounds for a fit on all rows."""
        return max(1, round(self.rounds * GROWTH))

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self) | {"calibration": self.calibration.model_dump(mode="json")}


def choose_settings(recipe: Recipe, labelled: Labelled, features: Sequence[Feature], fit: Rows) -> Settings:
    """Rounds, penalty, kind of model and calibration with the lowest log loss on newer rows.

    Without a fold that has both outcomes on both sides, the plainest: a linear model, well penalised.
    """
    folds = forward_folds(labelled.frame, fit, recipe.train.folds)
    if not folds or not features:
        return Settings("linear", 50, PENALTIES[0], PLAIN[0], MonotoneMap.identity())
    newer = np.concatenate([rows for _, rows in folds])
    y = labelled.y(newer)
    trees, rounds = _tree_margins(recipe, labelled, features, folds)
    paths = _linear_margins(recipe, labelled, features, folds)
    penalty, plain = (_lowest(paths, among, y) for among in (PENALTIES, PLAIN))
    linear = paths[penalty]
    candidates: dict[Kind, Floats] = {"trees": trees, "linear": linear, "mean": (trees + linear) / 2}
    losses: dict[Kind, float] = {kind: _loss(y, found) for kind, found in candidates.items()}
    kind = min(losses, key=lambda name: losses[name])
    in_time = np.argsort(labelled.frame["order"].to_numpy(np.int64)[newer], kind="stable")
    calibration = choose_calibration(
        candidates[kind][in_time], y[in_time], labelled.clusters(newer)[in_time], recipe.train.seed
    )
    return Settings(
        kind,
        rounds,
        penalty,
        plain,
        calibration,
        {str(name): loss for name, loss in losses.items()},
        len(folds),
    )


def _tree_margins(
    recipe: Recipe, labelled: Labelled, features: Sequence[Feature], folds: list[tuple[Rows, Rows]]
) -> tuple[Floats, int]:
    """Out-of-fold margins of one booster a fold, and the rounds that were best over all folds."""

    def run(fold: tuple[Rows, Rows]) -> tuple[Any, Floats, Sample]:
        train, newer = (labelled.at(rows, features) for rows in fold)
        encoder = fit_tree_encoder(features, train, recipe.train.rare_level)
        older = encoded(encoder, train, labelled.y(fold[0]))
        later = encoded(encoder, newer, labelled.y(fold[1]))
        booster, curve = fit_stopped(older, later, recipe.train)
        return booster, curve, later

    runs = side_by_side(run, folds)
    rounds = best_rounds([curve for _, curve, _ in runs], [len(newer) for _, newer in folds])
    return np.concatenate([margins(booster, later, rounds) for booster, _, later in runs]), rounds


def _linear_margins(
    recipe: Recipe, labelled: Labelled, features: Sequence[Feature], folds: list[tuple[Rows, Rows]]
) -> dict[float, Floats]:
    """Penalty → out-of-fold margins."""
    paths = [
        path_margins(
            features,
            labelled.at(train, features),
            labelled.y(train),
            labelled.at(newer, features),
            recipe.train.rare_level,
        )
        for train, newer in folds
    ]
    return {penalty: np.concatenate([path[penalty] for path in paths]) for penalty in PENALTIES}


def _lowest(paths: dict[float, Floats], among: Sequence[float], y: Floats) -> float:
    """The penalty with the lowest log loss."""
    return min(among, key=lambda penalty: _loss(y, paths[penalty]))


def _loss(y: Floats, margin: Floats) -> float:
    """Mean log loss of margins taken as log-odds."""
    return float(log_losses(y, MonotoneMap.identity().of(margin)).mean())
