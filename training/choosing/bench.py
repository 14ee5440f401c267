"""Every kind of model on inner forward folds: out-of-fold margins by which settings are chosen.

Kinds: a linear model; trees that start from the linear margin; trees alone; trees that read the linear margin
and its parts as columns (stacked, Wolpert 1992). Features that are calendars (see `calendars`) are never
split on by trees; a linear model may read them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import lightgbm as lgb
import numpy as np

from features.catalogue import Feature, LeadAge
from features.columns import Floats
from features.recipe import Recipe, Training
from serving.scorers import line_columns, line_names
from training.calibration import mean_interval
from training.choosing.candidate import Candidate, Linears, Start, cost_of, loss_of
from training.choosing.few import likelihood_of, share_of_many
from training.figures import Interval
from training.figures.reliability import log_losses_of_margins
from training.fitting import (
    Kind,
    LinearChoice,
    Reading,
    Sample,
    best_rounds,
    fit_stopped,
    margins,
)
from training.fitting.boosting import encoded, side_by_side
from training.fitting.calendars import find_calendars, going_on
from training.fitting.encode import PLAINLY, has_many_levels
from training.fitting.level_rates import weighed_sample
from training.fitting.logistic_path import HOPELESS, PENALTIES, PLAIN, Path
from training.fitting.recency import HALF_LIFE, recency
from training.history import Excerpt, Rows, forward_folds

NEWER_WEIGHS = 2**0.5
"""Each fold weighs this much more than the one before it: it trains on rows most like those of the final fit,
and judges on those most like what will be scored."""


_FIRST = 2
"""Folds, newest first, on which trees that have a rival must not lose before the others are fitted: they
weigh three fifths of all five."""
Run = tuple[lgb.Booster, Floats]
Pair = tuple[Sample, Sample]
Boosted = tuple[list[Floats], int]


@dataclass(frozen=True)
class Bench:
    """Rows, folds and features on which candidates compete; what they share is worked out once.

    With `half_life` older rows count for less in every fit (see `recency`); `pairs` are features that trees
    read together. `alike` is a bench of the same rows and pairs, whose matrices serve here too.
    """

    recipe: Recipe
    excerpt: Excerpt
    folds: list[tuple[Rows, Rows]]
    half_life: float | None = None
    pairs: tuple[tuple[str, str], ...] = ()
    alike: Bench | None = None

    @classmethod
    def of(cls, recipe: Recipe, excerpt: Excerpt) -> Bench:
        """The folds of the rows that may be fitted; there may be none."""
        return cls(recipe, excerpt, forward_folds(excerpt.labelled.frame, excerpt.rows, recipe.train.folds))

    @property
    def newer(self) -> Rows:
        """The newer rows of all folds, in their order."""
        return np.concatenate([newer for _, newer in self.folds])

    @cached_property
    def won(self) -> int:
        """Converted leads, or accounts, among the newer rows of the folds."""
        if not self.folds:
            return 0
        newer = self.excerpt.on(self.newer)
        return len(np.unique(newer.clusters[newer.y == 1].astype(str)))

    @cached_property
    def many(self) -> float:
        """0 where few leads converted, 1 where many did, by what judges on the folds (see `few`)."""
        return share_of_many(self.won)

    @cached_property
    def _seen(self) -> float:
        """The share of all rows that are among the newer ones of the folds."""
        return sum(len(newer) for _, newer in self.folds) / len(self.excerpt.rows)

    @cached_property
    def _room(self) -> float:
        """What a line gives calendars (see `Reading`): how they go on, few outcomes do not tell."""
        fitted = [self.excerpt, *(self.excerpt.on(older) for older, _ in self.folds)]
        return self.many if any(going_on(part, self.calendars) for part in fitted) else PLAINLY.room

    @cached_property
    def weights(self) -> list[float]:
        """The weight of each fold, summing to 1."""
        raw = NEWER_WEIGHS ** np.arange(len(self.folds))
        return list((raw / raw.sum()).tolist())

    @cached_property
    def calendars(self) -> tuple[str, ...]:
        """Features that trees must not see."""
        if self.alike is not None:
            return self.alike.calendars
        return find_calendars(self.excerpt.labelled, self.excerpt.features, self.folds)

    @property
    def goes_on(self) -> bool:
        """Whether a line may follow a calendar beyond what it has seen: a number, by many outcomes."""
        numbers = {feature.name for feature in self.excerpt.features if feature.dtype == "number"}
        return self.many == 1 and not numbers.isdisjoint(self.calendars)

    def loss(self, newer: Sequence[Floats]) -> float:
        """Weighted mean log loss of the newer rows' margins, one array a fold."""
        return float(sum(w * self.fold_loss(i, newer[i]) for i, w in enumerate(self.weights)))

    def fold_loss(self, fold: int, margin: Floats) -> float:
        """Mean log loss of margins on one fold's newer rows."""
        y = self.excerpt.on(self.folds[fold][1]).y
        return float(log_losses_of_margins(y, margin).mean())

    def gain(self, best: Candidate, other: Candidate, *, first: int = 0) -> Interval:
        """The paired interval, over clusters, of what `other` gains on `best` in log loss on newer rows of
        the folds from the `first` on."""
        newer = self.excerpt.on(np.concatenate([newer for _, newer in self.folds[first:]]))
        margins = (np.concatenate(one.newer[first:]) for one in (best, other))
        before, after = (log_losses_of_margins(newer.y, margin) for margin in margins)
        return mean_interval(before - after, newer.clusters, self.recipe.train.seed)

    @cached_property
    def linears(self) -> tuple[Linears, ...]:
        """The best linear model with all features, and where there are calendars the best one without."""
        plainly = Reading(room=self._room)
        plain = self._plain if plainly == PLAINLY else self._paths((), plainly)
        first = self._best([*plain, *self._paths((), replace(plainly, logs=True))])
        if self._many_levels:
            wide = replace(first.candidate.linear.reading, wide=True)
            rival = min(self._paths((), wide), key=cost_of)
            first = rival if self.gain(first.candidate, rival.candidate).low > 0 else first
        if not self.calendars:
            return (first,)
        reading = first.candidate.linear.reading
        near = self._near(first.candidate)  # a column less hardly asks for another penalty
        return first, min(self._paths(self.calendars, reading, near, whole=True), key=cost_of)

    @cached_property
    def _many_levels(self) -> bool:
        """Whether a line may read more levels of a category than as a rule; few outcomes do not tell."""
        read = self.excerpt.without(self.calendars)  # whose levels do not come again
        return self.many > 0 and any(
            has_many_levels(feature, read.columns[feature.name], read.leads) for feature in read.features
        )

    @cached_property
    def plain_penalty(self) -> float:
        """The baseline's penalty: of those around 1, all features as they are. The folds choose it whatever
        the number of conversions."""
        found = {trial.candidate.linear.penalty: trial.candidate.loss for trial in self._plain}
        return min(PLAIN, key=lambda penalty: found[penalty])

    @cached_property
    def _plain(self) -> list[Linears]:
        return self._paths((), PLAINLY, whole=True)

    def _best(self, trials: list[Linears]) -> Linears:
        """The trial of least cost; where leads are looked at in several ages, it may gain by weights that
        change with the age, which are tried at penalties near its own."""
        best = min(trials, key=cost_of)
        if not self._ages:
            return best
        reading = replace(best.candidate.linear.reading, crossed=True)
        return min([best, *self._paths((), reading, self._near(best.candidate))], key=cost_of)

    @staticmethod
    def _near(candidate: Candidate) -> tuple[float, ...]:
        """The penalty of a linear candidate and its neighbours."""
        at = PENALTIES.index(candidate.linear.penalty)
        return PENALTIES[max(at - 1, 0) : at + 2]

    @cached_property
    def _ages(self) -> bool:
        """Whether leads are looked at in more than one age."""
        aged = any(isinstance(feature, LeadAge) for feature in self.excerpt.features)
        return aged and len(self.recipe.snapshots.at_days) > 1

    def _paths(
        self,
        left_out: tuple[str, ...],
        reading: Reading,
        penalties: Sequence[float] = PENALTIES,
        *,
        whole: bool = False,
    ) -> list[Linears]:
        """One linear model a penalty, on all folds, as long as there is hope; to the end if `whole`.

        Outcomes choose among them on the folds; few ones by how likely a line makes all of them, the newer
        ones counting half once more.
        """
        read = self.excerpt.without(left_out)
        paths = side_by_side(lambda fold: self._path(read.on(fold[0]), read.on(fold[1]), reading), self.folds)
        choosing = len(penalties) > 1
        likelihood = self._likelihood(read, reading) if choosing else None
        found: list[Linears] = []
        for penalty in penalties:
            steps = side_by_side(partial(Path.step, penalty=penalty), paths)
            newer = [step.newer for step in steps]
            candidate = Candidate("linear", self.loss(newer), newer, LinearChoice(penalty, reading, left_out))
            cost = candidate.loss
            if likelihood is not None:
                few = self._seen / 2 * cost - likelihood(penalty)
                cost = self.many * cost + (1 - self.many) * few
            found.append(Linears(steps, candidate, cost))
            if likelihood is None and not whole and candidate.loss > HOPELESS * min(map(loss_of, found)):
                break
        return found

    def _likelihood(self, read: Excerpt, reading: Reading) -> Callable[[float], float] | None:
        """Of all rows, by penalty; None where many leads converted."""
        if self.many == 1:
            return None
        return likelihood_of(read, self._path(read, read.on(read.rows[:0]), reading), alone=not self.folds)

    def _path(self, older: Excerpt, newer: Excerpt, reading: Reading) -> Path:
        importance, roomy = recency(older, self.half_life), going_on(older, self.calendars)
        return Path.of(older, newer, self.recipe.train.rare_level, reading, importance, roomy)

    @cached_property
    def samples(self) -> list[Pair]:
        """(older, newer) matrices for trees, one pair a fold."""
        if self.alike is None:
            return side_by_side(self._sample_pair, self.folds)
        weights = [recency(self.excerpt.on(older), self.half_life) for older, _ in self.folds]
        pairs = zip(self.alike.samples, weights, strict=True)
        return [(replace(older, weight=weight), newer) for (older, newer), weight in pairs]

    @cached_property
    def aged(self) -> Bench:
        """The same with newer rows counting for more."""
        return replace(self, half_life=HALF_LIFE, alike=self)

    @cached_property
    def tree_features(self) -> tuple[Feature, ...]:
        """What trees may split on."""
        return self.excerpt.without(self.calendars).features

    def _sample_pair(self, fold: tuple[Rows, Rows]) -> Pair:
        older, newer = map(self.excerpt.without(self.calendars).on, fold)
        encoder, sample = weighed_sample(older, self.recipe.train.rare_level, self.half_life, self.pairs)
        return sample, encoded(encoder, newer.columns, newer.y, signs=newer.signs)

    def boosted(
        self, plan: Training, start: Start | None = None, rival: Candidate | None = None
    ) -> Boosted | None:
        """Margins of each fold's newer rows by one booster a fold, and the rounds that were best over all.

        None where a `rival` is better on the newest folds, which weigh most: the others are not fitted.
        """
        newest = range(max(len(self.folds) - _FIRST, 0) if rival is not None else 0, len(self.folds))
        pairs = [self._started(fold, start) for fold in newest]
        runs = side_by_side(lambda pair: fit_stopped(*pair, plan), pairs)
        if rival is not None and self._lost(runs, pairs, newest, rival):
            return None
        before = [self._started(fold, start) for fold in range(newest.start)]
        runs = [*side_by_side(lambda pair: fit_stopped(*pair, plan), before), *runs]
        rounds = best_rounds([curve for _, curve in runs], self.weights)
        both = zip(runs, [*before, *pairs], strict=True)
        return [margins(run[0], pair[1], rounds) for run, pair in both], rounds

    def _lost(self, runs: Sequence[Run], pairs: Sequence[Pair], folds: range, rival: Candidate) -> bool:
        """Whether boosters of some `folds` lose to the rival there, with the rounds that suit them best."""
        rounds = best_rounds([curve for _, curve in runs], [self.weights[fold] for fold in folds])
        behind = 0.0
        for fold, (booster, _), (_, newer) in zip(folds, runs, pairs, strict=True):
            own = self.fold_loss(fold, margins(booster, newer, rounds))
            behind += self.weights[fold] * (own - self.fold_loss(fold, rival.newer[fold]))
        return behind >= 0

    def matrices(self, start: Start | None) -> list[Pair]:
        """(older, newer) matrices, one pair a fold, with what trees are given of a linear model."""
        return [self._started(fold, start) for fold in range(len(self.folds))]

    def _started(self, fold: int, start: Start | None) -> Pair:
        older, newer = self.samples[fold]
        if start is None:
            return older, newer
        step = start.linears.steps[fold]
        if start.kind == "offset":
            return older.starting(step.older), newer.starting(step.newer)
        names = line_names(step.linear)
        parts = [
            line_columns(step.linear, self.excerpt.on(rows).reading(step.linear.features).columns)
            for rows in self.folds[fold]
        ]
        return older.reading(parts[0], names), newer.reading(parts[1], names)

    @cached_property
    def starts(self) -> tuple[Start, ...]:
        """What trees may be given of the linear models.

        A line that reads calendars is no column for trees: they would be as lost there as on the calendar.
        """
        return Start("offset", min(self.linears, key=loss_of)), Start("stacked", self.linears[-1])

    def start_of(self, kind: Kind) -> Start | None:
        """What trees beside a candidate of this kind are given; a line alone may yet be a start."""
        wanted = "offset" if kind == "linear" else kind
        return next((start for start in self.starts if start.kind == wanted), None)

    def line_of(self, known: LinearChoice) -> Linears:
        """A linear model of these settings on all folds: one that was fitted already, or a new one."""
        fitted = self.linears if self.alike is None and not self.pairs else ()
        there = (one for one in fitted if one.candidate.linear == known)
        return next(there, None) or self.new_line(known)

    def new_line(self, known: LinearChoice) -> Linears:
        """A linear model of these settings on all folds, and no other."""
        return self._paths(known.left_out, known.reading, (known.penalty,))[0]
