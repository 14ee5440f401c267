"""The champion held against what came: what broke, what drifted, whether its probabilities still hold."""

from training.watch.found import CALIBRATION, LOOKS, Alarm, WatchResult
from training.watch.page import watch_page
from training.watch.watch import DAYS, FALSE_ALARMS, watch

__all__ = ["CALIBRATION", "DAYS", "FALSE_ALARMS", "LOOKS", "Alarm", "WatchResult", "watch", "watch_page"]
