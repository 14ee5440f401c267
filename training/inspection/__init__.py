"""Every field and feature looked at before anything is trained."""

from training.inspection.found import HEAD, LEAST
from training.inspection.inspect import inspect
from training.inspection.page import inspect_page
from training.inspection.without import RUN_HEAD

__all__ = ["HEAD", "LEAST", "RUN_HEAD", "inspect", "inspect_page"]
