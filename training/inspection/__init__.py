"""Every field and feature looked at before anything is trained."""

from training.inspection.found import HEAD, LEAST
from training.inspection.inspect import inspect
from training.inspection.page import inspect_page

__all__ = ["HEAD", "LEAST", "inspect", "inspect_page"]
