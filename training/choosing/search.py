"""Searches the booster's settings within a budget of time: forward folds, pruned, seeded, resumable."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from features.columns import Floats
from features.errors import LeadscoreError
from features.progress import Step, tell
from features.recipe import Training
from training.choosing.bench import Bench
from training.choosing.candidate import Start
from training.fitting import Sample, best_rounds, fit_stopped, margins
from training.fitting.boosting import offered

if TYPE_CHECKING:
    from optuna import Study, Trial

Pairs = Sequence[tuple[Sample, Sample]]

_WARM_TRIALS = 5
"""Trials that are never pruned: before them it is not known what a usual loss is."""


def search(
    bench: Bench, seconds: float, *, start: Start | None, name: str, file: Path | None, say: Step | None
) -> dict[str, float]:
    """What to change in the recipe's `[train]`, found in about `seconds`; empty where nothing did better.

    `start` is what trees are given of the linear model, None where they stand beside it. A trial fits one
    booster a fold, newest fold first, and is given up when it is worse than half of the earlier ones. The
    recipe's own settings are the first trial. With `file`, an SQLite file, the study called `name` goes on
    where it ended. An interrupt (Ctrl-C) ends the search: the best so far is kept.

    Raises:
        LeadscoreError: `file` cannot be used.
    """
    study, pairs = _study(bench, name, file), bench.matrices(start)
    ends = time.monotonic() + seconds

    def objective(trial: Trial) -> float:
        return _folds_loss(bench, _suggest(trial, bench.recipe.train), pairs, start is None, trial)

    def told(study: Study, trial: Any) -> None:
        left = max(0, round(ends - time.monotonic()))
        best = f"{study.best_value:.5f}" if _finished(study) else "none yet"
        tell(
            say,
            f"searching, {left} of {seconds:.0f} s left: trial {trial.number + 1}, "
            f"lowest log loss on folds {best}",
        )

    try:
        study.optimize(objective, timeout=seconds, callbacks=[told])
    except KeyboardInterrupt:
        tell(say, "search interrupted: the best settings so far are kept")
    return dict(study.best_params) if _finished(study) else {}


def _study(bench: Bench, name: str, file: Path | None) -> Study:
    """The study called `name`, new or as `file` left it; its first trial is the plan itself."""
    import optuna

    plan, share = bench.recipe.train, offered(bench.recipe.train, len(bench.tree_features))
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=_WARM_TRIALS)
    try:
        study = optuna.create_study(
            study_name=name,
            storage=None if file is None else f"sqlite:///{file.resolve()}",
            pruner=pruner,
            load_if_exists=True,
        )
    except Exception as error:
        raise LeadscoreError(
            f"{file}: cannot hold a search ({type(error).__name__}).",
            "Name a new SQLite file in a folder that can be written, or leave it out.",
        ) from error
    # a search that goes on must not draw again what it drew at its beginning
    study.sampler = optuna.samplers.TPESampler(seed=plan.seed + len(study.trials))
    if not study.trials:
        study.enqueue_trial({key: getattr(plan, key) for key in SEARCHED} | {"feature_fraction": share})
    return study


SEARCHED = (
    "num_leaves",
    "learning_rate",
    "min_child_samples",
    "feature_fraction",
    "bagging_fraction",
    "lambda_l1",
    "lambda_l2",
    "path_smooth",
    "extra_trees",
    "cat_smooth",
)
"""The keys of `[train]` that a search changes."""


def _suggest(trial: Trial, plan: Training) -> Training:
    """A plan drawn from the space: small trees and strong regularisation, since leads are few and noisy."""
    found = {
        "num_leaves": trial.suggest_int("num_leaves", 3, 63, log=True),
        "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.1, log=True),
        "min_child_samples": trial.suggest_int("min_child_samples", 5, 400, log=True),
        "feature_fraction": trial.suggest_float("feature_fraction", 0.05, 1.0, log=True),
        "bagging_fraction": trial.suggest_float("bagging_fraction", 0.4, 1.0),
        "lambda_l1": trial.suggest_float("lambda_l1", 0.0, 5.0),
        "lambda_l2": trial.suggest_float("lambda_l2", 0.01, 100.0, log=True),
        "path_smooth": trial.suggest_float("path_smooth", 0.0, 200.0),
        "extra_trees": trial.suggest_categorical("extra_trees", [False, True]),
        "cat_smooth": trial.suggest_float("cat_smooth", 1.0, 200.0, log=True),
    }
    return plan.model_copy(update=found)


def _folds_loss(bench: Bench, plan: Training, pairs: Pairs, mixes: bool, trial: Trial) -> float:
    """The weighted loss on all folds with one number of rounds; given up early, newest fold first.

    `pairs` are the matrices of the folds; `mixes` says that the trees may stand beside the linear model.

    What is reported on the way takes the best rounds of each fold, a little too good for every trial alike.
    """
    import optuna

    runs = {}
    lost = seen = 0.0
    for step, fold in enumerate(reversed(range(len(bench.folds)))):
        older, newer = pairs[fold]
        booster, curve = fit_stopped(older, newer, plan)
        runs[fold] = (booster, newer, curve)
        loss = _fold_loss(bench, fold, margins(booster, newer, int(curve.argmin()) + 1), mixes)
        lost, seen = lost + bench.weights[fold] * loss, seen + bench.weights[fold]
        trial.report(lost / seen, step)
        if trial.should_prune():
            raise optuna.TrialPruned
    inorder = [runs[fold] for fold in range(len(bench.folds))]
    rounds = best_rounds([curve for _, _, curve in inorder], bench.weights)
    found = [margins(booster, newer, rounds) for booster, newer, _ in inorder]
    return sum(w * _fold_loss(bench, fold, found[fold], mixes) for fold, w in enumerate(bench.weights))


def _fold_loss(bench: Bench, fold: int, margin: Floats, mixes: bool) -> float:
    """The loss of trees, or of their mean with the linear model where that is lower and they may mix."""
    loss = bench.fold_loss(fold, margin)
    if not mixes:
        return loss
    return min(loss, bench.fold_loss(fold, (margin + bench.linears[-1].candidate.newer[fold]) / 2))


def _finished(study: Study) -> bool:
    """Whether any trial came to its end."""
    from optuna.trial import TrialState

    return bool(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,)))
