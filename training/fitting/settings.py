"""How a model is fitted: its kind, rounds, penalty, and the map of its margins."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

from features.recipe import Recipe, Training
from serving.calibration import MonotoneMap
from training.fitting.boosting import GROWTH

Kind = Literal["linear", "offset", "mean", "trees", "stacked"]


@dataclass(frozen=True)
class Settings:
    """What the folds chose. `losses` holds each candidate's out-of-fold log loss, empty without folds.

    `rounds` are those of the folds; a fit on all rows uses `GROWTH` times as many. `calibration` maps the
    margins of `kind`. `plain_penalty` is that of the baseline, chosen around 1. `logs`: the linear part reads
    numbers as signed logarithms; `crossed`: its weights change with the lead's age. Trees never split on
    `calendars`; the linear part does not read `left_out`. `booster` holds what a search changed in the
    recipe's `[train]`. `bounds` are the maps to the ends of the interval around `calibration` (see
    `calibration_interval`), None without folds. `half_life`: newer rows count for more (see `recency`), None
    where all count alike.
    """

    kind: Kind
    rounds: int
    penalty: float
    plain_penalty: float
    calibration: MonotoneMap
    losses: dict[str, float] = field(default_factory=dict)
    folds: int = 0
    logs: bool = False
    crossed: bool = False
    calendars: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    booster: dict[str, float] = field(default_factory=dict)
    bounds: tuple[MonotoneMap, MonotoneMap] | None = None
    map_name: str = "identity"
    half_life: float | None = None

    @property
    def all_rounds(self) -> int:
        """Rounds for a fit on all rows."""
        return max(1, round(self.rounds * GROWTH))

    def plan(self, recipe: Recipe) -> Training:
        """The recipe's `[train]` with what a search changed."""
        return recipe.train.model_copy(update=self.booster)

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, without `bounds`, which the manifest holds by itself."""
        found = asdict(replace(self, bounds=None)) | {"calibration": self.calibration.model_dump(mode="json")}
        return {name: value for name, value in found.items() if name != "bounds"}
