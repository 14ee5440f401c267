"""One running service for every test that only asks it: a start costs as much as a hundred of its answers."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.made.service import Server, free_port, started


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real process on a real port, without a ledger. Who changes what it serves starts one of its own."""
    port = free_port()
    code = f"from serving.edge.service import run; run(port={port})"
    yield from started(tmp_path_factory.mktemp("service"), [sys.executable, "-c", code], port)
