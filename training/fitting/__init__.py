"""Each kind of model fitted on given rows: the same code for what is judged and what is served."""

from training.fitting.boosting import Sample, best_rounds, fit_stopped, margins
from training.fitting.encode import Reading
from training.fitting.fit import fit_logistic_model, fit_model
from training.fitting.settings import BlendShare, Kind, LinearChoice, Settings, TreeChoice

__all__ = [
    "BlendShare",
    "Kind",
    "LinearChoice",
    "Reading",
    "Sample",
    "Settings",
    "TreeChoice",
    "best_rounds",
    "fit_logistic_model",
    "fit_model",
    "fit_stopped",
    "margins",
]
