"""The table in docs/measured.md of what answers where there is little to learn from: `small_data.csv`."""

from __future__ import annotations

import numpy as np
import pandas as pd

BEGIN, END = "<!-- small: begin -->", "<!-- small: end -->"
_DRAWS = 2000


def small_section(results: pd.DataFrame) -> str:
    """One line a number of conversions: the answer minus each rung, in thousandths of log loss."""
    lines = [
        "| conversions | companies | answered by the model | answer minus model | minus Bayes | minus rules "
        "| mean of margins minus answer | surely worse than the best rung |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [_line(str(won), found) for won, found in results.groupby("conversions")]
    return "\n".join([*lines, _line("all", results)]) + "\n"


def _line(what: str, found: pd.DataFrame) -> str:
    told = found[found["model"].notna()]
    worse = int((found["low"] > 0).sum())
    cells = [
        what,
        f"{len(found):,}"
        + (f" ({len(found) - len(told)} too few to learn)" if len(told) < len(found) else ""),
        f"{(found['top'] == 'model').mean():.0%}",
        *(_gap(told["answer"] - told[rung]) for rung in ("model", "bayes")),
        _gap(found["answer"] - found["rules"]),
        _gap(told["mean"] - told["answer"]),
        f"{worse} ({worse / max(len(found), 1):.0%})",
    ]
    return "| " + " | ".join(cells) + " |"


def _gap(differences: pd.Series) -> str:
    """The mean in thousandths with its bootstrap interval over companies."""
    values = 1000 * differences.to_numpy(np.float64)
    if not len(values):
        return "–"
    rng = np.random.default_rng(0)
    means = values[rng.integers(0, len(values), (_DRAWS, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return f"{values.mean():+.1f} [{low:+.1f}, {high:+.1f}]".replace("-", "−")
