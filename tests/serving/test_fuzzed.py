"""Every endpoint of the API document, asked at random by schemathesis: no 5xx, no trace, no wrong 200."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from serving.ledger import ApiKeys, Ledger
from tests.made.service import GOOD, Server, free_port, started

SECONDS = int(os.environ.get("LEADSCORE_FUZZ_SECONDS", "60"))
CHECKS = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance",
    "response_schema_conformance", "unsupported_method", "allow_header_conformance", "ignored_auth",
)  # fmt: skip
DOCUMENTS = {
    "docs.json": CHECKS,
    "docs/openapi-3.0.json": (
        *(check for check in CHECKS if check != "content_type_conformance"),
        "negative_data_rejection",
    ),
}
"""The second describes single items alone: a list is answered by 200, and says of each item what is wrong. It
names one media type an answer, as those who read it want it.
"""


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    Ledger.made(tmp_path / "ledger.sqlite").close()
    monkeypatch.setenv("LEADSCORE_REQUESTS_PER_SECOND", "0")
    port = free_port()
    code = f"from serving.edge.service import run; run(port={port})"
    yield from started(tmp_path, [sys.executable, "-c", code], port)


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 600)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_whatever_is_asked_is_answered_as_the_document_says(
    service: Server, tmp_path: Path, name: str
) -> None:
    tool = Path(sys.executable).with_name("schemathesis")
    if not tool.exists():
        pytest.skip("schemathesis is not installed")
    key, _ = ApiKeys(Ledger.opened(tmp_path / "ledger.sqlite")).new("fuzz", ["admin"])
    document = tmp_path / "openapi.json"
    said = httpx.get(f"{service.url}/{name}", headers={"X-API-Key": key}).json()
    # a cell is read as a file's would be, a number as a text too: what it may be is for the recipe to say
    said["components"]["schemas"]["LeadFields"]["properties"] = {}
    document.write_text(json.dumps(said))
    done = subprocess.run(
        [
            str(tool), "run", str(document), "--url", service.url, "--max-time", str(SECONDS // 2),
            "--checks", ",".join(DOCUMENTS[name]), "--phases", "coverage,fuzzing", "--continue-on-failure",
            "-H", f"X-API-Key: {key}", "--no-color", "--seed", "1",
        ],
        cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS + 500, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-20_000:]
    log = service.log.read_text()
    assert "Traceback" not in log
    assert not re.search(r'"status": 5\d\d', log)
    after = httpx.post(f"{service.url}/v1/score", json=GOOD, headers={"X-API-Key": key}, timeout=30)
    assert after.json()["status"] == "scored"
    print("\n".join(done.stdout.splitlines()[-12:]))
