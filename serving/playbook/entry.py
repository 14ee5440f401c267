"""Which stage a lead has entered, by the criteria that marketing and sales agreed on in the recipe."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from features.catalogue import Answers, EventCount, Feature, answers_of
from features.columns import Columns, Floats
from features.recipe import Entry, Recipe
from serving.score import StageName


@dataclass(frozen=True)
class Entries:
    """Reads the stages that leads have entered from the columns of its `features`."""

    recipe: Recipe

    @property
    def features(self) -> tuple[Feature, ...]:
        """The events of the criteria, and what of the checklist is answered."""
        read = any(entry.of_checklist for _, entry in self.recipe.stages.entries())
        return (*self._counts.values(), *(self._checklist or () if read else ()))

    def reached(
        self, columns: Columns, points: Floats, grades: list[str], free: NDArray[np.bool_], mql_points: float
    ) -> list[StageName]:
        """The last stage whose criteria, and those of the stages before it, each lead meets.

        Nobody enters a stage whom the scorecard excludes (not in `free`). Without criteria of its own an MQL
        is who has `mql_points`.
        """
        stages: list[StageName] = ["lead"] * len(points)
        steps: dict[StageName, Entry] = {"mql": Entry()}
        steps.update(self.recipe.stages.entries())
        still = free.copy()
        for name, entry in steps.items():
            least = entry.points if entry.points is not None or name != "mql" else mql_points
            still &= self._met(entry, least, columns, points, grades)
            for row in np.flatnonzero(still):
                stages[row] = name
        return stages

    def _met(
        self, entry: Entry, least: float | None, columns: Columns, points: Floats, grades: list[str]
    ) -> NDArray[np.bool_]:
        """Which leads meet all that one stage asks for; unknown events are none."""
        met = np.ones(len(points), dtype=np.bool_)
        if least is not None:
            met &= points >= least
        if entry.grades:
            met &= np.array([grade in entry.grades for grade in grades], dtype=np.bool_)
        if entry.events:
            met &= _numbers(columns, self._counts[entry.events]) > 0
        if self._checklist is not None:
            answered, negative = self._checklist
            if entry.answered is not None:
                met &= _numbers(columns, answered) >= entry.answered
            if entry.negative is not None:
                met &= _numbers(columns, negative) <= entry.negative
        return met

    @cached_property
    def _counts(self) -> dict[tuple[str, ...], EventCount]:
        """The events of a criterion → how many of them there were."""
        return {
            entry.events: EventCount(entry.events, called=f"entry {stage}")
            for stage, entry in self.recipe.stages.entries()
            if entry.events
        }

    @cached_property
    def _checklist(self) -> tuple[Answers, Answers] | None:
        return answers_of(self.recipe)


def _numbers(columns: Columns, feature: Feature) -> Floats:
    return np.asarray(columns[feature.name], dtype=np.float64)
