"""Small real scorers for tests: fitted on a few hundred made-up rows, with the shapes of real ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from features import Feature, Recipe
from features.catalogue import FieldValue
from features.columns import Column, Columns
from features.recipe.file import parse_recipe
from serving.answer.ladder import Ladder
from serving.answer.reasons import Reasoner
from serving.artefact.folder import load_artefact, save_artefact
from serving.artefact.manifest import Manifest
from serving.calibration.maps import MonotoneMap
from serving.calibration.reference import Reference
from serving.rules.default import default_rules
from serving.rules.file import parse_rules
from serving.rules.rules import Rules
from serving.scorer import Scorer
from serving.scorers.blend import Blend
from serving.scorers.line import line_columns, line_names
from serving.scorers.linear import Linear
from serving.scorers.linear_columns import CategoryColumn, Crossing, LinearEncoder, NumberColumn
from serving.scorers.tree_columns import TreeEncoder
from serving.scorers.trees import Trees
from serving.words import Voice
from training.figures.number_range import fitted_range

RECIPE = """
[recipe]
name = "acme"
horizon_days = 30

[tables]
leads = "leads.csv"
events = "events.csv"

[lead]
id = "lead_id"
created_at = "created_at"
opted_out = "opted_out"

[lead.fields.company_size]
type = "number"
means = "size"

[lead.fields.industry]
type = "category"
means = "industry"

[lead.fields.title]
type = "text"
means = "title"

[lead.fields.email]
type = "email"

[events.kinds]
demo_request = "intent"
page_view = "interest"
unsubscribe = "negative"

[outcomes]
won = ["won"]
lost = ["lost"]
stages = { "In talks" = "opportunity" }
"""

SIZE = FieldValue("company_size", "number")
INDUSTRY = FieldValue("industry", "category")
INDUSTRIES = ("finance", "retail", "software")


def recipe() -> Recipe:
    """Acme's recipe."""
    return parse_recipe(RECIPE)


def columns(features: tuple[Feature, ...], rows: int, seed: int = 5) -> Columns:
    """Made-up columns with gaps for any features."""
    random = np.random.default_rng(seed)
    made: dict[str, Column] = {}
    for feature in features:
        gaps = random.random(rows) < 0.2
        if feature.dtype == "number":
            made[feature.name] = np.where(gaps, np.nan, np.round(random.exponential(20, rows), 3))
        else:
            levels = random.choice(np.array([*INDUSTRIES, "rare", "free"], dtype=object), rows)
            made[feature.name] = np.where(gaps, None, levels).astype(object)
    return Columns(made, rows)


def linear() -> Linear:
    """Two features: a number with a missing flag and a category."""
    encoder = LinearEncoder(
        columns=(
            NumberColumn(
                name="company_size", median=12.5, mean=20.25, scale=18.5, flag=True, range=(0.5, 90.0)
            ),
            CategoryColumn(name="industry", levels=INDUSTRIES),
        )
    )
    weights = (0.7, -0.3, 0.25, -0.5, 0.125, 0.05, -0.1)
    centre = (0.0, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2)
    return Linear(
        (SIZE, INDUSTRY), encoder, weights, -2.0, centre, MonotoneMap.platt(0.9, -0.1), version="test"
    )


def counts(features: tuple[Feature, ...]) -> Linear:
    """A line through numbers, each worth a tenth."""
    columns = tuple(NumberColumn(name=one.name, median=0.0, mean=0.0, scale=1.0) for one in features)
    return Linear(features, LinearEncoder(columns=columns), (0.1,) * len(features), -2.0, version="test")


def crossed() -> Linear:
    """The same, with weights that change with the size of the company."""
    plain = linear()
    by = plain.encoder.columns[0]
    assert isinstance(by, NumberColumn)
    encoder = LinearEncoder(columns=plain.encoder.columns, crossed=Crossing(by=by, low=-1.0, high=2.0))
    return replace(
        plain,
        encoder=encoder,
        weights=(*plain.weights, 0.1, 0.2, -0.3, 0.05, 0.0, 0.4, -0.2),
        centre=plain.centre * 2,
    )


def trees(
    bag: int = 2,
    offset: Linear | None = None,
    shift: float = 0.0,
    line: Linear | None = None,
    leaves: int = 6,
) -> Trees:
    """A bag of tiny boosters on the same two features; with many leaves they are too deep for tables."""
    import lightgbm

    table = columns((SIZE, INDUSTRY), 400, seed=11)
    sizes = fitted_range(np.asarray(table["company_size"], dtype=np.float64))
    assert sizes is not None
    encoder = TreeEncoder(
        features=("company_size", "industry"),
        vocabularies={"industry": INDUSTRIES},
        ranges={"company_size": sizes},
    )
    matrix = encoder.transform(table)
    names = list(encoder.booster_names)
    if line is not None:
        matrix = np.hstack([matrix, line_columns(line, table)])
        names += line_names(line)
    truth = np.nan_to_num(matrix[:, 0]) / 20 + (matrix[:, 1] == 2) + shift
    outcome = (np.random.default_rng(3).random(400) < 1 / (1 + np.exp(2 - truth))).astype(float)
    boosters = []
    for seed in range(bag):
        train = lightgbm.Dataset(
            matrix,
            outcome,
            categorical_feature=list(encoder.categorical),
            feature_name=names,
            params={"verbosity": -1},
        )
        options = {
            "objective": "binary",
            "verbosity": -1,
            "seed": seed,
            "num_threads": 1,
            "num_leaves": leaves,
            "min_data_in_leaf": max(1, 60 // leaves),
            "bagging_fraction": 0.7,
            "bagging_freq": 1,
            "deterministic": True,
            "force_row_wise": True,
        }
        boosters.append(lightgbm.train(options, train, num_boost_round=12))
    return Trees((SIZE, INDUSTRY), encoder, tuple(boosters), offset, version="test", line=line)


def blend() -> Blend:
    """Trees and a linear model."""
    return Blend((trees(), linear()), MonotoneMap(margins=(-2, 0, 1), log_odds=(-3, -1, 1)), version="test")


def rules(calibrated: bool = False) -> Rules:
    """Acme's default scorecard."""
    calibration = MonotoneMap.platt(1.2, 0.3) if calibrated else None
    return parse_rules(default_rules(recipe()), recipe(), calibration=calibration)


def no_rules() -> Rules:
    """A scorecard without a rule: it reads no feature, and every lead has its prior."""
    text = default_rules(recipe()).split("[[")[0]
    return parse_rules(text, recipe())


def manifest() -> Manifest:
    """A manifest with a reference for every rung."""
    spread = Reference.of(np.linspace(0.01, 0.6, 500))
    return Manifest(
        name="acme",
        recipe=recipe(),
        recipe_hash=recipe().hash,
        data_hash="0" * 64,
        horizon_days=30,
        base_rate=0.1,
        n_rows=400,
        n_leads=300,
        window_us=(0, 10**15),
        history_end_us=10**15,
        references={"model": spread, "no_events": spread, "rules": spread},
        rules_map=MonotoneMap.platt(1.2, 0.3),
    )


def reasoner(scorer: Scorer, most: int) -> Reasoner:
    """What puts a scorer's contributions into English."""
    return Reasoner(Voice(recipe(), tuple(scorer.features), "en"), most)


def saved(folder: Path) -> Ladder:
    """The ladder of an artefact that is written to `folder` and read from it."""
    own = default_rules(recipe())
    save_artefact(folder, manifest(), blend(), rules=own, no_events=linear())
    return Ladder.of(load_artefact(folder))
