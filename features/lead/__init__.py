"""One lead in memory at one moment: what is known, what can be measured on its events, how it is read
from what was sent.
"""

from features.lead.closing import closing, closing_of_lead
from features.lead.events import EVENT_KEYS
from features.lead.lead import UNDATED, Lead, Tally, events_noted
from features.lead.listed import SentLead, read_listed
from features.lead.measures import CENT, Count
from features.lead.reader import LeadReader, accepted_fields, fields_read, parse_lead

__all__ = [
    "CENT",
    "EVENT_KEYS",
    "UNDATED",
    "Count",
    "Lead",
    "LeadReader",
    "SentLead",
    "Tally",
    "accepted_fields",
    "closing",
    "closing_of_lead",
    "events_noted",
    "fields_read",
    "parse_lead",
    "read_listed",
]
