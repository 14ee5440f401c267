"""Scores brought to a CRM: planned against what it holds, sent within its limits, recorded; killed or not."""

from serving.push.connect import Connected, connect
from serving.push.engine import PushRun
from serving.push.line import CrmLine
from serving.push.plan import PushPlan, due_of, planned
from serving.push.tally import PushTally

__all__ = ["Connected", "CrmLine", "PushPlan", "PushRun", "PushTally", "connect", "due_of", "planned"]
