"""The loader that MLflow logs beside an artefact (models from code): our own reading, no pickle.

MLflow runs this file when the model is loaded; nothing else imports it. Input: one column a feature
(numbers double, categories string; values may be missing, columns may not). Output: probability, score and
maturity of each row.
"""

from __future__ import annotations

from typing import Any

import mlflow
import numpy as np
import pandas as pd

from features.catalogue import Feature
from features.columns import Column, Columns
from serving.artefact import load_artefact
from serving.artefact.folder import artefact_within
from serving.scorers.agreement import require_columns

_REMEDY = "Name the columns as the model's signature does; a value that is not known is null, not left out."


class LeadscoreModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """The model rung of an artefact under MLflow's `predict`."""

    def load_context(self, context: Any) -> None:
        """Read the artefact that was logged with the model."""
        folder = artefact_within(_path(context.artifacts["artefact"]))
        self._artefact = load_artefact(folder)

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:
        """Probability inside (0, 1), score 1–99 and maturity, in the rows' order and with their index.

        Raises:
            LeadscoreError: a column is absent or misnamed; a diff names it with the nearest that is there.
        """
        model = self._artefact.model
        reference = self._artefact.manifest.references["model"]
        names = [feature.name for feature in model.features]
        require_columns(
            names, dict.fromkeys(map(str, model_input.columns)), "the model", "the table has", _REMEDY
        )
        found = {feature.name: _column(feature, model_input) for feature in model.features}
        columns = Columns(found, len(model_input))
        probability = model.probability(model.margin(columns))
        return pd.DataFrame(
            {
                "probability": probability,
                "score": np.array(reference.scores(probability), dtype=np.int64),
                "maturity": reference.maturities(probability),
            },
            index=model_input.index,
        )


def _column(feature: Feature, frame: pd.DataFrame) -> Column:
    """One feature as scorers want it."""
    series = frame[feature.name]
    if feature.dtype == "number":
        return np.asarray(series.to_numpy(dtype=np.float64, na_value=np.nan))
    return np.array([None if pd.isna(level) else str(level) for level in series], dtype=object)


def _path(address: str) -> Any:
    from pathlib import Path

    return Path(address)


mlflow.models.set_model(LeadscoreModel())
