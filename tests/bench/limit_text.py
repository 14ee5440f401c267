"""The table in docs/results.md of how near the limit twenty simulated companies come: `limit.csv`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t as student

BEGIN, END = "<!-- limit: begin -->", "<!-- limit: end -->"
TARGETS = {20_000: (0.97, 1.013), 80_000: (0.98, 1.008)}
"""Leads → share of the limit's AUC above one half to reach, log loss over the limit's at most."""


@dataclass(frozen=True)
class Average:
    """A mean over companies with its 95 % interval by Student's t; NaN ends for one company alone."""

    mean: float
    low: float
    high: float


def average(values: pd.Series) -> Average:
    """The mean of one figure a company."""
    found = values.to_numpy(np.float64)
    mean, n = float(found.mean()), len(found)
    if n < 2:
        return Average(mean, float("nan"), float("nan"))
    half = float(student.ppf(0.975, n - 1) * found.std(ddof=1) / np.sqrt(n))
    return Average(mean, mean - half, mean + half)


def limit_section(results: pd.DataFrame) -> str:
    """The means for each number of leads, then each company with its interval."""
    lines = [
        "| leads | companies | share of the limit's AUC above ½ | goal | log loss above the limit's | goal |",
        "|---|---|---|---|---|---|",
        *(_mean_line(int(str(leads)), found) for leads, found in results.groupby("leads")),
        "",
        "Each company; its interval is bootstrapped over its accounts:",
        "",
        "| company | leads | test snapshots | AUC | of the truth | share | log loss | of the truth | more |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_line(row) for _, row in results.sort_values(["leads", "company"]).iterrows()),
    ]
    return "\n".join(lines) + "\n"


def _mean_line(leads: int, found: pd.DataFrame) -> str:
    share, ratio = average(found["share"]), average(found["ratio"])
    reach, most = TARGETS.get(leads, (float("nan"), float("nan")))
    cells = (
        f"{leads:,}",
        str(len(found)),
        f"{share.mean:.1%} [{share.low:.1%}, {share.high:.1%}]",
        f"{reach:.0%}",
        _more(ratio.mean, ratio.low, ratio.high),
        f"{most - 1:.1%}",
    )
    return "| " + " | ".join(cells) + " |"


def _line(row: pd.Series) -> str:
    cells = (
        str(int(row["company"])),
        f"{int(row['leads']):,}",
        f"{int(row['n_test']):,}",
        f"{row['auc']:.4f}",
        f"{row['auc_limit']:.4f}",
        f"{row['share']:.1%} [{row['share_low']:.1%}, {row['share_high']:.1%}]",
        f"{row['loss']:.4f}",
        f"{row['loss_limit']:.4f}",
        _more(row["ratio"], row["ratio_low"], row["ratio_high"]),
    )
    return "| " + " | ".join(cells) + " |"


def _more(ratio: float, low: float, high: float) -> str:
    return f"{ratio - 1:+.2%} [{low - 1:+.2%}, {high - 1:+.2%}]".replace("-", "−")
