"""The table in docs/measured.md of what each idea to come nearer the limit brought: `limit_ideas.csv`."""

from __future__ import annotations

import numpy as np
import pandas as pd

BEGIN, END = "<!-- limit ideas: begin -->", "<!-- limit ideas: end -->"
_PUBLIC = ("bpic2012", "bpic2012 second")


def ideas_section(results: pd.DataFrame) -> str:
    """One line an idea: gains in thousandths of log loss, by simulated company and together, and on BPI."""
    lines = [
        "| idea | simulated, together | each | of the limit: AUC, log loss | BPI 2012 | its second origin |",
        "|---|---|---|---|---|---|",
        *(_line(str(idea), found) for idea, found in results.groupby("idea", sort=False)),
    ]
    return "\n".join(lines) + "\n"


def _line(idea: str, found: pd.DataFrame) -> str:
    made, public = found[~found["set"].isin(_PUBLIC)], found.set_index("set")
    cells = [idea]
    if len(made):
        # companies are independent, so that the errors of their means add up in squares
        half = (made["high"] - made["low"]).to_numpy(np.float64) / 2
        gain, error = made["gain"].mean(), np.sqrt((half**2).sum()) / len(made)
        cells += [f"{_span(gain, gain - error, gain + error)} (n = {len(made)})"]
        cells += [", ".join(f"{1000 * one:+.2f}".replace("-", "−") for one in made["gain"])]
        reached = f"{made['share'].mean():.1%}, {made['ratio'].mean() - 1:+.2%}".replace("-", "−")
        cells += [reached if made["share"].notna().all() else "–"]
    else:
        cells += ["–"] * 3
    for name in _PUBLIC:
        row = public.loc[name] if name in public.index else None
        cells.append("–" if row is None else _span(row["gain"], row["low"], row["high"]))
    return "| " + " | ".join(cells) + " |"


def _span(gain: float, low: float, high: float) -> str:
    sure = "**" if low > 0 or high < 0 else ""
    return f"{sure}{1000 * gain:+.2f} [{1000 * low:+.2f}, {1000 * high:+.2f}]{sure}".replace("-", "−")
