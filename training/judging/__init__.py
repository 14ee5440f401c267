"""Every scorer on the same matured rows, with paired intervals; and the gate."""

from training.judging.baselines import Limit
from training.judging.doubts import doubts
from training.judging.evidence import JUDGED, Difference, Evidence, gather
from training.judging.figures import Figures
from training.judging.gate import Check, Judgement, judge
from training.judging.groups import MIN_WON, Group

__all__ = [
    "JUDGED",
    "MIN_WON",
    "Check",
    "Difference",
    "Evidence",
    "Figures",
    "Group",
    "Judgement",
    "Limit",
    "doubts",
    "gather",
    "judge",
]
