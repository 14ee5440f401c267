"""Every rung fitted on the same rows: what learning curves and earlier origins compare."""

from __future__ import annotations

import numpy as np

from serving.bayes import Bayes
from serving.scorer import Scorer
from training.baselines import calibrated_rules
from training.bayes_fit import fit_bayes
from training.fit import fit_logistic_model, fit_model
from training.history import History
from training.settings import Settings
from training.split import Rows


def fit_rungs(history: History, rows: Rows, settings: Settings) -> dict[str, Scorer]:
    """rules, bayes, logistic and model, each fitted on `rows`; the model by `settings`."""
    recipe, labelled, features = history.recipe, history.labelled, history.features
    return {
        "rules": calibrated_rules(history.rules, labelled, rows),
        "bayes": bayes_rung(history, rows),
        "logistic": fit_logistic_model(recipe, labelled, features, rows, settings.plain_penalty),
        "model": fit_model(recipe, labelled, features, rows, settings),
    }


def bayes_rung(history: History, rows: Rows) -> Bayes:
    """The Bayes rung fitted on `rows`."""
    labelled = history.labelled
    order = labelled.frame["order"].to_numpy(np.int64)[rows]
    columns = labelled.at(rows, history.features)
    return fit_bayes(history.features, columns, labelled.y(rows), labelled.clusters(rows), order, version="")
