"""Scores brought to a CRM: planned against what it holds, sent within its limits, recorded; killed or not."""

from serving.push.connect import Connected, connect
from serving.push.engine import PushRun
from serving.push.line import CrmLine
from serving.push.plan import LeadsDue, PushPlan, PushSource, due_of, outgoing, planned
from serving.push.tally import PushTally

__all__ = [
    "Connected",
    "CrmLine",
    "LeadsDue",
    "PushPlan",
    "PushRun",
    "PushSource",
    "PushTally",
    "connect",
    "due_of",
    "outgoing",
    "planned",
]
