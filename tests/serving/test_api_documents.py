"""The API documents are valid in three forms, true of the service, and good enough for a generator."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from features import parse_recipe
from serving.api.documents import OPERATIONS, api_document
from serving.api.envelope import LeadRequest
from serving.api.older import older_document, swagger_document
from serving.edge.docs_page import DOCS, DOCUMENTS
from serving.edge.mounts import MOUNTS
from serving.ledger import ApiKeys, Ledger
from serving.wire.flat import ScoreAnswer
from tests.made import scorers
from tests.made.browser import browser, find_browser
from tests.made.service import AS_OF, GOOD, MISSPELT, Server, free_port, started
from tests.serving.test_ledger_over_http import DEMO, LEAD

RECIPES = {
    "scorers": scorers.recipe(),
    "bare": parse_recipe("[recipe]\nname = 'bare'\n[tables]\nleads = 'a.csv'\n[outcomes]\ncolumn = 'won'\n"),
    "odd": parse_recipe(
        "[recipe]\nname = 'odd'\n[tables]\nleads = 'a.csv'\n[lead]\nid = 'Record ID'\n"
        "[lead.fields]\n'First Name' = {type = 'text'}\n'größe <b>' = {type = 'number'}\n"
        "[outcomes]\ncolumn = 'won'\n"
    ),
}
FORMS = {
    "3.1": lambda document: document,
    "3.0": older_document,
    "2.0": swagger_document,
}


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running service with a ledger; no key is needed on this machine."""
    folder = tmp_path_factory.mktemp("documented")
    Ledger.made(folder / "ledger.sqlite").close()
    port = free_port()
    code = f"from serving.edge.service import run; run(port={port})"
    yield from started(folder, [sys.executable, "-c", code], port)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", RECIPES)
def test_a_document_is_valid_and_has_every_reference(name: str, form: str) -> None:
    document = FORMS[form](json.loads(json.dumps(api_document(RECIPES[name]))))
    validate(document)
    for reference in re.findall(r'"\$ref": "([^"]*)"', json.dumps(document)):
        where: Any = document
        for step in reference.removeprefix("#/").split("/"):
            where = where[step]
    names = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z][a-z_]*", one) for one in names)


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from nodes(child)


@pytest.mark.parametrize("form", ["3.0", "2.0"])
def test_an_older_document_has_nothing_that_its_readers_refuse(form: str) -> None:
    """Salesforce takes no null type, const, tuple or alternative; 2.0 knows neither nullable nor oneOf."""
    document = FORMS[form](api_document(scorers.recipe()))
    for node in nodes(document):
        properties = node.get("properties")
        assert node.get("type") != "null"
        assert not isinstance(node.get("type"), list)
        if not isinstance(properties, dict) or node is document:
            banned = {"anyOf", "oneOf", "prefixItems", *(["nullable"] if form == "2.0" else [])}
            assert not banned & set(node), node
        assert "const" not in node
        if "$ref" in node:
            assert set(node) == {"$ref"}
    assert json.dumps(document).count("{}") < 10


def test_every_endpoint_is_documented_with_its_methods() -> None:
    mounted = {(m.path.replace(":path", ""), method.lower()) for m in MOUNTS for method in m.methods
               if m.answer.__module__.startswith("serving.api.")}  # fmt: skip
    assert mounted == {(one.path, one.method) for one in OPERATIONS}


def test_fields_and_kinds_are_those_of_the_recipe() -> None:
    schemas = api_document(scorers.recipe())["components"]["schemas"]
    assert set(schemas["LeadRequest"]["properties"]) == set(LeadRequest.model_fields)
    assert set(schemas["ScoreAnswer"]["properties"]) == set(ScoreAnswer.model_fields)
    assert set(schemas["LeadFields"]["properties"]) == set(scorers.recipe().lead.fields)
    assert schemas["LeadFields"]["properties"]["company_size"]["type"] == ["number", "null"]
    assert "demo_request" in schemas["LeadEvent"]["properties"]["kind"]["description"]


WORDS: list[tuple[str, str, Any, int]] = [
    ("POST", "/v1/leads", LEAD, 200),
    ("POST", "/v1/leads", [LEAD, {"lead_id": "b"}, 5], 200),
    ("POST", "/v1/leads", {"lead_id": ""}, 422),
    ("POST", "/v1/events", DEMO, 200),
    ("POST", "/v1/events", {**DEMO, "kind": "page_view"}, 409),
    ("POST", "/v1/outcomes", {"lead_id": "b", "stage": "won"}, 200),
    ("POST", "/v1/decisions", {"lead_id": "c", "kind": "opt_out", "by": "c", "reason": "asked"}, 200),
    ("POST", "/v1/decisions", {"lead_id": "c", "kind": "review", "by": "c", "reason": "asked"}, 422),
    ("POST", "/v1/score", GOOD, 200),
    ("POST", "/v1/score", [GOOD, MISSPELT], 200),
    ("POST", "/v1/score", {"lead_id": "a", "as_of": AS_OF}, 200),
    ("POST", "/v1/score", MISSPELT, 422),
    ("POST", "/v1/explain", GOOD, 200),
    ("POST", "/v1/explain", {**GOOD, "stage": "won"}, 200),
    ("POST", "/v1/explain", [], 422),
    ("POST", "/v1/what-if", {"lead": GOOD, "change": {"fields": {"company_size": 3}}}, 200),
    ("POST", "/v1/what-if", {"lead": GOOD}, 422),
    ("GET", "/v1/model", None, 200),
    ("GET", "/v1/leads/a/scores", None, 200),
    ("GET", "/v1/leads/a/scores?most=0", None, 400),
    ("GET", "/v1/leads/a/explanation", None, 200),
    ("GET", "/v1/leads/nobody/explanation", None, 404),
    ("GET", "/v1/leads/a", None, 200),
    ("GET", "/v1/leads/nobody", None, 404),
    ("DELETE", "/v1/leads/b", None, 200),
]


