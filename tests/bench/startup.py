"""Start-up: what the command takes before it answers, against the import of the libraries that it stands on.

CPU time of processes of their own, the median of five, each beside an import in the same round.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import data
import training
from features import load_recipe
from tests.bench.rows import Row, at_most

LEADS, ROWS, ROUNDS = 2_500, 10, 5
LIBRARIES = ("-c", "import duckdb, pandas, lightgbm")
HELP_SECONDS, TIMES = 0.15, 2.0


def run() -> list[Row]:
    """Help, status and the score of ten rows, of a champion in a local SQLite store."""
    with TemporaryDirectory() as folder:
        work = Path(folder)
        ours = {"MLFLOW_TRACKING_URI": f"sqlite:///{work / 'mlflow.db'}", "OMP_NUM_THREADS": "1"}
        before = {name: os.environ.get(name) for name in ours}
        os.environ.update(ours)
        try:
            name = champion(work)
            return measured(work, name)
        finally:
            for key, value in before.items():
                os.environ.pop(key) if value is None else os.environ.update({key: value})


def champion(work: Path) -> str:
    """A small simulated company with a champion and an export of ten rows; the model's name."""
    data.simulate(work, LEADS, 1)
    data.simulate_export(work, ROWS, 1)
    recipe = load_recipe(work / "recipe.toml")
    run = training.train(recipe, work)
    training.promote(recipe, run.run_id, force=True, reason="measuring start-up")
    return recipe.name


def measured(work: Path, name: str) -> list[Row]:
    """The rows of the table."""
    command = ("-m", "leadscore")
    words = {
        "help": (*command, "--help"),
        "libraries": LIBRARIES,
        "status": (*command, "status", name),
        "score": (*command, "score", "export.csv", "-o", "out.csv", "--force"),
    }
    taken: dict[str, list[float]] = {what: [] for what in words}
    for _ in range(ROUNDS):
        for what, arguments in words.items():
            taken[what].append(cpu_of(work, arguments))
    middle = {what: median(seconds) for what, seconds in taken.items()}
    base = middle["libraries"]
    return [
        at_most("leadscore --help", middle["help"], "s", HELP_SECONDS),
        Row("import of duckdb, pandas and lightgbm", base, "s"),
        at_most("leadscore status, against that", middle["status"] / base, "×", TIMES),
        at_most("leadscore score of ten rows, against that", middle["score"] / base, "×", TIMES),
    ]


def cpu_of(work: Path, arguments: tuple[str, ...]) -> float:
    """CPU seconds, user and system, of a Python of its own.

    Raises:
        CalledProcessError: it did not do what it was asked to.
    """
    paths = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH")]))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *arguments],
        cwd=work,
        env=dict(os.environ) | {"PYTHONPATH": paths},
        check=True,
        capture_output=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
