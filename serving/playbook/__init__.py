"""From a score to what is done: stage, action, sequence, owner."""

from serving.playbook.actions import INTENT_DAYS, Circumstances, next_action
from serving.playbook.maturity import Wish, band_of, override_of
from serving.playbook.stage import Situations

__all__ = ["INTENT_DAYS", "Circumstances", "Situations", "Wish", "band_of", "next_action", "override_of"]
