"""Every rung fitted on the same rows: what learning curves and earlier origins compare."""

from __future__ import annotations

from dataclasses import replace

from serving.scorer import Scorer
from serving.scorers import Bayes
from training.bayes import fit_bayes
from training.calibration import MapChoice, calibrated_rules
from training.fitting import Settings, fit_logistic_model, fit_model
from training.history import History, Rows


def fit_rungs(history: History, rows: Rows, settings: Settings) -> dict[str, Scorer]:
    """rules, bayes, logistic and model, each fitted on `rows`; the model by `settings`."""
    excerpt, train = history.excerpt(rows), history.recipe.train
    return {
        "rules": calibrated_rules(history.rules, history.labelled, rows),
        "bayes": bayes_rung(history, rows),
        "logistic": fit_logistic_model(excerpt, train, settings),
        "model": fit_model(excerpt, train, settings),
    }


def bayes_rung(history: History, rows: Rows, repair: MapChoice | None = None) -> Bayes:
    """The Bayes rung fitted on `rows`, its margins believed as they are without `repair`."""
    read = history.excerpt(rows)
    found = fit_bayes(read.features, read.columns, read.y, read.repeating, read.order, version="")
    return found if repair is None else replace(found, calibration=repair.calibration)
