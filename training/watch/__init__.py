"""The champion held against what came: what broke, what drifted, whether its probabilities still hold."""

from training.watch.effect import EFFECT, effect
from training.watch.found import CALIBRATION, LOOKS, Alarm, WatchResult
from training.watch.page import watch_page
from training.watch.watch import DAYS, FALSE_ALARMS, watch

__all__ = [
    "CALIBRATION",
    "DAYS",
    "EFFECT",
    "FALSE_ALARMS",
    "LOOKS",
    "Alarm",
    "WatchResult",
    "effect",
    "watch",
    "watch_page",
]
