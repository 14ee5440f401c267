"""Salesforce's outbound messages: the records of a SOAP body, and the acknowledgement that ends its retries.

Source: Salesforce, "SOAP API Developer Guide: Outbound Messaging". A body has up to 100 notifications of one
kind of record; one that is not acknowledged is sent again for 24 hours. Its SessionId would let whoever holds
it act in the org: it is neither read nor kept.
"""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from serving.crm.incoming import Incoming, Reply

_OUTBOUND = "{http://soap.sforce.com/2005/09/outbound}"
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_ACKNOWLEDGED = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    '<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>'
    "</notificationsResponse></soapenv:Body></soapenv:Envelope>"
)


def is_soap(incoming: Incoming) -> bool:
    """Whether a request says that it is XML."""
    kind = incoming.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind in ("text/xml", "application/xml", "application/soap+xml")


def soap_records(body: bytes) -> dict[str, Any]:
    """The records of an outbound message, as a flow would send them: `{"records": [{"Id": …}, …]}`.

    Each has the organisation's id beside its own fields, an empty field is None.

    Raises:
        ValueError: it is no outbound message, no XML, or XML that refers to anything outside itself.
    """
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException) as error:
        raise ValueError("no XML that may be read") from error
    found = next(root.iter(f"{_OUTBOUND}notifications"), None)
    if found is None:
        raise ValueError("no outbound message")
    organisation = found.findtext(f"{_OUTBOUND}OrganizationId")
    records = [one for notice in found.iter(f"{_OUTBOUND}Notification") for one in _records(notice)]
    return {"records": [record | {"OrganizationId": organisation} for record in records]}


def acknowledged(reply: Reply) -> Reply:
    """What Salesforce is answered: an Ack for what was taken in; anything else it sends again."""
    return Reply(200, _ACKNOWLEDGED, "text/xml") if reply.status == 200 else reply


def _records(notice: Element) -> list[dict[str, Any]]:
    return [_record(one) for one in notice.findall(f"{_OUTBOUND}sObject")]


def _record(one: Element) -> dict[str, Any]:
    fields = {_name(field.tag): None if field.get(_NIL) == "true" else field.text for field in one}
    return fields | {"attributes": {"type": one.get(_TYPE, "").rpartition(":")[2]}}


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]
