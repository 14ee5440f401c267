"""A fitted model with everything a served score needs, written, and read back through serving."""

from training.packing.choices import Choices
from training.packing.pack import Cuts, fit_served, pack
from training.packing.trained import Trained

__all__ = ["Choices", "Cuts", "Trained", "fit_served", "pack"]
