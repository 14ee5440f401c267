"""Each CRM as data and a thin function: scores into a request, its answer into what became of each."""

from serving.vendors.adapter import Call, CrmAnswer, Outgoing, Trouble
from serving.vendors.mapping import PushMapping, load_mapping, made_mapping, write_mapping
from serving.vendors.profile import VENDORS, crm_profile
from serving.vendors.registry import crm_of
from serving.vendors.values import values_of

__all__ = [
    "VENDORS",
    "Call",
    "CrmAnswer",
    "Outgoing",
    "PushMapping",
    "Trouble",
    "crm_of",
    "crm_profile",
    "load_mapping",
    "made_mapping",
    "values_of",
    "write_mapping",
]
