"""The map that a scorer's margins need, with the ends of the interval around it."""

from __future__ import annotations

from dataclasses import dataclass, field

from features.columns import Floats
from serving.calibration import MonotoneMap
from training.calibration.choice import choose
from training.calibration.interval import interval_maps
from training.history import Excerpt


@dataclass(frozen=True)
class MapChoice:
    """The map of a scorer by name, chosen on margins of rows that a fit of it had not seen.

    `bounds` are the maps to the ends of the interval around `calibration` (see `interval_maps`), None where
    there were no such rows: margins are then believed as they are.
    """

    name: str = "identity"
    calibration: MonotoneMap = field(default_factory=MonotoneMap.identity)
    bounds: tuple[MonotoneMap, MonotoneMap] | None = None


def choose_map(margin: Floats, excerpt: Excerpt, *, seed: int) -> MapChoice:
    """What `margin` needs to become probabilities; its scorer was fitted on none of these rows."""
    y, clusters = excerpt.y, excerpt.clusters
    chosen = choose(margin, y, clusters, excerpt.order, seed=seed)
    bounds = interval_maps(margin, y, clusters, chosen.calibration)
    return MapChoice(chosen.name, chosen.calibration, bounds)
