"""The pages of a service on a real socket, with jobs that are really done."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from features.discovery import discover
from features.recipe import Recipe, parse_recipe
from serving.answer.ladder import Ladder
from serving.jobs import Jobs, Runner
from serving.ledger import Ledger
from tests.made.edge import Service
from tests.made.service import free_port


def recipe_for(export: Path, *others: Path) -> Recipe:
    """The recipe that fits an export."""
    found = discover([export, *others])
    (export.parent / "recipe.toml").write_text(found.recipe_toml)
    return parse_recipe(found.recipe_toml, "recipe.toml")


@contextmanager
def pages(
    folder: Path, recipe: Recipe, ladder: Ladder | None = None, answering: Mapping[str, str] | None = None,
    *, at_work: bool = True,
) -> Iterator[tuple[str, Service]]:  # fmt: skip
    """The address and the service of pages over a ledger in `folder`; with `at_work` jobs are done."""
    path = folder / "ledger.sqlite"
    ledger = Ledger.opened(path) if path.exists() else Ledger.made(path)
    service = Service(ledger, ladder=ladder or Ladder.by_rules(recipe))
    service.desk.jobs = jobs = Jobs.beside(ledger)
    recipe_file = str(folder / "recipe.toml")
    runner = Runner(jobs, answering or {"recipe": recipe_file}, {"OMP_NUM_THREADS": "1"})
    if at_work:
        runner.start()
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(service.edge, "127.0.0.1", port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        until = time.monotonic() + 30
        while not server.started:
            assert time.monotonic() < until
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}", service
    finally:
        server.should_exit = True
        thread.join(20)
        if at_work:
            runner.close()
        service.close()
        ledger.close()
