"""Salesforce's outbound messages: read as a flow's records, acknowledged, proven by the key in their URL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest

from serving.aside.spool import InboundSpool
from serving.ledger import Ledger
from tests.made import inbound
from tests.made.edge import Service

SESSION = "00D5g0000000001!AQEAQFake.Session.Id"
MESSAGE = """<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
 <soapenv:Body>
  <notifications xmlns="http://soap.sforce.com/2005/09/outbound">
   <OrganizationId>00D5g0000000001EAA</OrganizationId>
   <ActionId>04k5g0000000001AAA</ActionId>
   <SessionId>{session}</SessionId>
   <EnterpriseUrl>https://acme.my.salesforce.com/services/Soap/c/62.0</EnterpriseUrl>
   <PartnerUrl>https://acme.my.salesforce.com/services/Soap/u/62.0</PartnerUrl>
   {notifications}
  </notifications>
 </soapenv:Body>
</soapenv:Envelope>"""
NOTIFICATION = """<Notification><Id>04l5g000000000{n}AAA</Id>
 <sObject xsi:type="sf:Lead" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">
  <sf:Id>00Q5g00000ABCD{n}EA5</sf:Id><sf:Email>ada{n}@acme.example</sf:Email><sf:Phone xsi:nil="true"/>
  <sf:NumberOfEmployees>120</sf:NumberOfEmployees><sf:Status>Closed - Converted</sf:Status>
  <sf:LastModifiedDate>2025-11-30T11:00:00.000Z</sf:LastModifiedDate>
 </sObject></Notification>"""
KEY = inbound.SECRETS["salesforce"]


def message(*numbers: int) -> str:
    notifications = "".join(NOTIFICATION.format(n=number) for number in numbers)
    return MESSAGE.format(session=SESSION, notifications=notifications)


def post(service: Service, text: str, path: str = f"?key={KEY}") -> httpx.Response:
    headers = {"content-type": "text/xml; charset=UTF-8", "SOAPAction": '""'}
    return service.ask("POST", f"/v1/in/salesforce{path}", content=text, headers=headers)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(Ledger.made(tmp_path / "ledger.sqlite"), recipe=inbound.recipe())
    made.desk.senders = {"salesforce": inbound.sender("salesforce")}
    yield made
    made.close()


def ack(answer: httpx.Response) -> str | None:
    assert answer.headers["content-type"].startswith("text/xml")
    return ElementTree.fromstring(answer.text).findtext(".//{http://soap.sforce.com/2005/09/outbound}Ack")


def test_its_records_are_kept_once_and_acknowledged(service: Service, tmp_path: Path) -> None:
    first, again = post(service, message(1, 2)), post(service, message(1, 2))
    assert [(one.status_code, ack(one)) for one in (first, again)] == [(200, "true"), (200, "true")]
    assert service.desk.ledger is not None
    counts = service.desk.ledger.counts()
    assert (counts["leads"], counts["field_history"], counts["outcomes"]) == (2, 2, 2)
    told = service.ask("GET", "/v1/leads/00Q5g00000ABCD1EA5").json()["tables"]
    assert '"Email": "ada1@acme.example"' in told["field_history"][0]["cells"].replace('":"', '": "')
    assert told["outcomes"][0]["stage"] == "Closed - Converted"
    written = b"".join(path.read_bytes() for path in tmp_path.glob("ledger*"))
    assert SESSION.encode() not in written


def test_a_session_is_not_kept_in_the_spool_either(service: Service, tmp_path: Path) -> None:
    spool = InboundSpool(tmp_path / "spool.sqlite")
    spool.put("salesforce", 1, b"{}")  # so that what comes waits behind it
    service.desk.spool = spool
    assert ack(post(service, message(1))) == "true"
    spool.close()
    written = b"".join(path.read_bytes() for path in tmp_path.glob("spool*"))
    assert b"ada1@acme.example" in written
    assert SESSION.encode() not in written


@pytest.mark.parametrize("path", ["", "?key=", "?key=wrong", "?other=1"])
def test_without_the_key_nothing_is_taken_in(service: Service, path: str) -> None:
    answer = post(service, message(1), path)
    assert answer.status_code == 401
    assert KEY not in answer.text
    assert SESSION not in answer.text


def test_another_organisation_is_refused_where_one_is_agreed(service: Service) -> None:
    service.desk.senders = {"salesforce": inbound.sender("salesforce", accounts=("00D000000000000EAA",))}
    assert post(service, message(1)).status_code == 400
    service.desk.receiver = None
    service.desk.senders = {"salesforce": inbound.sender("salesforce", accounts=("00D5g0000000001EAA",))}
    assert ack(post(service, message(1))) == "true"


ENTITY = '<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;</a>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>'


@pytest.mark.parametrize("text", ["", "<a>", "<a/>", ENTITY, OUTSIDE, "\x00", message(1)[:-20], '{"Id": 1}'])
def test_what_is_no_outbound_message_is_refused(service: Service, text: str) -> None:
    answer = post(service, text)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert service.desk.ledger is not None
    assert service.desk.ledger.counts()["leads"] == 0


def test_a_flow_still_sends_json_with_its_header(service: Service) -> None:
    body = inbound.golden("salesforce")[0]["body"]
    answer = service.ask("POST", "/v1/in/salesforce", json=body, headers={"X-Leadscore-Secret": KEY})
    assert (answer.status_code, answer.json()["stored"]) == (200, 2)
