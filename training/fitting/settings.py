"""How a model is fitted: its kind, its linear part, its trees, and the map of its margins."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from features.recipe import Training
from training.calibration import MapChoice
from training.fitting.boosting import GROWTH
from training.fitting.encode import PLAINLY, Reading

Kind = Literal["linear", "offset", "trees", "stacked", "bayes", "blend"]


@dataclass(frozen=True)
class LinearChoice:
    """The linear part: its penalty, how it reads, and the calendars that it does not read."""

    penalty: float
    reading: Reading = PLAINLY
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class TreeChoice:
    """The trees: rounds of the folds, what the folds changed in the recipe's `[train]`, the calendars, which
    they never split on, and the pairs of features that they read together."""

    rounds: int
    booster: dict[str, float] = field(default_factory=dict)
    calendars: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()

    @property
    def all_rounds(self) -> int:
        """Rounds for a fit on all rows: `GROWTH` times those of the folds."""
        return max(1, round(self.rounds * GROWTH))

    def plan(self, train: Training) -> Training:
        """The recipe's `[train]` with what the folds changed."""
        return train.model_copy(update=self.booster)


@dataclass(frozen=True)
class BlendShare:
    """A member of a blend: its kind, how it is fitted, and its weight among them."""

    kind: Kind
    weight: float
    linear: LinearChoice
    trees: TreeChoice

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        found: dict[str, Any] = {"kind": self.kind, "weight": self.weight}
        if self.kind not in ("trees", "bayes"):
            found |= {"penalty": self.linear.penalty, "left_out": self.linear.left_out}
        if self.kind not in ("linear", "bayes"):
            found |= {"rounds": self.trees.rounds, "booster": self.trees.booster} | _pairs(self.trees)
        return found


@dataclass(frozen=True)
class Settings:
    """What the folds chose. `losses` holds each candidate's out-of-fold log loss, empty without folds.

    `members` are those of a blend; `linear` and `trees` are then those of the member of most weight. `map` is
    for the margins of `kind`. `plain_penalty` is that of the baseline, chosen around 1. `half_life`:
    newer rows count for more (see `recency`), None where all count alike. `follows`: the level follows the
    newest outcomes (see `moving_level`). `activity`: how active a lead is now is read
    too; None where that was not tried.
    """

    kind: Kind
    linear: LinearChoice
    trees: TreeChoice
    plain_penalty: float
    map: MapChoice = field(default_factory=MapChoice)
    half_life: float | None = None
    losses: dict[str, float] = field(default_factory=dict)
    folds: int = 0
    members: tuple[BlendShare, ...] = ()
    follows: bool = False
    activity: bool | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready, one level deep, as manifests have kept it from the first; without the map's `bounds`,
        which the manifest holds by itself."""
        found: dict[str, Any] = (
            {"members": [member.as_dict() for member in self.members]} if self.members else {}
        )
        found |= _pairs(self.trees) | ({"follows": True} if self.follows else {})
        found |= {"activity": True} if self.activity else {}
        found |= {"wide": True} if self.linear.reading.wide else {}
        return {
            "kind": self.kind,
            "rounds": self.trees.rounds,
            "penalty": self.linear.penalty,
            "plain_penalty": self.plain_penalty,
            "calibration": self.map.calibration.model_dump(mode="json"),
            "losses": self.losses,
            "folds": self.folds,
            "logs": self.linear.reading.logs,
            "crossed": self.linear.reading.crossed,
            "calendars": self.trees.calendars,
            "left_out": self.linear.left_out,
            "booster": self.trees.booster,
            "map_name": self.map.name,
            "half_life": self.half_life,
            **found,
        }


def with_rates(settings: Settings) -> Settings:
    """The mean of the one kind that `settings` have and the shrunken rates."""
    alone = BlendShare(settings.kind, 0.5, settings.linear, settings.trees)
    return replace(settings, kind="blend", members=(alone, replace(alone, kind="bayes")))


def _pairs(trees: TreeChoice) -> dict[str, Any]:
    """The pairs that trees read together, JSON-ready; empty where there are none."""
    return {"pairs": [list(pair) for pair in trees.pairs]} if trees.pairs else {}
