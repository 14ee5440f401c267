"""The work that pages begin: its jobs, and the runner that does them by what the service answers by."""

from __future__ import annotations

import os
from pathlib import Path

from features.errors import LeadscoreError
from serving.jobs import Jobs, Runner
from serving.ledger import Ledger
from serving.registry import store_address


def jobs_for_pages(ledger: Ledger | None) -> Jobs | None:
    """The jobs beside `ledger`, None where no folder can keep them: scores are given all the same."""
    try:
        return Jobs.beside(ledger)
    except LeadscoreError as error:
        print(f"leadscore: the pages keep no work: {error.problem} {error.remedy}", flush=True)
        return None


def share_place(ledger: Ledger | None) -> None:
    """Let workers, which start in a folder of their own, keep jobs where the service was started."""
    if ledger is None or ledger.path is None:  # else they are beside its file
        os.environ["LEADSCORE_JOBS"] = str(Jobs.place(ledger))


def recipe_path() -> Path | None:
    """The file that LEADSCORE_RECIPE names, else the one that is here and no model stands before."""
    if (named := os.environ.get("LEADSCORE_RECIPE")) is not None:
        return Path(named)
    here = Path("recipe.toml")
    return here if here.exists() and "LEADSCORE_MODEL" not in os.environ else None


def start_runner(jobs: Jobs | None, recipe: Path | None, model: str | None) -> Runner | None:
    """The runner of `jobs`, at work: scores and plans are by `recipe` and `model` unless a job says."""
    if jobs is None:
        return None
    answering = {"recipe": str(recipe.absolute()) if recipe else None, "model": model}
    named = {name: value for name, value in answering.items() if value}
    runner = Runner(jobs, named, {"MLFLOW_TRACKING_URI": store_address()})
    runner.start()
    return runner
