"""Each vendor's server with the mapping that fits it and the ids of its leads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from serving.vendors import VENDORS, PushMapping, crm_profile
from tests.vendors.dynamics import DynamicsServer
from tests.vendors.hubspot import HubSpotServer
from tests.vendors.marketo import MarketoServer
from tests.vendors.pipedrive import PipedriveServer
from tests.vendors.salesforce import SalesforceServer
from tests.vendors.server import VendorServer
from tests.vendors.webhook import WebhookServer

SERVERS: dict[str, type[VendorServer]] = {
    "hubspot": HubSpotServer, "salesforce": SalesforceServer, "dynamics": DynamicsServer,
    "pipedrive": PipedriveServer, "marketo": MarketoServer, "webhook": WebhookServer,
}  # fmt: skip
assert set(SERVERS) == set(VENDORS)


def ids(vendor: str, count: int) -> list[str]:
    """The first `count` ids of leads, as the vendor writes them."""
    forms = {
        "hubspot": "51{:04}", "salesforce": "00Q00000000{:04}EAA", "marketo": "7{:05}",
        "dynamics": "0f0f0f0f-0000-4000-8000-00000000{:04}", "webhook": "L{}",
        "pipedrive": "adf21080-0e10-11eb-879b-05d71fb4{:04}",
    }  # fmt: skip
    return [forms[vendor].format(number) for number in range(1, count + 1)]


def mapping_of(vendor: str, server: VendorServer, further: Sequence[str] = (), **said: Any) -> PushMapping:
    """The mapping for `server`, whose properties are made if they are not there; with `further` values."""
    profile = crm_profile(vendor, said.get("of", "leads"))
    known = profile.properties | {name: profile.property_of(name) for name in further}
    names = {value: told.name for value, told in known.items()}
    if isinstance(server, HubSpotServer):
        from serving.vendors.profile import option_words

        for value, told in known.items():
            words = option_words().get(value, {}) if told.type == "enumeration" else {}
            options = [{"value": word, "label": word} for word in words]
            server.properties.setdefault(
                told.name, {"name": told.name, "type": told.type, "options": options}
            )
    if isinstance(server, SalesforceServer):
        server.add_fields(known.values())
    if isinstance(server, MarketoServer):
        server.fields |= {told.name: told.type for told in known.values()}
    if isinstance(server, PipedriveServer):
        names = {value: server.add_field(told.name, told.type) for value, told in known.items()}
    url = server.url + ("/leadscore" if vendor == "webhook" else "")
    return PushMapping.model_validate({"vendor": vendor, "url": url, "properties": names} | said)


def environment_of(vendor: str, server: VendorServer) -> dict[str, str]:
    """The environment with the server's secrets."""
    secrets = crm_profile(vendor).secrets
    client: tuple[str, str] | None = getattr(server, "client", None)
    if client is not None and secrets.client_id and secrets.client_secret:
        return {secrets.client_id: client[0], secrets.client_secret: client[1]}
    return {secrets.token: server.token}
