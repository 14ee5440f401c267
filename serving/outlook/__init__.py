"""When a lead converts and what it then brings: given that it does, and whoever says whether."""

from serving.outlook.amount import Amount
from serving.outlook.outlook import Outlook
from serving.outlook.when import Sooner, When

__all__ = ["Amount", "Outlook", "Sooner", "When"]
