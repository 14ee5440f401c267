"""What a margin means: probability, score 1–99, band, interval; fixed with the artefact."""

from serving.calibration.bounds import Bounds, SaidInterval, fields_of, missing
from serving.calibration.maps import FLOOR, MonotoneMap, log_odds
from serving.calibration.reference import Reference

__all__ = ["FLOOR", "Bounds", "MonotoneMap", "Reference", "SaidInterval", "fields_of", "log_odds", "missing"]
