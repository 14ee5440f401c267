"""Maps from margins to probabilities, chosen where newer outcomes do not refute the plainest."""

from training.calibration.fit import fit_monotone, mean_interval
from training.calibration.interval import interval_maps
from training.calibration.maps import MapChoice, choose_map
from training.calibration.rules import calibrated_rules
from training.calibration.spreads import bounds_of

__all__ = [
    "MapChoice",
    "bounds_of",
    "calibrated_rules",
    "choose_map",
    "fit_monotone",
    "interval_maps",
    "mean_interval",
]
