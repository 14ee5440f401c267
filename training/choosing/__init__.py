"""Kind, settings, rung and segment's own scorer: on inner folds and an earlier origin, never on the test."""

from training.choosing.choose import Budget, choose_settings
from training.choosing.earlier import Earlier, earlier_split, look_back, losses
from training.choosing.ladder import LadderChoice, choose_top
from training.choosing.rungs import bayes_rung
from training.choosing.segments import SegmentPlan, plan_segments

__all__ = [
    "Budget",
    "Earlier",
    "LadderChoice",
    "SegmentPlan",
    "bayes_rung",
    "choose_settings",
    "choose_top",
    "earlier_split",
    "look_back",
    "losses",
    "plan_segments",
]
