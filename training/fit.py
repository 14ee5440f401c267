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
from training.encode import fit_tree_encoder
from training.labelled import Labelled
from training.logistic import fit_linear
from training.settings import Settings
from training.split import Rows


def fit_model(
    recipe: Recipe, labelled: Labelled, features: Sequence[Feature], rows: Rows, settings: Settings
) -> Model:
    """The model of `settings` fitted on `rows`, with its calibration."""
    if settings.kind == "linear":
        linear = fit_logistic_model(recipe, labelled, features, rows, settings.penalty)
        return replace(linear, calibration=settings.calibration)
    trees = _fit_trees(recipe, labelled, features, rows, settings)
    if settings.kind == "trees":
        return replace(trees, calibration=settings.calibration)
    linear = fit_logistic_model(recipe, labelled, features, rows, settings.penalty)
    return Blend(members=(trees, linear), calibration=settings.calibration)


def fit_logistic_model(
    recipe: Recipe, labelled: Labelled, features: Sequence[Feature], rows: Rows, penalty: float
) -> Linear:
    """Logistic regression on `rows`, uncalibrated."""
    columns = labelled.at(rows, features)
    return fit_linear(features, columns, labelled.y(rows), penalty, recipe.train.rare_level)


def _fit_trees(
    recipe: Recipe, labelled: Labelled, features: Sequence[Feature], rows: Rows, settings: Settings
) -> Trees:
    """A bag of boosters on all `rows`, with the rounds that the folds chose."""
    columns = labelled.at(rows, features)
    encoder = fit_tree_encoder(features, columns, recipe.train.rare_level)
    sample = encoded(encoder, columns, labelled.y(rows))
    boosters = fit_bag(sample, recipe.train, settings.all_rounds)
    return Trees(features=tuple(features), encoder=encoder, boosters=boosters)
