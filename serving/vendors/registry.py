"""The adapter of a mapping's CRM."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from serving.vendors.adapter import CrmAdapter, CrmSetup
from serving.vendors.dynamics import ToDynamics
from serving.vendors.hubspot import ToHubSpot
from serving.vendors.mapping import PushMapping
from serving.vendors.marketo import ToMarketo
from serving.vendors.pipedrive import ToPipedrive
from serving.vendors.salesforce import ToSalesforce
from serving.vendors.webhook import ToWebhook


class CrmVendor(CrmAdapter, CrmSetup, Protocol):
    """All that a vendor's file holds."""


def crm_of(mapping: PushMapping) -> CrmVendor:
    """The adapter of the CRM of `mapping`."""
    makes: dict[str, Callable[[PushMapping], CrmVendor]] = {
        "hubspot": ToHubSpot, "salesforce": ToSalesforce, "dynamics": ToDynamics,
        "pipedrive": ToPipedrive, "marketo": ToMarketo, "webhook": ToWebhook,
    }  # fmt: skip
    return makes[mapping.vendor](mapping)
