"""Features of many (lead, moment) at once, or of one lead in memory."""

from features.readings.engines import arrow_on, offline_on
from features.readings.offline import locate, offline
from features.readings.online import online, stack
from features.readings.plan import OnlinePlan

__all__ = ["OnlinePlan", "arrow_on", "locate", "offline", "offline_on", "online", "stack"]
