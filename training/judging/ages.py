"""The model by how old the lead was when it was looked at."""

from __future__ import annotations

import numpy as np
from pydantic import BaseModel, ConfigDict

from features.columns import Floats
from training.figures.metrics import figures


class AgeFigures(BaseModel):
    """The main figures on the test rows of one age; None where one is not defined (one class only)."""

    model_config = ConfigDict(frozen=True)

    age_days: float
    n: float
    won: float
    auc: float | None
    log_loss: float | None
    lift_10: float | None
    observed_expected: float | None


def by_age(y: Floats, p: Floats, age_days: Floats) -> list[AgeFigures]:
    """The main figures at each snapshot age, youngest first."""
    rows = []
    for age in np.unique(age_days):
        at = age_days == age
        found = figures(y[at], p[at])
        rows.append(
            AgeFigures(
                age_days=float(age),
                n=float(at.sum()),
                won=float(y[at].sum()),
                auc=found["auc"],
                log_loss=found["log_loss"],
                lift_10=found["lift_10"],
                observed_expected=found["observed_expected"],
            )
        )
    return rows
