"""Every kind of model on inner forward folds: out-of-fold margins by which settings are chosen.

Kinds: a linear model; trees that start from the linear margin; the mean of both margins; trees alone.
Features that are calendars (see `calendars`) are never split on by trees. A linear model may read them, and
then only trees that start from its margin stand beside it: in a mean with trees that know no calendar half of
the margin would stay where the calendar left it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from features import Feature
from features.recipe import Recipe, Training
from training.boosting import Sample, best_rounds, encoded, fit_stopped, margins, side_by_side
from training.calendars import find_calendars
from training.directions import directions
from training.encode import fit_tree_encoder
from training.labelled import Labelled
from training.logistic import PENALTIES, PLAIN, path_margins
from training.reliability import log_losses_of_margins
from training.split import Rows, forward_folds

Floats = NDArray[np.float64]
Kind = Literal["linear", "offset", "mean", "trees"]

NEWER_WEIGHS = 2**0.5
"""Each fold weighs this much more than the one before it: it trains on rows most like those of the final fit,
and judges on those most like what will be scored."""


@dataclass(frozen=True)
class Candidate:
    """A way to fit, its out-of-fold log loss, and its margins of each fold's newer rows.

    `penalty` and `logs` are the linear part's; `left_out` are the calendars that it does not read; `rounds`
    are the trees'.
    """

    kind: Kind
    loss: float
    newer: list[Floats] = field(repr=False)
    penalty: float = PENALTIES[0]
    logs: bool = False
    left_out: tuple[str, ...] = ()
    rounds: int = 0

    @property
    def name(self) -> str:
        """The kind, and whether calendars were taken from its linear part."""
        return f"{self.kind} without calendars" if self.left_out and self.kind != "trees" else self.kind


@dataclass(frozen=True)
class Linears:
    """One linear model on all folds: margins of the rows fitted on, and a candidate for the newer ones."""

    older: list[Floats]
    candidate: Candidate


@dataclass(frozen=True)
class Bench:
    """Rows, folds and features on which candidates compete; what they share is worked out once."""

    recipe: Recipe
    labelled: Labelled
    features: tuple[Feature, ...]
    folds: list[tuple[Rows, Rows]]

    @classmethod
    def of(cls, recipe: Recipe, labelled: Labelled, features: Sequence[Feature], fit: Rows) -> Bench:
        """The folds of the `fit` rows; there may be none."""
        folds = forward_folds(labelled.frame, fit, recipe.train.folds)
        return cls(recipe, labelled, tuple(features), folds)

    @property
    def newer(self) -> Rows:
        """The newer rows of all folds, in their order."""
        return np.concatenate([newer for _, newer in self.folds])

    @cached_property
    def weights(self) -> list[float]:
        """The weight of each fold, summing to 1."""
        raw = NEWER_WEIGHS ** np.arange(len(self.folds))
        return list((raw / raw.sum()).tolist())

    @cached_property
    def calendars(self) -> tuple[str, ...]:
        """Features that trees must not see."""
        return find_calendars(self.labelled, self.features, self.folds)

    @cached_property
    def signs(self) -> Mapping[str, int]:
        """Declared signs by feature name."""
        return directions(self.recipe, self.features)

    def loss(self, newer: Sequence[Floats]) -> float:
        """Weighted mean log loss of the newer rows' margins, one array a fold."""
        return float(sum(w * self.fold_loss(i, newer[i]) for i, w in enumerate(self.weights)))

    def fold_loss(self, fold: int, margin: Floats) -> float:
        """Mean log loss of margins on one fold's newer rows."""
        y = self.labelled.y(self.folds[fold][1])
        return float(log_losses_of_margins(y, margin).mean())

    @cached_property
    def linears(self) -> tuple[Linears, ...]:
        """The best linear model with all features, and where there are calendars the best one without."""
        first = min(self._plain + self._paths((), logs=True), key=_loss)
        if not self.calendars:
            return (first,)
        return first, min(self._paths(self.calendars, first.candidate.logs), key=_loss)

    @cached_property
    def plain_penalty(self) -> float:
        """The baseline's penalty: of those around 1, all features as they are."""
        found = {trial.candidate.penalty: trial.candidate.loss for trial in self._plain}
        return min(PLAIN, key=lambda penalty: found[penalty])

    @cached_property
    def _plain(self) -> list[Linears]:
        return self._paths((), logs=False)

    def _paths(self, left_out: tuple[str, ...], logs: bool) -> list[Linears]:
        """One linear model a penalty, on all folds."""
        features = [feature for feature in self.features if feature.name not in left_out]

        def run(fold: tuple[Rows, Rows]) -> dict[float, tuple[Floats, Floats]]:
            (older, y), (newer, later) = (
                (self.labelled.at(rows, features), self.labelled.y(rows)) for rows in fold
            )
            rare = self.recipe.train.rare_level
            return path_margins(features, older, y, newer, later, rare, logs=logs, signs=self.signs)

        paths = side_by_side(run, self.folds)
        found = []
        for penalty in PENALTIES:
            newer = [path[penalty][1] for path in paths]
            candidate = Candidate("linear", self.loss(newer), newer, penalty, logs, left_out)
            found.append(Linears([path[penalty][0] for path in paths], candidate))
        return found

    @cached_property
    def samples(self) -> list[tuple[Sample, Sample]]:
        """(older, newer) matrices for trees, one pair a fold."""
        return side_by_side(self._sample_pair, self.folds)

    @cached_property
    def tree_features(self) -> tuple[Feature, ...]:
        """What trees may split on."""
        return tuple(feature for feature in self.features if feature.name not in self.calendars)

    def _sample_pair(self, fold: tuple[Rows, Rows]) -> tuple[Sample, Sample]:
        older, newer = (self.labelled.at(rows, self.tree_features) for rows in fold)
        encoder = fit_tree_encoder(self.tree_features, older, self.recipe.train.rare_level)
        pair = (
            encoded(encoder, columns, self.labelled.y(rows), signs=self.signs)
            for columns, rows in zip((older, newer), fold, strict=True)
        )
        return next(pair), next(pair)

    def boosted(self, plan: Training, start: Linears | None = None) -> tuple[list[Floats], int]:
        """Margins of each fold's newer rows by one booster a fold, and the rounds that were best over all."""
        pairs = [self.started(fold, start) for fold in range(len(self.folds))]
        runs = side_by_side(lambda pair: fit_stopped(*pair, plan), pairs)
        rounds = best_rounds([curve for _, curve in runs], self.weights)
        return [margins(run[0], pair[1], rounds) for run, pair in zip(runs, pairs, strict=True)], rounds

    def started(self, fold: int, start: Linears | None) -> tuple[Sample, Sample]:
        """The matrices of one fold, with the margins that trees start from."""
        older, newer = self.samples[fold]
        if start is None:
            return older, newer
        return older.starting(start.older[fold]), newer.starting(start.candidate.newer[fold])

    def candidates(self, plan: Training) -> list[Candidate]:
        """All kinds that may be fitted here with the booster of `plan`, simplest first."""
        found = [linear.candidate for linear in self.linears]
        if not self.tree_features:
            return found
        start = min(self.linears, key=lambda linear: linear.candidate.loss)
        found.append(self._grown("offset", start.candidate, *self.boosted(plan, start)))
        safe = self.linears[-1].candidate
        newer, rounds = self.boosted(plan)
        middle = [(a + b) / 2 for a, b in zip(newer, safe.newer, strict=True)]
        return [
            *found,
            self._grown("mean", safe, middle, rounds),
            self._grown("trees", safe, newer, rounds),
        ]

    def _grown(self, kind: Kind, linear: Candidate, newer: list[Floats], rounds: int) -> Candidate:
        """A candidate with trees beside, or instead of, `linear`."""
        return Candidate(kind, self.loss(newer), newer, linear.penalty, linear.logs, linear.left_out, rounds)


def _loss(linears: Linears) -> float:
    return linears.candidate.loss
