"""Fits the chosen kind of model on given rows: the same code for the artefact judged and the one served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from features.catalogue import Feature
from features.recipe import Recipe
from serving.scorers import Blend, Linear, Model, Trees, line_columns, line_names
from training.fitting.boosting import fit_bag
from training.fitting.calendars import going_on
from training.fitting.directions import directions
from training.fitting.level_rates import tree_sample
from training.fitting.logistic import fit_linear
from training.fitting.recency import recency
from training.fitting.settings import Settings
from training.history import Labelled, Rows


def fit_model(
    recipe: Recipe, labelled: Labelled, features: Sequence[Feature], rows: Rows, settings: Settings
) -> Model:
    """The model of `settings` fitted on `rows`, with its calibration."""
    model = _fit_kind(recipe, labelled, features, rows, settings)
    return replace(model, calibration=settings.map.calibration)


def _fit_kind(
    recipe: Recipe, labelled: Labelled, features: Sequence[Feature], rows: Rows, settings: Settings
) -> Linear | Trees | Blend:
    """The model of `settings` fitted on `rows`, uncalibrated."""
    if settings.kind == "trees":
        return _fit_trees(recipe, labelled, features, rows, settings)
    linear = _fit_linear(recipe, labelled, features, rows, settings)
    if settings.kind == "linear":
        return linear
    if settings.kind == "offset":
        return _fit_trees(recipe, labelled, features, rows, settings, offset=linear)
    if settings.kind == "stacked":
        return _fit_trees(recipe, labelled, features, rows, settings, line=linear)
    return Blend(members=(_fit_trees(recipe, labelled, features, rows, settings), linear))


def fit_logistic_model(
    recipe: Recipe, labelled: Labelled, features: Sequence[Feature], rows: Rows, settings: Settings
) -> Linear:
    """Plain logistic regression on `rows`, uncalibrated: the baseline."""
    columns, y, rare = labelled.at(rows, features), labelled.y(rows), recipe.train.rare_level
    roomy = going_on(labelled, features, rows, settings.trees.calendars)
    return fit_linear(features, columns, y, settings.plain_penalty, rare, calendars=roomy)


def _fit_linear(
    recipe: Recipe, labelled: Labelled, features: Sequence[Feature], rows: Rows, settings: Settings
) -> Linear:
    """The linear part, by the penalty and the reading of numbers that the folds chose."""
    read = [feature for feature in features if feature.name not in settings.linear.left_out]
    return fit_linear(
        read,
        labelled.at(rows, read),
        labelled.y(rows),
        settings.linear.penalty,
        recipe.train.rare_level,
        reading=settings.linear.reading,
        signs=directions(recipe, read),
        importance=recency(labelled, rows, settings.half_life),
        calendars=going_on(labelled, read, rows, settings.trees.calendars),
    )


def _fit_trees(
    recipe: Recipe,
    labelled: Labelled,
    features: Sequence[Feature],
    rows: Rows,
    settings: Settings,
    offset: Linear | None = None,
    line: Linear | None = None,
) -> Trees:
    """A bag of boosters on all `rows`, with the rounds that the folds chose; they start from the margin of
    `offset` and read the columns of `line`."""
    seen = tuple(feature for feature in features if feature.name not in settings.trees.calendars)
    columns = labelled.at(rows, seen)
    y, clusters, rare = labelled.y(rows), labelled.clusters(rows), recipe.train.rare_level
    encoder, sample = tree_sample(seen, columns, y, clusters, rare, directions(recipe, seen))
    sample = replace(sample, weight=recency(labelled, rows, settings.half_life))
    if offset is not None:
        sample = sample.starting(offset.margin(labelled.at(rows, offset.features)))
    if line is not None:
        sample = sample.reading(line_columns(line, labelled.at(rows, line.features)), line_names(line))
    boosters = fit_bag(sample, settings.trees.plan(recipe.train), settings.trees.all_rounds)
    parts = [*seen, *(offset.features if offset else ()), *(line.features if line else ())]
    union = {feature.name: feature for feature in parts}
    return Trees(tuple(union.values()), encoder, boosters, offset, line=line)
