"""What an artefact says about itself: everything a served score depends on, and where it came from."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from features.recipe import Recipe
from serving.calibration import Bounds, MonotoneMap, Reference
from serving.words import ObservedRates

SCHEMA_VERSION = 4
"""4: with an outlook, where the recipe asks for one, blends whose members may have weights or be shrunken
rates, and a shift, and pairs of features that trees read; artefacts of version 3 have none of it. 3: with the
rates that reasons tell; artefacts of version 2 have none, and their reasons neither. 2: with
`checksums.json`, and with the range in which each number is read. Artefacts of version 1 cannot be verified
and are refused: train again."""

RungName = Literal["model", "no_events", "bayes", "rules"]
"""`no_events` is the variant of the model for leads whose events were not given."""


class Manifest(BaseModel):
    """The facts of one training, filled by training; `save_artefact` adds features and model parts.

    It holds no time of writing and no run id: the same data, recipe and seed give the same bytes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """The recipe's name, and the registered model's."""
    recipe: Recipe
    recipe_hash: str
    data_hash: str
    horizon_days: float = Field(gt=0)
    base_rate: float = Field(ge=0, le=1)
    """The share of converted rows among those that the model was fitted on."""
    n_rows: int = Field(ge=0)
    n_leads: int = Field(ge=0)
    window_us: tuple[int, int]
    """First and last as_of of the rows that the model was fitted on, microseconds UTC."""
    history_end_us: int
    parted: bool | None = None
    """Whether a lot parted equal leads or those of an account; None: made before that was kept."""
    references: dict[RungName, Reference]
    """One for each rung: the leads open at the end of the history."""
    rules_map: MonotoneMap | None = None
    """From the rules' margins to probabilities, fitted on training rows; None: uncalibrated."""
    bounds: dict[RungName, Bounds] = Field(default_factory=dict)
    """Intervals of the rungs that have them; of a model with segments, those of the scorer of all leads."""
    segment_bounds: dict[RungName, dict[str, Bounds]] = Field(default_factory=dict)
    """Segment → intervals of its own scorer, for each rung that has such scorers."""
    rates: ObservedRates | None = None
    """How leads of each signal fared, which reasons tell; None: no rate is told."""
    settings: dict[str, Any] = Field(default_factory=dict)
    """What was chosen on the inner folds: rounds, regularisation, kind of model."""
    metrics: dict[str, float | None] = Field(default_factory=dict)
    """Figures on the test rows, of this artefact or of the one that `judged_by` names."""
    versions: dict[str, str] = Field(default_factory=dict)
    """Library → version that trained it."""
    judged_by: str | None = None
    """Id of the artefact whose test figures stand for this one, which was refitted on newer rows."""

    @property
    def customers(self) -> float:
        """Converted leads that the model was fitted on, about: their share among the rows, of the leads."""
        return self.base_rate * self.n_leads

    def bounds_by_segment(self, rung: RungName) -> dict[str | None, Bounds]:
        """Segment → intervals of its own scorer on `rung`; None → those of the scorer of all leads."""
        found: dict[str | None, Bounds] = {None: self.bounds[rung]} if rung in self.bounds else {}
        found |= dict(self.segment_bounds.get(rung, {}).items())
        return found