@pytest.mark.slow
def test_every_answer_is_what_the_document_says(kept: Server) -> None:
    document = httpx.get(f"{kept.url}/docs.json").json()
    assert document == json.loads(json.dumps(api_document(scorers.recipe())))
    registry: Registry[Any] = Registry().with_resource("urn:api", Resource(document, DRAFT202012))
    seen = set()
    for method, path, body, status in WORDS:
        answer = httpx.request(method, kept.url + path, json=body, timeout=30)
        assert answer.status_code == status, (path, answer.text)
        bare = path.split("?")[0]
        pattern = next(
            one for one in document["paths"] if re.fullmatch(re.sub(r"{[^}]*}", "[^/]+", one), bare)
        )
        operation = document["paths"][pattern][method.lower()]
        seen.add(operation["operationId"])
        content = operation["responses"][str(status)]["content"]
        form = answer.headers["content-type"].split(";")[0]
        place = {"$ref": f"urn:api#{_pointer(pattern, method, status, form)}"}
        assert form in content
        problems = list(Draft202012Validator(place, registry=registry).iter_errors(answer.json()))
        assert not problems, (method, path, problems[:2])
    assert seen == {one.name for one in OPERATIONS} - {"webhook"}  # which has tests of its own


def _pointer(path: str, method: str, status: int, form: str) -> str:
    steps = ["paths", path, method.lower(), "responses", str(status), "content", form, "schema"]
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)


@pytest.mark.slow
def test_the_documents_and_their_page_are_served_and_name_no_other_host(kept: Server) -> None:
    for path in DOCS:
        answer = httpx.get(kept.url + path)
        assert answer.status_code == 200, path
        assert len(answer.content) > 100
    for path, form in zip(DOCUMENTS, ("3.1.0", "3.0.3", "2.0"), strict=True):
        said = httpx.get(kept.url + path).json()
        assert form in (said.get("openapi"), said.get("swagger"))
    page = httpx.get(f"{kept.url}/docs")
    assert not re.search(r"https?:|//", page.text)
    assert "default-src 'none'" in page.headers["content-security-policy"]


@pytest.mark.slow
@pytest.mark.skipif(find_browser() is None, reason="no Chromium or Chrome on this machine")
def test_in_a_browser_the_page_shows_every_operation_and_asks_nobody_else(kept: Server) -> None:
    executable = find_browser()
    assert executable is not None
    with browser(executable, "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1") as tab:
        tab.open(f"{kept.url}/docs", 1100)
        deadline = time.monotonic() + 60
        while not tab.value("document.querySelectorAll('.opblock').length") and time.monotonic() < deadline:
            time.sleep(0.2)
        assert tab.complaints() == []
        assert tab.value("document.querySelectorAll('.opblock').length") == len(OPERATIONS) + 3
        assert all(one.startswith((kept.url, "data:")) for one in tab.requests())
        assert tab.complaints() == []


@pytest.mark.slow
@pytest.mark.parametrize("form", ["docs.json", "docs/openapi-3.0.json"])
def test_a_client_that_a_public_generator_makes_is_answered(kept: Server, tmp_path: Path, form: str) -> None:
    (tmp_path / "api.json").write_bytes(httpx.get(f"{kept.url}/{form}").content)
    words = ["generate", "--path", "api.json", "--output-path", "made", "--meta", "none", "--fail-on-warning"]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])  # it formats by ruff
    done = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", *words],
        cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "PATH": path},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    caller = f"""
from made import AuthenticatedClient
from made.api.default import score, add_events
from made.models import LeadRequest, LeadFields, LeadEvent, EventGiven
client = AuthenticatedClient("{kept.url}", token="lsk_none")
fields = LeadFields(company_size=40.0, industry="Software")
event = LeadEvent(kind="demo_request", occurred_at="2026-03-02T11:30:00Z")
lead = LeadRequest(lead_id="generated", fields=fields, events=[event], as_of="{AS_OF}")
answer = score.sync(client=client, body=lead)
print(answer.status, answer.probability, answer.reason_1_text)
sent = EventGiven(lead_id="generated", kind="demo_request", occurred_at="2026-03-02T11:30:00Z", event_id="g1")
print(add_events.sync(client=client, body=sent).items[0].status)
"""
    asked = subprocess.run([sys.executable, "-c", caller], cwd=tmp_path, capture_output=True, text=True)
    assert asked.returncode == 0, asked.stderr
    first, second = asked.stdout.splitlines()
    assert first.startswith("scored 0.")
    assert second in ("stored", "known")


@pytest.mark.slow
def test_a_browser_may_read_the_documents_with_a_key_as_its_password(tmp_path: Path) -> None:
    from tests.made.edge import Service

    ledger = Ledger.made(tmp_path / "ledger.sqlite")
    text, _ = ApiKeys(ledger).new("a", ["read"])
    service = Service(ledger)
    assert service.ask("GET", "/docs").status_code == 401
    assert "Basic" in service.ask("GET", "/docs").headers["www-authenticate"]
    assert service.ask("GET", "/docs", auth=("any", text)).status_code == 200
    service.close()
    ledger.close()
