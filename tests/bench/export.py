"""An export, CSV in and CSV out, against a pipeline written by hand: in one run, each in its own process.

`python -m tests.bench export` takes 100,000 leads; `python -m tests.bench.export --rows 1000000` as many as
are asked. `--company DIR` takes a simulated company that was trained before. CPU is that of all threads and
processes; the first rows are those of the first block on the disk.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import data
import training
from features import load_recipe
from leadscore.terminal import print_table, say
from tests.bench.rows import Row, at_most
from training.store.peak import peak_memory_mb

LEADS, OF_A_LEAD = 2_500, 8
"""Leads of the simulated company, and how many of a lead's newest events are taken: 5 to 6 on average."""
MOMENT = "2026-01-01T00:00:00+00:00"


class _Run(NamedTuple):
    cpu: float
    wall: float
    peak_mb: float
    first: float


def run(rows: int = 100_000, company: Path | None = None) -> list[Row]:
    """CPU, wall, peak memory and the time until the first rows of both, without reasons and with them."""
    with TemporaryDirectory() as folder:
        work = Path(folder)
        if company is None:
            company = work / "company"
            company.mkdir()
            data.simulate(company, LEADS, 1)
            training.train(load_recipe(company / "recipe.toml"), company, tracking=False, out=company)
        write_export(company, work, rows)
        return [row for reasons in (0, 3) for row in _compared(company, work, rows, reasons)]


def write_export(company: Path, out: Path, rows: int) -> None:
    """`leads.csv` and `events.csv` of `rows` leads: those of a small company, again under other ids."""
    import duckdb

    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'; SET memory_limit = '4GB'")
        con.execute(f"""
            CREATE TABLE l AS SELECT *, row_number() OVER () - 1 AS r FROM '{company}/leads.parquet';
            CREATE TABLE e AS SELECT * FROM '{company}/events.parquet'
            QUALIFY row_number() OVER (PARTITION BY lead_id ORDER BY occurred_at DESC) <= {OF_A_LEAD};
            CREATE TABLE copies AS SELECT unnest(range({-(-rows // LEADS)})) AS i""")
        con.execute(f"""
            COPY (SELECT * EXCLUDE (i, r)
                         REPLACE (i || '-' || lead_id AS lead_id, i || '.' || email AS email,
                                  '+336' || lpad(((i * {LEADS} + r) % 100000000)::VARCHAR, 8, '0') AS phone)
                  FROM copies, l ORDER BY i, r LIMIT {rows}) TO '{out}/leads.csv' (HEADER);
            COPY (SELECT * EXCLUDE (i)
                         REPLACE (i || '-' || lead_id AS lead_id, i || '-' || event_id AS event_id)
                  FROM copies, e ORDER BY occurred_at) TO '{out}/events.csv' (HEADER)""")


def _compared(company: Path, work: Path, rows: int, reasons: int) -> list[Row]:
    out, by_hand = work / f"ours{reasons}.csv", work / f"by_hand{reasons}.csv"
    words = ["score", "leads.csv", "-o", out.name, "--events", "events.csv", "--as-of", MOMENT]
    words += ["--model", str(company / "served"), "--reasons", str(reasons)]
    first = work / f"{out.name}.partial" / "block-000000.parquet"
    ours = _measured(work, ["leadscore", *words], first)
    hand = _measured(
        work, ["tests.bench.export_by_hand", str(company / "served"), by_hand.name, str(reasons)], by_hand
    )
    say_ = f"{rows:,} leads, {'with' if reasons else 'without'} reasons"
    most = 3.0 if reasons else 2.0
    return [
        Row(f"{say_}: by hand, CPU", hand.cpu, "s"),
        Row(f"{say_}: leadscore, CPU", ours.cpu, "s"),
        at_most(f"{say_}: leadscore / by hand, CPU", ours.cpu / hand.cpu, "×", most),
        Row(f"{say_}: leadscore / by hand, wall", ours.wall / hand.wall, "×"),
        at_most(f"{say_}: leadscore, peak memory", ours.peak_mb, "MB", 1_000),
        Row(f"{say_}: by hand, peak memory", hand.peak_mb, "MB"),
        at_most(f"{say_}: leadscore, first rows after", ours.first, "s", 5),
        Row(f"{say_}: leadscore", rows / ours.cpu, "leads/s of CPU"),
    ]


def _measured(folder: Path, words: Sequence[str], first: Path) -> _Run:
    """`python -m words` in `folder`, until it ends; `first` is the file with its first rows."""
    here = str(Path(__file__).parents[2])
    start, seen, peak = time.perf_counter(), 0.0, 0.0
    child = subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": here, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while True:
        peak = max(peak, peak_memory_mb(child.pid))
        done, status, used = os.wait4(child.pid, os.WNOHANG)
        if not seen and first.exists():
            seen = time.perf_counter() - start
        if done:
            break
        time.sleep(0.02)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 3):  # 3: some rows could not be scored
        raise SystemExit(f"{words[0]} ended with {child.returncode}")
    wall = time.perf_counter() - start
    return _Run(used.ru_utime + used.ru_stime, wall, peak, seen or wall)


def main() -> None:
    """Print the figures for the rows that are asked."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.export", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--company", type=Path)
    asked = parser.parse_args()
    say(f"measuring {asked.rows:,} leads …")
    rows = run(asked.rows, asked.company)
    print_table(
        ["what", "figure", "unit", "target"], [(r.what, f"{r.figure:,.3g}", r.unit, r.target) for r in rows]
    )


if __name__ == "__main__":
    main()
