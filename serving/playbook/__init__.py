"""From a score to what is done: stage, action, sequence, owner."""

from serving.playbook.actions import Circumstances, next_action
from serving.playbook.stage import Situations

__all__ = ["Circumstances", "Situations", "next_action"]
