"""The command: each verb imports the layers that it needs, does one thing, and ends with what happened."""

from leadscore.command import main
from leadscore.notebook import score

__all__ = ["main", "score"]
