"""Every rung fitted on the same rows: what learning curves and earlier origins compare."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from serving.scorer import Scorer
from serving.scorers import Bayes
from training.bayes import fit_bayes
from training.calibration import MapChoice, calibrated_rules
from training.fitting import Settings, fit_logistic_model, fit_model
from training.history import History, Rows


def fit_rungs(history: History, rows: Rows, settings: Settings) -> dict[str, Scorer]:
    """rules, bayes, logistic and model, each fitted on `rows`; the model by `settings`."""
    recipe, labelled, features = history.recipe, history.labelled, history.features
    return {
        "rules": calibrated_rules(history.rules, labelled, rows),
        "bayes": bayes_rung(history, rows),
        "logistic": fit_logistic_model(recipe, labelled, features, rows, settings),
        "model": fit_model(recipe, labelled, features, rows, settings),
    }


def bayes_rung(history: History, rows: Rows, repair: MapChoice | None = None) -> Bayes:
    """The Bayes rung fitted on `rows`, its margins believed as they are without `repair`."""
    labelled = history.labelled
    order = labelled.frame["order"].to_numpy(np.int64)[rows]
    columns = labelled.at(rows, history.features)
    found = fit_bayes(history.features, columns, labelled.y(rows), labelled.clusters(rows), order, version="")
    return found if repair is None else replace(found, calibration=repair.calibration)
