"""Fits the chosen kind of model on given rows: the same code for the artefact judged and the one served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from features import Feature
from features.recipe import Recipe
from serving.blend import Blend, Model
from serving.linear import Linear
from serving.trees import Trees
from training.boosting import encoded, fit_bag
from training.directions import directions
from training.encode import fit_tree_encoder
from training.labelled import Labelled
from training.logistic import fit_linear
from training.settings import Settings
from training.split import Rows


def fit_model(
    recipe: Recipe, labelled: Labelled, features: Sequence[Feature], rows: Rows, settings: Settings
) -> Model:
    """The model of `settings` fitted on `rows`, with its calibration."""
    calibration = settings.calibration
    if settings.kind == "trees":
        return replace(_fit_trees(recipe, labelled, features, rows, settings), calibration=calibration)
    linear = _fit_linear(recipe, labelled, features, rows, settings)
    if settings.kind == "linear":
        return replace(linear, calibration=calibration)
    if settings.kind == "offset":
        trees = _fit_trees(recipe, labelled, features, rows, settings, linear)
        return replace(trees, calibration=calibration)
    trees = _fit_trees(recipe, labelled, features, rows, settings)
    return Blend(members=(trees, linear), calibration=calibration)


def fit_logistic_model(
    recipe: Recipe, labelled: Labelled, features: Sequence[Feature], rows: Rows, penalty: float
) -> Linear:
    """Plain logistic regression on `rows`, uncalibrated: the baseline."""
    columns = labelled.at(rows, features)
    return fit_linear(features, columns, labelled.y(rows), penalty, recipe.train.rare_level)


def _fit_linear(
    recipe: Recipe, labelled: Labelled, features: Sequence[Feature], rows: Rows, settings: Settings
) -> Linear:
    """The linear part, by the penalty and the reading of numbers that the folds chose."""
    read = [feature for feature in features if feature.name not in settings.left_out]
    return fit_linear(
        read,
        labelled.at(rows, read),
        labelled.y(rows),
        settings.penalty,
        recipe.train.rare_level,
        logs=settings.logs,
        signs=directions(recipe, read),
    )


def _fit_trees(
    recipe: Recipe,
    labelled: Labelled,
    features: Sequence[Feature],
    rows: Rows,
    settings: Settings,
    start: Linear | None = None,
) -> Trees:
    """A bag of boosters on all `rows`, with the rounds that the folds chose, from the margin of `start`."""
    seen = tuple(feature for feature in features if feature.name not in settings.calendars)
    columns = labelled.at(rows, seen)
    encoder = fit_tree_encoder(seen, columns, recipe.train.rare_level)
    offset = None if start is None else start.margin(labelled.at(rows, start.features))
    sample = encoded(encoder, columns, labelled.y(rows), offset, directions(recipe, seen))
    boosters = fit_bag(sample, settings.plan(recipe), settings.all_rounds)
    union = {feature.name: feature for feature in (*seen, *(start.features if start else ()))}
    return Trees(features=tuple(union.values()), encoder=encoder, boosters=boosters, offset=start)
