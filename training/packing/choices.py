"""What was chosen for an artefact: settings, rung, segments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from training.calibration import MapChoice
from training.choosing import LadderChoice, SegmentPlan
from training.fitting import Settings


@dataclass(frozen=True)
class Choices:
    """The settings of the model and of its variant without events (None where there is none).

    `ladder` says whether the model or Bayes answers first, and why; None: the model. `segments` says which
    segments have a scorer of their own, `no_events_segments` which have one in the variant. `bayes` is what
    the margins of the Bayes rung need; None where outcomes are too few to tell. `when` has for each horizon
    but the longest how the step to the next is fitted; None where the recipe has one horizon.
    """

    model: Settings
    no_events: Settings | None
    ladder: LadderChoice | None = None
    segments: SegmentPlan | None = None
    no_events_segments: SegmentPlan | None = None
    bayes: MapChoice | None = None
    when: tuple[Settings | None, ...] | None = None

    @property
    def top(self) -> Literal["model", "bayes"]:
        """Who answers first."""
        return "bayes" if self.ladder is not None and self.ladder.top == "bayes" else "model"

    @property
    def by_bayes(self) -> bool:
        """Whether the artefact's model is the Bayes rung."""
        return self.top == "bayes"

    @property
    def kind(self) -> str:
        """The kind of the artefact's model."""
        return "bayes" if self.by_bayes else self.model.kind
