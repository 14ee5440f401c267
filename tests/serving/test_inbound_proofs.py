"""Nobody is believed without the vendor's proof: published vectors, and one battery over all vendors."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.crm import Incoming, Receiver, Reply, vendors
from serving.crm.receive import Accepted
from serving.crm.signatures import hubspot_uri, hubspot_v1, hubspot_v2, hubspot_v3, jwt_claims
from serving.ledger import Ledger
from tests.made import inbound

VENDOR_SECRET = "yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
SECOND = 1_000_000
TIMED = ("hubspot", "calendly", "ringover")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    made = Ledger.made(tmp_path_factory.mktemp("inbound") / "ledger.sqlite")
    yield made
    made.close()


def asked(ledger: Ledger, vendor: str, incoming: Incoming, *secrets: str) -> int:
    """200 where the request is believed, else the status of the refusal."""
    receiver = Receiver({vendor: inbound.sender(vendor, *secrets)}, inbound.recipe(), ledger)
    found = receiver.accept(vendor, incoming)
    return found.status if isinstance(found, Reply) else 200


def body_of(vendor: str) -> object:
    return inbound.golden(vendor)[0]["body"]


def test_hubspots_published_vectors() -> None:
    body = (
        b'[{"eventId":1,"subscriptionId":12345,"portalId":62515,"occurredAt":1564113600000,'
        b'"subscriptionType":"contact.creation","attemptNumber":0,"objectId":123,"changeSource":"CRM",'
        b'"changeFlag":"NEW","appId":54321}]'
    )
    digest = "232db2615f3d666fe21a8ec971ac7b5402d33b9a925784df3ca654d05f4817de"
    assert hubspot_v1(VENDOR_SECRET, body) == digest
    digest = "eee2dddcc73c94d699f5e395f4b9d454a069a6855fbfa152e91e88823087200e"
    assert hubspot_v2(VENDOR_SECRET, "GET", "https://www.example.com/webhook_uri", b"") == digest


def test_hubspots_further_vectors() -> None:
    url, body = "https://leads.example.org/hooks/hubspot?tenant=acme", b'[{"eventId":1,"objectId":123}]'
    v2 = "7cfbf08bf51ec5ef988abc556f48e8178d320ecf413c28be135a8c42f7be85bc"
    assert hubspot_v2("test-client-secret", "POST", url, body) == v2
    v3 = "deNAnb4N/AjDJqY58CMr2ndyZTDqDnjjgELc77nbdqA="
    assert hubspot_v3("test-client-secret", "POST", url, body, "1700000000000") == v3


def test_hubspot_decodes_twelve_escapes_and_no_other() -> None:
    escapes = "%3A%2F%3F%40%21%24%27%28%29%2A%2C%3B"
    assert hubspot_uri(f"https://a.example/x?q={escapes}%3a%20%26%25") == (
        "https://a.example/x?q=:/?@!$'()*,;:%20%26%25"
    )


def test_hubspots_own_client_signs_what_is_believed(ledger: Ledger) -> None:
    """The vendor's published client, where it is installed, is the other side."""
    utils = pytest.importorskip("hubspot.utils.signature")
    body = json.dumps(body_of("hubspot")).encode()
    url, at = inbound.URL + "hubspot", str(inbound.ARRIVED // 1000)
    v3 = utils.Signature.get_signature("k", body.decode(), "v3", url, "POST", at)
    headers = {"x-hubspot-signature-v3": v3, "x-hubspot-request-timestamp": at}
    assert asked(ledger, "hubspot", Incoming("POST", url, headers, body, inbound.ARRIVED), "k") == 200


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_hubspots_older_signatures_count_where_the_newest_is_absent(ledger: Ledger, version: str) -> None:
    body, url = json.dumps(body_of("hubspot")).encode(), inbound.URL + "hubspot"
    signature = hubspot_v1("k", body) if version == "v1" else hubspot_v2("k", "POST", url, body)
    headers = {"x-hubspot-signature": signature, "x-hubspot-signature-version": version}
    request = Incoming("POST", url, headers, body, inbound.ARRIVED)
    assert asked(ledger, "hubspot", request, "k") == 200
    assert asked(ledger, "hubspot", replace(request, body=body + b" "), "k") == 401
    other = {"x-hubspot-signature-v3": "AAAA", "x-hubspot-request-timestamp": str(inbound.ARRIVED // 1000)}
    both = replace(request, headers=headers | other)
    assert asked(ledger, "hubspot", both, "k") == 401, "a wrong v3 is not excused by an older signature"


def test_ringover_as_a_library_of_json_web_tokens_signs(ledger: Ledger) -> None:
    jwt = pytest.importorskip("jwt")
    body = body_of("ringover")
    key = "a webhook key of ringover that is at least sixty-four bytes long, as HS512 wants"
    token = jwt.encode({"payload": body}, key, algorithm="HS512")
    headers = {"x-ringover-webhook-signature": token}
    text = json.dumps(body).encode()
    assert asked(ledger, "ringover", Incoming("POST", inbound.URL, headers, text, 0), key) == 200
    for algorithm in ("HS256", "none"):
        weak = jwt.encode({"payload": body}, None if algorithm == "none" else key, algorithm=algorithm)
        assert jwt_claims(key, weak) is None


def test_ringovers_newer_digest_of_the_request(ledger: Ledger) -> None:
    body, url, at = (
        json.dumps(body_of("ringover")).encode(),
        inbound.URL + "ringover",
        inbound.ARRIVED // 1000,
    )
    content = b"POST" + url.encode() + body + str(at).encode()
    digest = base64.b64encode(hmac.new(b"k", content, hashlib.sha256).digest()).decode()
    name = "x-ringover-request-signature-v3-timestamp"
    headers = {"x-ringover-webhook-signature-v3": digest, name: str(at)}
    assert asked(ledger, "ringover", Incoming("POST", url, headers, body, inbound.ARRIVED), "k") == 200
    late = Incoming("POST", url, headers, body, inbound.ARRIVED + 301 * SECOND)
    assert asked(ledger, "ringover", late, "k") == 401


@pytest.mark.parametrize("vendor", vendors())
def test_a_proof_is_of_this_secret_and_this_body(ledger: Ledger, vendor: str) -> None:
    request = inbound.signed(vendor, body_of(vendor))
    assert asked(ledger, vendor, request) == 200
    assert asked(ledger, vendor, request, "another-secret") == 401
    assert asked(ledger, vendor, replace(request, headers={}, body=b'{"a": 1}')) == 401
    if vendor not in ("google", "aircall", "salesforce", "dynamics", "marketo", "pipedrive"):
        other = request.body.replace(b"1", b"2", 1)
        assert asked(ledger, vendor, replace(request, body=other)) == 401
        assert asked(ledger, vendor, replace(request, headers={})) == 401


@pytest.mark.parametrize("vendor", vendors())
def test_a_secret_is_replaced_without_a_gap(ledger: Ledger, vendor: str) -> None:
    old = inbound.SECRETS[vendor]
    new = "leadscore:new" if vendor == "pipedrive" else "new"
    content = json.dumps(body_of(vendor)).replace(f'"{old}"', f'"{new}"').encode()
    before = inbound.signed(vendor, body_of(vendor))
    after = inbound.signed(vendor, None, secret=new, body=content)
    for secrets in ((old, new), (new, old)):
        assert [asked(ledger, vendor, one, *secrets) for one in (before, after)] == [200, 200]
    assert [asked(ledger, vendor, one, new) for one in (before, after)] == [401, 200]


@pytest.mark.parametrize("vendor", TIMED)
@pytest.mark.parametrize("seconds", [-301, 301, 10**9])
def test_an_old_or_far_timestamp_is_refused(ledger: Ledger, vendor: str, seconds: int) -> None:
    request = inbound.signed(vendor, body_of(vendor))
    at = inbound.ARRIVED + seconds * SECOND
    assert asked(ledger, vendor, replace(request, received_us=at)) == 401
    assert asked(ledger, vendor, replace(request, received_us=inbound.ARRIVED + 299 * SECOND)) == 200


@pytest.mark.parametrize("vendor", vendors())
@given(junk=st.binary(max_size=200), name=st.sampled_from(["same", "none", "other"]))
def test_junk_is_refused_and_never_raises(ledger: Ledger, vendor: str, junk: bytes, name: str) -> None:
    request = inbound.signed(vendor, body_of(vendor))
    text = junk.decode("latin-1")
    headers = {"same": dict(request.headers), "none": {}, "other": dict.fromkeys(request.headers, text)}[name]
    receiver = Receiver({vendor: inbound.sender(vendor)}, inbound.recipe(), ledger)
    found = receiver.accept(vendor, replace(request, headers=headers, body=junk))
    if isinstance(found, Accepted):  # a static header proves any JSON
        assert name == "same"
        assert found.read.rows == []
    else:
        assert found.status in (400, 401)


def test_linkedins_challenge_and_metas_subscription(ledger: Ledger) -> None:
    senders = {
        "linkedin": inbound.sender("linkedin", "s"),
        "meta": inbound.sender("meta", "s", verify_tokens=("t",)),
    }
    receiver = Receiver(senders, inbound.recipe(), ledger)

    def got(vendor: str, query: str) -> Reply:
        found = receiver.accept(vendor, Incoming("GET", f"{inbound.URL}{vendor}?{query}", {}, b"", 0))
        assert not isinstance(found, Accepted)
        return found

    answer = json.loads(got("linkedin", "challengeCode=890e4665-4dfe-4ab1-b689-ed553bceeed0").body)
    expected = hmac.new(b"s", answer["challengeCode"].encode(), hashlib.sha256).hexdigest()
    assert answer["challengeResponse"] == expected
    assert got("linkedin", "").status == 400
    asks = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
    assert (got("meta", asks + "t").status, got("meta", asks + "t").body) == (200, "1158201444")
    assert got("meta", asks + "u").status == 403


def test_a_vendor_without_a_secret_is_closed(ledger: Ledger) -> None:
    receiver = Receiver({}, inbound.recipe(), ledger)
    found = receiver.accept("hubspot", inbound.signed("hubspot", body_of("hubspot")))
    assert isinstance(found, Reply)
    assert found.status == 404


def test_behind_a_proxy_the_public_address_is_what_was_signed(ledger: Ledger) -> None:
    request = inbound.signed("hubspot", body_of("hubspot"))
    inside = replace(request, url="http://10.0.0.7:3000/v1/in/hubspot")
    assert asked(ledger, "hubspot", inside) == 401
    sender = inbound.sender("hubspot", public_url="https://leads.example.org")
    receiver = Receiver({"hubspot": sender}, inbound.recipe(), ledger)
    assert isinstance(receiver.accept("hubspot", inside), Accepted)


def test_secrets_are_named_by_a_file_or_the_environment_and_shown_nowhere(tmp_path: Path) -> None:
    from features.errors import LeadscoreError
    from serving.crm import senders_from

    path = tmp_path / "senders.toml"
    path.write_text(
        'public_url = "https://leads.example.org/"\n[hubspot]\nsecrets = ["$HUB", "older"]\naccounts = 62515'
    )
    environment = {"LEADSCORE_SENDERS": str(path), "HUB": "newest", "LEADSCORE_IN_HUBSPOT": "third fourth"}
    found = senders_from(environment)
    assert list(found) == ["hubspot"]
    assert found["hubspot"].secrets == ("newest", "older", "third", "fourth")
    assert (found["hubspot"].accounts, found["hubspot"].public_url) == (
        ("62515",),
        "https://leads.example.org",
    )
    assert "newest" not in repr(found)
    del environment["HUB"]
    with pytest.raises(LeadscoreError, match="HUB, which is not set"):
        senders_from(environment)
    path.write_text('[hubspto]\nsecrets = "hunter2"\n')
    with pytest.raises(LeadscoreError, match="Did you mean 'hubspot'") as refused:
        senders_from(environment)
    assert "hunter2" not in str(refused.value)
    path.write_text('[hubspot]\nsecrets = "hunter2"\nsecret = "x"\n')
    with pytest.raises(LeadscoreError, match="is not known") as refused:
        senders_from(environment)
    assert "hunter2" not in str(refused.value)
