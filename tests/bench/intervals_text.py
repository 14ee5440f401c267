"""The table in docs/measured.md of how often a lead's interval holds the truth: `interval_coverage.csv`."""

from __future__ import annotations

import re

import pandas as pd

from tests.bench.limit_text import average

BEGIN, END = "<!-- intervals: begin -->", "<!-- intervals: end -->"


def intervals_section(results: pd.DataFrame) -> str:
    """One line a group: the share held, over companies with Student's interval, and the mean width."""
    lines = [
        "| leads | test rows | held | by company | mean width in log-odds |",
        "|---|---|---|---|---|",
        *(_line(str(group), found) for group, found in results.groupby("group", sort=False)),
    ]
    return "\n".join(lines) + "\n"


def _line(group: str, found: pd.DataFrame) -> str:
    held = average(found["held"])
    words = group.replace(" to inf days", " days and more").replace(" to 99 fields", " and more fields")
    words = re.sub(r"^(\d+) to \1 ", r"\1 ", words).replace("1 fields", "1 field")
    cells = (
        words,
        f"{found['rows'].sum():,}",
        f"{held.mean:.2f} [{max(held.low, 0):.2f}, {min(held.high, 1):.2f}]",
        f"{found['held'].min():.2f} to {found['held'].max():.2f}",
        f"{found['width'].mean():.2f}",
    )
    return "| " + " | ".join(cells) + " |"
