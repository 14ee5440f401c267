"""Training on very many rows: seconds and peak memory of `train` on a flat export and on a history of events.

`python -m tests.bench.many_rows --flat 10000000` (rows of a flat export, outcome at once) or `--history
1000000` (leads of the simulator). It takes minutes and gigabytes, so that `make bench` leaves it out.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import psutil

import data
from leadscore.terminal import say
from training.store.peak import peak_memory_mb

BLOCK = 500_000
MOST_MB = 14_000
RECIPE = """
[recipe]
name = "many"

[tables]
leads = "leads.{kind}"

[lead]
id = "lead_id"
created_at = "created_at"

[lead.fields]
origin = {{ type = "category" }}
country = {{ type = "category" }}
industry = {{ type = "category" }}
job_title = {{ type = "text" }}
campaign = {{ type = "category" }}
company_size = {{ type = "number" }}
visits = {{ type = "number" }}
minutes = {{ type = "number" }}
downloads = {{ type = "number" }}

[outcomes]
column = "outcome"
won = ["won"]
lost = ["lost"]
at_once = true

[snapshots]
at_days = [0]
"""


def write_flat(folder: Path, rows: int, seed: int = 1, kind: str = "parquet") -> None:
    """A flat export of `rows` leads × 12 columns (one a minute), a block at a time, and its recipe."""
    import pyarrow as pa
    import pyarrow.csv as csv
    import pyarrow.parquet as pq

    (folder / "recipe.toml").write_text(RECIPE.format(kind=kind))
    rng, path = np.random.default_rng(seed), folder / f"leads.{kind}"
    first = pa.table(_block(rng, 0, 1))
    writer = pq.ParquetWriter(path, first.schema) if kind == "parquet" else csv.CSVWriter(path, first.schema)
    with writer:
        for start in range(0, rows, BLOCK):
            writer.write_table(pa.table(_block(rng, start, min(BLOCK, rows - start))))


def _block(rng: np.random.Generator, start: int, rows: int) -> dict[str, Any]:
    """Columns of some leads; three in a hundred are won, the more often the more they visit."""
    places = np.arange(start, start + rows)
    size, visits = np.exp(rng.normal(4, 1.5, rows)).round(), rng.poisson(3, rows)
    minutes = rng.gamma(2, 3, rows).round(1)
    origin = rng.integers(0, 6, rows)
    logit = -5 + 0.25 * visits + 0.2 * np.log1p(size) + 0.3 * (origin == 2) - 0.4 * (origin == 4)
    won = rng.random(rows) < 1 / (1 + np.exp(-logit))
    created = np.datetime64("2005-01-01T00:00:00", "us") + places * np.timedelta64(60_000_000, "us")

    def level(name: str, many: int) -> Any:
        return np.array([f"{name} {i}" for i in range(many)])[rng.integers(0, many, rows)]

    return {
        "lead_id": np.char.add("L", places.astype(str)),
        "created_at": created,
        "origin": np.array(["inbound", "outbound", "paid", "social", "referral", "event"])[origin],
        "country": level("country", 40),
        "industry": level("industry", 25),
        "job_title": level("head of department", 500),
        "campaign": level("campaign", 2_000),
        "company_size": np.where(rng.random(rows) < 0.2, np.nan, size),
        "visits": visits,
        "minutes": minutes,
        "downloads": rng.poisson(0.3, rows),
        "outcome": np.where(won, "won", "lost"),
    }


def measure(folder: Path, most_mb: int = MOST_MB) -> dict[str, float]:
    """Seconds on the wall and of the processors, and peak megabytes, of one training in a process of its own.

    The process is ended beyond `most_mb`, so that the machine lives: its seconds are then until that end.
    """
    started = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-m", "tests.bench.many_rows", "--train", str(folder)])
    watched, peak, ended = psutil.Process(child.pid), 0.0, False
    while child.poll() is None:
        peak = max(peak, _held_mb(watched))
        if peak > most_mb and not ended:
            child.kill()
            ended = True
        time.sleep(0.2)
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = time.perf_counter() - started
    return {
        "wall_s": seconds, "cpu_s": spent.ru_utime + spent.ru_stime, "peak_mb": peak, "exit": child.wait()
    }  # fmt: skip


def _held_mb(process: psutil.Process) -> float:
    try:
        return float(process.memory_info().rss / 2**20)
    except psutil.NoSuchProcess:
        return 0.0


def train_here(folder: Path) -> None:
    """One training, telling each step with the seconds (wall and processors) and the peak memory until it."""
    import training
    from features import load_recipe

    since = time.perf_counter()

    def tell(words: str) -> None:
        wall, cpu = time.perf_counter() - since, time.process_time()
        say(f"{wall:8.1f} s {cpu:8.1f} s of CPU {peak_memory_mb():9,.0f} MB  {words}")

    found = training.train(
        load_recipe(folder / "recipe.toml"), folder, tracking=False, progress=tell, out=folder / "out"
    )
    tell(f"done: {found.verdict}")
    for what, count in found.account:
        say(f"  {count:>12,} {what}")
    for row in found.comparison:
        say(f"  {row.scorer}: log loss {row.log_loss:.4f}, AUC {row.auc:.4f}")


def main() -> int:
    """Make the tables, train on them, and print what it took."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.many_rows", description=__doc__)
    parser.add_argument("--flat", type=int, help="rows of a flat export")
    parser.add_argument("--history", type=int, help="leads of the simulator")
    parser.add_argument("--csv", action="store_true", help="the flat export as CSV, not Parquet")
    parser.add_argument("--train", type=Path, help="only train on the tables of this folder, in this process")
    asked = parser.parse_args()
    if asked.train is not None:
        train_here(asked.train)
        return 0
    with TemporaryDirectory() as work:
        folder = Path(work)
        if asked.flat is not None:
            write_flat(folder, asked.flat, kind="csv" if asked.csv else "parquet")
        else:
            data.simulate(folder, asked.history, seed=1)
        found = measure(folder)
    say(", ".join(f"{name} {figure:,.0f}" for name, figure in found.items()))
    return int(found["exit"] != 0)


if __name__ == "__main__":
    sys.exit(main())
