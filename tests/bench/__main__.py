"""`python -m tests.bench [SECTION …]`: speed as ratios within one run; without names every quick section.

A section is a file of this package with a `run() -> list[Row]`; add its name to SECTIONS, or to SLOW where it
takes minutes and runs only when it is named.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module

from leadscore.terminal import print_json, print_table, say

SECTIONS = ("features", "shap", "scoring", "http", "reasons", "startup")
SLOW = ("events", "export", "intervals")


def main(words: list[str] | None = None) -> int:
    """Print one table; 1 when a target was missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=", ".join(SECTIONS + SLOW))
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    asked = parser.parse_args(words)
    rows = []
    for name in asked.sections or SECTIONS:
        say(f"measuring {name} …")
        rows += [(name, row) for row in import_module(f"tests.bench.{name}").run()]
    if asked.json:
        print_json({"rows": [{"section": name} | vars(row) for name, row in rows]})
    else:
        said = {True: "yes", False: "NO", None: ""}
        cells = [
            (name, row.what, f"{row.figure:,.3g}", row.unit, row.target, said[row.met]) for name, row in rows
        ]
        print_table(["section", "what", "figure", "unit", "target", "met"], cells)
    missed = sum(row.met is False for _, row in rows)
    say(f"{len(rows)} figures, {missed} targets missed.")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
