"""Every rung fitted on the same rows: what learning curves and earlier origins compare."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from features.columns import Floats
from serving.calibration import MonotoneMap
from serving.scorer import Scorer
from serving.scorers import Bayes
from training.bayes import fit_bayes
from training.calibration import calibrated_rules, choose, interval_maps
from training.fitting import Settings, fit_logistic_model, fit_model
from training.history import History, Labelled, Rows


@dataclass(frozen=True)
class Repair:
    """The map of a rung, by name, and maps to the ends of its interval, from rows that a fit had not seen."""

    name: str
    calibration: MonotoneMap
    bounds: tuple[MonotoneMap, MonotoneMap] | None


def repair_of(margin: Floats, labelled: Labelled, rows: Rows, seed: int) -> Repair:
    """What `margin`, made by a scorer that was fitted on none of `rows`, needs to become probabilities."""
    y, clusters = labelled.y(rows), labelled.clusters(rows)
    chosen = choose(margin, y, clusters, labelled.frame["order"].to_numpy(np.int64)[rows], seed=seed)
    bounds = interval_maps(margin, y, clusters, chosen.calibration)
    return Repair(chosen.name, chosen.calibration, bounds)


def fit_rungs(history: History, rows: Rows, settings: Settings) -> dict[str, Scorer]:
    """rules, bayes, logistic and model, each fitted on `rows`; the model by `settings`."""
    recipe, labelled, features = history.recipe, history.labelled, history.features
    return {
        "rules": calibrated_rules(history.rules, labelled, rows),
        "bayes": bayes_rung(history, rows),
        "logistic": fit_logistic_model(recipe, labelled, features, rows, settings),
        "model": fit_model(recipe, labelled, features, rows, settings),
    }


def bayes_rung(history: History, rows: Rows, repair: Repair | None = None) -> Bayes:
    """The Bayes rung fitted on `rows`, its margins believed as they are without `repair`."""
    labelled = history.labelled
    order = labelled.frame["order"].to_numpy(np.int64)[rows]
    columns = labelled.at(rows, history.features)
    found = fit_bayes(history.features, columns, labelled.y(rows), labelled.clusters(rows), order, version="")
    return found if repair is None else replace(found, calibration=repair.calibration)
