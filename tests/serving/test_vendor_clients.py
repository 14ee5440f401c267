"""The vendors' own published clients take our local servers for the vendor, and send what we send.

They are no dependency: each test skips, and says so, where its client is not installed
(hubspot-api-client, simple-salesforce, PowerPlatform-Dataverse-Client, standardwebhooks).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from serving.ledger import Ledger
from serving.push import CrmLine, PushRun
from serving.vendors import crm_of
from tests.vendors import scores
from tests.vendors.made import SERVERS, environment_of, ids, mapping_of
from tests.vendors.server import VendorServer

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger.made(tmp_path / "ledger.sqlite")
    yield made
    made.close()


def pushed_by_us(ledger: Ledger, vendor: str, server: VendorServer) -> Any:
    """What we send of two leads."""
    leads = ids(vendor, 2)
    scores.keep(ledger, [scores.score(name, 1) for name in leads])
    mapping = mapping_of(vendor, server)
    with CrmLine(mapping, environment_of(vendor, server)) as line:
        assert PushRun(ledger, mapping, crm_of(mapping), line, clock=server.clock).run().sent == 2
    return json.loads(server.last_raw)


def test_hubspots_client(ledger: Ledger) -> None:
    hubspot = pytest.importorskip("hubspot")
    from hubspot.crm.contacts import BatchInputSimplePublicObjectBatchInput

    leads = ids("hubspot", 3)
    with SERVERS["hubspot"](leads[:2]) as server:
        ours = pushed_by_us(ledger, "hubspot", server)
        server.held = {name: {} for name in leads[:2]}
        client = hubspot.Client.create(access_token=server.token)
        client.config["host"] = server.url
        batch = BatchInputSimplePublicObjectBatchInput(inputs=ours["inputs"])
        done = client.crm.contacts.batch_api.update(batch)
        assert sorted(one.id for one in done.results) == leads[:2]
        assert json.loads(server.last_raw) == ours
        partial = BatchInputSimplePublicObjectBatchInput(
            inputs=[ours["inputs"][0], {"id": leads[2], "properties": {}}]
        )
        told = client.crm.contacts.batch_api.update(partial)
        assert told.num_errors == 1
        assert told.errors[0].context == {"ids": [leads[2]]}


def test_salesforces_client(ledger: Ledger) -> None:
    simple_salesforce = pytest.importorskip("simple_salesforce")
    leads = ids("salesforce", 3)
    with SERVERS["salesforce"](leads[:2]) as server:
        ours = pushed_by_us(ledger, "salesforce", server)
        client = simple_salesforce.Salesforce(
            instance_url=server.url, session_id=server.token, version="61.0"
        )
        client.base_url = f"{server.url}/services/data/v61.0/"
        told = client.restful("composite/sobjects", method="PATCH", json=ours)
        assert [one["success"] for one in told] == [True, True]
        assert json.loads(server.last_raw) == ours
        ours["records"][0]["id"] = leads[2]
        told = client.restful("composite/sobjects", method="PATCH", json=ours)
        assert [one["success"] for one in told] == [False, True]
        server.token = "another"
        with pytest.raises(simple_salesforce.SalesforceExpiredSession):
            client.restful("composite/sobjects", method="PATCH", json=ours)


def test_dataverses_client(ledger: Ledger) -> None:
    pytest.importorskip("PowerPlatform.Dataverse")
    from PowerPlatform.Dataverse.data._odata import _ODataClient

    class Ours(_ODataClient):  # the table's name, which the client asks for, is not what is tested
        def _entity_set_from_schema_name(self, _: str) -> str:
            return "msdyn_predictivescores"

        def _convert_labels_to_ints(self, _: str, record: dict[str, Any]) -> dict[str, Any]:
            return record

    class Signed:
        def _acquire_token(self, _: str) -> Any:
            return type("Token", (), {"access_token": server.token})()

    with SERVERS["dynamics"]([]) as server:
        ours = pushed_by_us(ledger, "dynamics", server)
        client = Ours(Signed(), server.url)
        rows = [
            {key: value for key, value in row.items() if not key.startswith("@")} for row in ours["Targets"]
        ]
        keys = [{"msdyn_entityid": name, "msdyn_entitytype": "lead"} for name in ids("dynamics", 2)]
        client._upsert_multiple("msdyn_predictivescores", "msdyn_predictivescore", keys, rows)
        sent = json.loads(server.last_raw)["Targets"]
        by_lead = {row["@odata.id"].lower(): row for row in ours["Targets"]}
        assert {row["@odata.id"].lower() for row in sent} == set(by_lead)
        assert all(row == by_lead[row["@odata.id"].lower()] | {"@odata.id": row["@odata.id"]} for row in sent)


def test_standard_webhooks_own_check(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    standardwebhooks = pytest.importorskip("standardwebhooks")
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqr"
    monkeypatch.setenv("LEADSCORE_WEBHOOK_SECRET", secret)
    with SERVERS["webhook"](ids("webhook", 2)) as server:
        pushed_by_us(ledger, "webhook", server)
        body = standardwebhooks.Webhook(secret).verify(server.last_raw.decode(), server.last_headers)
        assert {one["lead_id"] for one in body["scores"]} == set(ids("webhook", 2))
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            standardwebhooks.Webhook(secret).verify(server.last_raw.decode() + " ", server.last_headers)
