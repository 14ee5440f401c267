"""`python -m tests.bench.quality [SET …]`: leadscore against its peers on public data: docs/results.md.

Each run is a look at the tests: it is counted in looks.csv, whatever it shows.
"""

from __future__ import annotations

import argparse
import sys

from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from tests.bench.quality_results import keep_results, log_look, read_results
from tests.bench.quality_run import measure
from tests.bench.quality_sets import ROOT, SETS, SHARED, find_set
from tests.bench.quality_simulator import LEADS, NAME, SEEDS, measure_seed
from tests.bench.quality_text import replace_section, section


def main(words: list[str] | None = None) -> int:
    """Measure the named sets (all without names) at the asked origins; 1 when a set's files are not here."""
    asked = _parser().parse_args(words)
    absent = 0
    for name in [] if asked.rewrite else asked.sets or [*(known.name for known in SETS), NAME]:
        if name == NAME:
            for seed in SEEDS:
                keep_results(measure_seed(seed, asked.leads, _say))
            continue
        known = find_set(name)
        if not known.present:
            _say(
                f"{name}: no folder {known.folder_name} in {SHARED}; name its parent in LEADSCORE_SHARED_DATA"
            )
            absent += 1
            continue
        for origin in known.origins:
            if asked.origin in (None, origin.name):
                found = measure(known, origin, _say)
                log_look(found.look)
                keep_results(found.table)
    replace_section(ROOT / "docs" / "results.md", section(read_results()))
    _say("docs/results.md: results written")
    return int(absent > 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.quality", description=__doc__)
    parser.add_argument(
        "sets", nargs="*", metavar="SET", help=", ".join([*(known.name for known in SETS), NAME])
    )
    parser.add_argument("--leads", type=int, default=LEADS, help="leads of each simulated company")
    parser.add_argument("--origin", choices=["main", "second"], help="one origin only")
    parser.add_argument("--rewrite", action="store_true", help="write the page again, measure nothing")
    return parser


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    with threadpool_limits(1):  # teams of threads wait for one another on a busy machine
        sys.exit(main())
