"""The figures of one scorer on the test rows: one row of the comparison."""

from __future__ import annotations

import math
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer


def only_set(model: BaseModel, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
    """The dump without the fields that nobody gave: what was not measured has no key in the JSON."""
    return {name: value for name, value in dump(model).items() if name in model.model_fields_set}


class Gap(BaseModel):
    """A difference with its paired bootstrap interval; None where it is not defined."""

    model_config = ConfigDict(frozen=True)

    difference: float | None
    low: float | None
    high: float | None


class VersusBest(BaseModel):
    """One scorer minus the best `baseline`, in each figure whose differences get an interval."""

    model_config = ConfigDict(frozen=True)

    baseline: str
    auc: Gap | None = None
    average_precision: Gap | None = None
    log_loss: Gap | None = None
    brier: Gap | None = None
    lift_10: Gap | None = None
    precision_10: Gap | None = None

    @model_serializer(mode="wrap")
    def _json(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return only_set(self, dump)


class Figures(BaseModel):
    """All figures of one scorer; None where a figure is not defined (one class only).

    `auc_within` compares rows of one period; `capacity_` figures are of the best rows of each period.
    `intervals` holds the 95 % ends of some figures by their names. `versus_best` is absent in the row of the
    best baseline itself. What was not measured has no key in the JSON.
    """

    model_config = ConfigDict(frozen=True)

    scorer: str
    auc: float | None = None
    average_precision: float | None = None
    precision_5: float | None = None
    lift_5: float | None = None
    precision_10: float | None = None
    lift_10: float | None = None
    precision_20: float | None = None
    lift_20: float | None = None
    log_loss: float | None = None
    brier: float | None = None
    ece: float | None = None
    slope: float | None = None
    intercept: float | None = None
    observed_expected: float | None = None
    auc_within: float | None = None
    capacity_precision: float | None = None
    capacity_recall: float | None = None
    intervals: dict[str, tuple[float | None, float | None]] = Field(default_factory=dict)
    versus_best: VersusBest | None = None

    @model_serializer(mode="wrap")
    def _json(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return only_set(self, dump)

    @property
    def loss(self) -> float:
        """The log loss, by which scorers are put in order: infinite where it is not known."""
        return math.inf if self.log_loss is None else self.log_loss

    def figure(self, name: str) -> float | None:
        """The figure called `name`."""
        value: float | None = getattr(self, name)
        return value

    def measured(self) -> dict[str, float]:
        """The figures that are known, by name."""
        return {name: value for name, value in self if isinstance(value, float)}

    def only(self, *names: str) -> Figures:
        """The scorer with these figures alone."""
        return Figures.model_validate({"scorer": self.scorer, **{name: self.figure(name) for name in names}})
