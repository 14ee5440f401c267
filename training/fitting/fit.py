"""Fits the chosen kind of model on given rows: the same code for the artefact judged and the one served."""

from __future__ import annotations

from dataclasses import replace

from features.recipe import Training
from serving.scorers import Blend, Linear, Model, Trees, line_columns, line_names
from training.fitting.boosting import fit_bag
from training.fitting.calendars import going_on
from training.fitting.level_rates import weighed_sample
from training.fitting.logistic import fit_linear
from training.fitting.recency import recency
from training.fitting.settings import Settings
from training.history import Excerpt


def fit_model(excerpt: Excerpt, train: Training, settings: Settings) -> Model:
    """The model of `settings` fitted on the `excerpt`, with its calibration."""
    return replace(_fit_kind(excerpt, train, settings), calibration=settings.map.calibration)


def _fit_kind(excerpt: Excerpt, train: Training, settings: Settings) -> Linear | Trees | Blend:
    """The model of `settings` fitted on the `excerpt`, uncalibrated."""
    if settings.kind == "trees":
        return _fit_trees(excerpt, train, settings)
    linear = _fit_linear(excerpt, train, settings)
    if settings.kind == "linear":
        return linear
    if settings.kind == "offset":
        return _fit_trees(excerpt, train, settings, offset=linear)
    if settings.kind == "stacked":
        return _fit_trees(excerpt, train, settings, line=linear)
    return Blend(members=(_fit_trees(excerpt, train, settings), linear))


def fit_logistic_model(excerpt: Excerpt, train: Training, settings: Settings) -> Linear:
    """Plain logistic regression on the `excerpt`, uncalibrated: the baseline."""
    roomy = going_on(excerpt, settings.trees.calendars)
    penalty, rare = settings.plain_penalty, train.rare_level
    columns, leads = excerpt.columns, excerpt.leads
    return fit_linear(excerpt.features, columns, excerpt.y, penalty, rare, calendars=roomy, leads=leads)


def _fit_linear(excerpt: Excerpt, train: Training, settings: Settings) -> Linear:
    """The linear part, by the penalty and the reading of numbers that the folds chose."""
    read = excerpt.without(settings.linear.left_out)
    return fit_linear(
        read.features,
        read.columns,
        read.y,
        settings.linear.penalty,
        train.rare_level,
        reading=settings.linear.reading,
        signs=read.signs,
        importance=recency(read, settings.half_life),
        calendars=going_on(read, settings.trees.calendars),
        leads=read.leads,
    )


def _fit_trees(
    excerpt: Excerpt,
    train: Training,
    settings: Settings,
    offset: Linear | None = None,
    line: Linear | None = None,
) -> Trees:
    """A bag of boosters on all rows, with the rounds that the folds chose; they start from the margin of
    `offset` and read the columns of `line`."""
    seen = excerpt.without(settings.trees.calendars)
    encoder, sample = weighed_sample(seen, train.rare_level, settings.half_life)
    if offset is not None:
        sample = sample.starting(offset.margin(excerpt.reading(offset.features).columns))
    if line is not None:
        columns = line_columns(line, excerpt.reading(line.features).columns)
        sample = sample.reading(columns, line_names(line))
    boosters = fit_bag(sample, settings.trees.plan(train), settings.trees.all_rounds)
    parts = [*seen.features, *(offset.features if offset else ()), *(line.features if line else ())]
    union = {feature.name: feature for feature in parts}
    return Trees(tuple(union.values()), encoder, boosters, offset, line=line)
