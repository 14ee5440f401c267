"""What CRMs, lead forms, calendars and telephones send: proven, mapped by data, kept in the ledger."""

from serving.crm.incoming import Incoming, Reply
from serving.crm.mapping import Mapping, mapping_text, vendor_mapping, vendors
from serving.crm.mount import inbound_route
from serving.crm.receive import Receiver
from serving.crm.senders import Sender, senders_from
from serving.crm.trying import tried

__all__ = [
    "Incoming",
    "Mapping",
    "Receiver",
    "Reply",
    "Sender",
    "inbound_route",
    "mapping_text",
    "senders_from",
    "tried",
    "vendor_mapping",
    "vendors",
]
