"""The worlds as a part of docs/results.md: those that decisions were made on, and those held back."""

from __future__ import annotations

import pandas as pd

from tests.bench.quality_text import MODEL, NAMES, SLOPES, slope_words, verdict

BEGIN, END = "<!-- worlds: begin -->", "<!-- worlds: end -->"
SEEN = "seen"
_NO_RIVALS = (MODEL, "limit", "base_rate", "newest_first", "rules", "pls", "bayes", "logistic")
_HOW = """\
Exports made by a known rule (`tests/made/worlds.py`), read by `leadscore init` and the default `leadscore
train` with no hint but the outcome's column. A third of them, by a hash of the name, was held back from every
decision; each look at them is a line of `tests/bench/looks.csv`. The peers see the very rows and columns that
leadscore's model sees: CatBoost, HistGradientBoosting and LightGBM by their defaults, a bag of eight small
LightGBMs, logistic regression.
*Truth* is the log loss of the true probabilities. The differences are leadscore minus the best peer by log
loss on that test, chosen afterwards, which flatters that peer; intervals are 95 %, paired, over accounts or
leads."""


def worlds_section(results: pd.DataFrame) -> str:
    """The whole section between the markers, in Markdown."""
    parts = [_HOW]
    for origin, title in ((SEEN, "Worlds that decisions were made on"), ("held back", "Worlds held back")):
        found = results[results["origin"] == origin]
        if len(found):
            parts.append(_block(title, found))
    return "\n\n".join(parts) + "\n"


def _block(title: str, results: pd.DataFrame) -> str:
    worlds = [(str(name), rows) for name, rows in results.groupby("data_set", sort=True)]
    lines = [
        f"### {title}",
        "",
        *_counts(worlds),
        "",
        "| world | rows | leadscore | truth | best peer | log loss | AUC | slope | worse than |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_line(name, rows) for name, rows in worlds),
    ]
    return "\n".join(lines)


def _counts(worlds: list[tuple[str, pd.DataFrame]]) -> list[str]:
    """How often leadscore is better, level, worse than the best peer of a test and than each peer."""
    found = [f"Of {len(worlds)} worlds, against the best peer of each:"]
    for figure, words in (("log_loss", "log loss"), ("auc", "AUC")):
        said = [verdict(_best(rows), figure) for _, rows in worlds]
        found[0] += f" in {words} {', '.join(f'{said.count(word)} {word}' for word in _WORDS)};"
    found[0] = found[0].removesuffix(";") + "."
    found += _slopes([rows[rows["scorer"] == MODEL].iloc[0] for _, rows in worlds])
    names = dict.fromkeys(str(name) for _, rows in worlds for name in _rivals(rows)["scorer"])
    for peer in names:
        mine = [rows[rows["scorer"] == peer].iloc[0] for _, rows in worlds if (rows["scorer"] == peer).any()]
        said = [verdict(row, "log_loss") for row in mine]
        mean = sum(float(row["log_loss_minus"]) for row in mine) / len(mine)
        counts = ", ".join(f"{said.count(word)} {word}" for word in _WORDS)
        found.append(f"- {peer}: {counts}; mean difference in log loss {_signed(mean)}.")
    return [found[0], "", *found[1:]]


_WORDS = ("better", "level", "worse")


def _slopes(own: list[pd.Series]) -> list[str]:
    """How many slopes are surely too flat and too steep, of those whose interval is known."""
    known = [row for row in own if pd.notna(row["slope_low"])]
    if not known:
        return []
    flat = sum(row["slope_high"] < SLOPES[0] for row in known)
    steep = sum(row["slope_low"] > SLOPES[1] for row in known)
    return [
        f"- calibration slope: of {len(known)} intervals, {flat} wholly below {SLOPES[0]}, "
        f"{steep} wholly above {SLOPES[1]}."
    ]


def _rivals(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[~rows["scorer"].isin(_NO_RIVALS) & rows["log_loss"].notna()]


def _best(rows: pd.DataFrame) -> pd.Series:
    return _rivals(rows).sort_values("log_loss", kind="stable").iloc[0]


def _line(name: str, rows: pd.DataFrame) -> str:
    own, best = rows[rows["scorer"] == MODEL].iloc[0], _best(rows)
    truth = rows.loc[rows["scorer"] == "limit", "log_loss"]
    worse = [
        NAMES.get(str(row["scorer"]), str(row["scorer"]))
        for _, row in _rivals(rows).iterrows()
        if "worse" in (verdict(row, "log_loss"), verdict(row, "auc"))
    ]
    cells = (
        name,
        f"{int(own['n_fit']):,} + {int(own['n_test']):,}",
        f"{own['log_loss']:.4f}, AUC {own['auc']:.3f}",
        f"{truth.iloc[0]:.4f}" if len(truth) else "–",
        f"{best['scorer']} {best['log_loss']:.4f}",
        _difference(best, "log_loss"),
        _difference(best, "auc"),
        slope_words(own),
        ", ".join(worse) if worse else "nobody",
    )
    return "| " + " | ".join(cells) + " |"


def _difference(row: pd.Series, figure: str) -> str:
    low, high = row[f"{figure}_low"], row[f"{figure}_high"]
    if pd.isna(low):
        return "–"
    text = f"{_signed(row[f'{figure}_minus'])} ({_signed(low)} to {_signed(high)})"
    return text if verdict(row, figure) == "level" else f"**{text}**"


def _signed(value: float) -> str:
    return f"{value:+.4f}".replace("-", "−")
