"""What was measured of curves and values on test rows: evidence that informs, and decides nothing."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class HorizonFigures(BaseModel):
    """One horizon on the test rows: `promised` is the mean probability, `converted` the share that did.

    `fit_rows` converted rows were fitted on for the step to the next horizon, of which `younger` had not
    matured for the longest; 0 for the longest itself.
    """

    model_config = ConfigDict(frozen=True)

    days: float
    promised: float
    converted: float
    observed_expected: float | None
    auc: float | None
    log_loss: float | None
    fit_rows: int = 0
    younger: int = 0


class ValueTenth(BaseModel):
    """A tenth of the test rows by expected value: sums of what was expected and of what came, and the rows
    that brought something."""

    model_config = ConfigDict(frozen=True)

    rows: int
    won: int
    expected: float
    came: float


class OutlookFigures(BaseModel):
    """By horizon, rising; expected and real days of those who converted; tenths of value, highest first.

    `counted` is the share of the sum of all amounts in the test that the tenths hold: far amounts are cut.
    `best_by_value` and `best_by_probability` are what the best tenth brought, in either order.
    """

    model_config = ConfigDict(frozen=True)

    horizons: list[HorizonFigures] = []
    expected_days: float | None = None
    real_days: float | None = None
    tenths: list[ValueTenth] = []
    counted: float = 1.0
    best_by_value: float = 0.0
    best_by_probability: float = 0.0
