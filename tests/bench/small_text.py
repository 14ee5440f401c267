"""The table in docs/measured.md of what answers where there is little to learn from: `small_data.csv`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from training.choosing.ladder import top_of

BEGIN, END = "<!-- small: begin -->", "<!-- small: end -->"
RUNGS = ("rules", "bayes", "model")
_DRAWS = 2000


def answered(results: pd.DataFrame) -> pd.DataFrame:
    """`results` with what the ladder answers now: `top`, its log loss `answer`, and `low`, the lower end of
    what it loses to the best rung. Where nothing was learned the rules answer."""
    tops, found = [], []
    for row in results.to_dict("records"):
        ends = [None if pd.isna(row[name]) else float(row[name]) for name in ("gap_low", "gap_high")]
        top = top_of(int(row["conversions"]), *ends) if row["learned"] else "rules"
        tops.append(top)
        found.append((row[top], row[f"surely_{top}"] if row["learned"] else 0.0))
    losses, lows = zip(*found, strict=True)
    return results.assign(top=tops, answer=losses, low=lows)


def small_section(results: pd.DataFrame) -> str:
    """One line a number of conversions: the answer minus each rung, in thousandths of log loss.

    The last column is what chance alone does: companies in which the rung that is best on the mean of all
    companies of that kind and size is surely worse than another.
    """
    lines = [
        "| conversions | companies | answered by the model | answer minus model | minus Bayes "
        "| minus their mean | minus rules | surely worse than the best rung | a rung known to be best for "
        "such companies, surely worse |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    results = answered(results)
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
        *(_gap(told["answer"] - told[rung]) for rung in ("model", "bayes", "mean")),
        _gap(found["answer"] - found["rules"]),
        f"{worse} ({worse / max(len(found), 1):.0%})",
        f"{_known_best_worse(told) / max(len(found), 1):.0%}",
    ]
    return "| " + " | ".join(cells) + " |"


def _known_best_worse(found: pd.DataFrame) -> int:
    """Companies in which the rung that is best on the mean of its world and size is surely worse."""
    worse = 0
    for _, alike in found.groupby(["world", "conversions"]):
        best = min(RUNGS, key=lambda rung: float(alike[rung].mean()))
        worse += int((alike[f"surely_{best}"] > 0).sum())
    return worse


def _gap(differences: pd.Series) -> str:
    """The mean in thousandths with its bootstrap interval over companies."""
    values = 1000 * differences.to_numpy(np.float64)
    if not len(values):
        return "–"
    rng = np.random.default_rng(0)
    means = values[rng.integers(0, len(values), (_DRAWS, len(values)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return f"{values.mean():+.1f} [{low:+.1f}, {high:+.1f}]".replace("-", "−")
