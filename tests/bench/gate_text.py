"""The table in docs/measured.md of what the gate promotes, written from `gate_power.csv`."""

from __future__ import annotations

import pandas as pd
from scipy.stats import binomtest

BEGIN, END = "<!-- gate: begin -->", "<!-- gate: end -->"
_VERDICTS = ("verdict", "newest_alone", "before")


def section(results: pd.DataFrame) -> str:
    """One line a kind and size of company: how many were promoted, and by which gate."""
    lines = [
        "| companies | promoted | 95 % interval | had the newest test decided alone | by the former gate |",
        "|---|---|---|---|---|",
    ]
    for kind, leads in sorted({(str(row.kind), int(row.leads)) for row in results.itertuples()}):
        found = results[(results["kind"] == kind) & (results["leads"] == leads)]
        lines.append(_line(f"{len(found)} of {leads:,} leads, {kind}", found))
    return "\n".join(lines) + "\n"


def _line(what: str, found: pd.DataFrame) -> str:
    now, alone, before = (int((found[name] == "promote").sum()) for name in _VERDICTS)
    ends = binomtest(now, len(found)).proportion_ci(0.95, "exact")
    cells = (
        what,
        f"{now} ({now / len(found):.1%})",
        f"{ends.low:.1%} to {ends.high:.1%}",
        str(alone),
        str(before),
    )
    return "| " + " | ".join(cells) + " |"
