"""The results of docs/results.md, written from the measured table: wins and losses alike."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from tests.bench.quality_reasons import REASONS
from tests.bench.quality_sets import SETS, DataSet, Origin
from tests.bench.quality_simulator import simulator_block

BEGIN, END = "<!-- results: begin -->", "<!-- results: end -->"
MODEL = "model"
NAMES = {
    MODEL: "**leadscore**",
    "base_rate": "base rate",
    "newest_first": "newest first",
    "rules": "scorecard",
    "pls": "PLS (as Odoo's)",
    "bayes": "shrunken rates",
    "logistic": "logistic regression (own)",
    "limit": "true probability",
}
_TITLES = (
    "scorer", "AUC", "AP", "log loss", "Brier", "ECE", "slope", "O/E", "lift 10 %", "AUC within",
    "precision", "recall", "leadscore − it: log loss", "leadscore − it: AUC",
)  # fmt: skip
_HOW = """\
Public data, forward in time: fitted on what was known before the first test moment, judged on later leads,
by the recipes in `data/recipes` and the default `leadscore train`. Settings are chosen on training rows
only. Peers have their usual defaults, native categories where they take them, and the very rows and columns
that leadscore's model sees; AutoGluon (best quality, minutes of fitting) made its own features of the same
tables. A second origin, written down before it was run, confirms or refutes the first.

Intervals are 95 %, paired, bootstrapped over leads; a slope that is surely outside 0.85 to
1.15 is bold. *Within* is the mean AUC inside each week (bank: blocks
of 1,000 calls) weighted by conversions; precision and recall are those of working the best 50 of each.
`make bench-quality` measures all this again; each look of it at a test is a line of
`tests/bench/looks.csv`."""
_DIGITS = {
    "auc": 3, "average_precision": 3, "log_loss": 4, "brier": 4, "ece": 3, "slope": 2, "observed_expected": 2,
    "lift_10": 2, "auc_within": 3, "capacity_precision": 3, "capacity_recall": 3,
}  # fmt: skip
_BETTER = {"log_loss": -1, "auc": +1}
SLOPES = (0.85, 1.15)
"""Between these a model counts as calibrated in slope."""


def section(results: pd.DataFrame) -> str:
    """The whole section between the markers, in Markdown."""
    parts = [_HOW, _overview(results)]
    parts += [_block(known, origin, found) for known, origin, found in _measured(results)]
    parts.append(simulator_block(results))
    return "\n\n".join(part for part in parts if part) + "\n"


def replace_section(page: Path, text: str, begin: str = BEGIN, end: str = END) -> None:
    """Write `text` between the markers, and leave the rest as it is."""
    whole = page.read_text(encoding="utf-8")
    head, tail = whole.split(begin)[0], whole.split(end)[1]
    page.write_text(f"{head}{begin}\n{text}{end}{tail}", encoding="utf-8")


def current_section(page: Path, begin: str = BEGIN, end: str = END) -> str:
    """What stands between the markers now."""
    return page.read_text(encoding="utf-8").split(f"{begin}\n")[1].split(end)[0]


def rows_of(results: pd.DataFrame, known: DataSet, origin: Origin) -> pd.DataFrame:
    """The rows of one test, leadscore first, then by log loss; absent peers last."""
    found = results[(results["data_set"] == known.name) & (results["origin"] == origin.name)]
    return found.assign(first=found["scorer"] != MODEL).sort_values(["first", "log_loss"], kind="stable")


def verdict(row: pd.Series, figure: str) -> str:
    """Whether leadscore is 'better' or 'worse' than the scorer of `row` beyond the interval, or 'level'."""
    low, high = row[f"{figure}_low"], row[f"{figure}_high"]
    if pd.isna(low) or low <= 0 <= high:
        return "level"
    return "better" if (low > 0) == (_BETTER[figure] > 0) else "worse"


def _measured(results: pd.DataFrame) -> list[tuple[DataSet, Origin, pd.DataFrame]]:
    """Each test that has results, with its rows."""
    tests = [(known, origin, rows_of(results, known, origin)) for known in SETS for origin in known.origins]
    return [test for test in tests if len(test[2])]


def _overview(results: pd.DataFrame) -> str:
    """One line a test: leadscore beside the best of the others."""
    lines = [
        _line(("test", "leadscore", "best other by log loss", "log loss", "AUC", "better / level / worse"))
    ]
    lines.append(_rule(6))
    lines += [_overview_line(known, origin, found) for known, origin, found in _measured(results)]
    note = "Last column: of the others, how many leadscore beats, equals, loses to; in log loss, then in AUC."
    return "\n".join(lines) + "\n\n" + note


def _overview_line(known: DataSet, origin: Origin, found: pd.DataFrame) -> str:
    own = found.iloc[0]
    others = found.iloc[1:].dropna(subset=["log_loss"])
    best = others.iloc[0]
    counts = [
        " / ".join(str(sum(verdict(row, figure) == word for _, row in others.iterrows())) for word in _WORDS)
        for figure in _BETTER
    ]
    return _line(
        (
            f"{known.name}, {origin.name}",
            f"{own['log_loss']:.4f}, AUC {own['auc']:.3f}",
            NAMES.get(best["scorer"], best["scorer"]),
            _difference(best, "log_loss"),
            _difference(best, "auc"),
            "; ".join(counts),
        )
    )


_WORDS = ("better", "level", "worse")


def _block(known: DataSet, origin: Origin, found: pd.DataFrame) -> str:
    """One test: what it is, the table, wins and losses, why."""
    own = found.iloc[0]
    n_fit, n_test, rate = int(own["n_fit"]), int(own["n_test"]), own["won"] / own["n_test"]
    lines = [
        f"### {known.title}: {origin.words}",
        "",
        f"A row is {known.row}. {n_fit:,} rows to fit, {n_test:,} to test, {rate:.1%} converted.",
        "",
        *(_tally(found, figure) for figure in _BETTER),
        *(f"- {note}" for note in _notes(found)),
        "",
        "<details><summary>All figures</summary>",
        "",
        _line(_TITLES),
        _rule(len(_TITLES)),
        *(_row(row) for _, row in found.dropna(subset=["log_loss"]).iterrows()),
        "",
        "</details>",
        *(["", REASONS[known.name]] if origin == known.origins[-1] else []),
    ]
    return "\n".join(lines)


def slope_words(row: pd.Series) -> str:
    """`0.98 (0.90 to 1.06)`, bold where the interval lies wholly outside `SLOPES`."""
    text, low, high = _number(row["slope"], 2), row["slope_low"], row["slope_high"]
    if pd.isna(low):
        return text
    text = f"{text} ({_number(low, 2)} to {_number(high, 2)})"
    return f"**{text}**" if high < SLOPES[0] or low > SLOPES[1] else text


def _row(row: pd.Series) -> str:
    figures = [
        slope_words(row) if figure == "slope" else _number(row[figure], digits)
        for figure, digits in _DIGITS.items()
    ]
    differences = [_difference(row, figure) for figure in _BETTER]
    return _line((NAMES.get(row["scorer"], row["scorer"]), *figures, *differences))


def _tally(found: pd.DataFrame, figure: str) -> str:
    """`- Log loss: better than a, b; level with c; worse than nobody.`"""
    others = found[(found["scorer"] != MODEL) & found["log_loss"].notna()]
    groups = []
    for word, joined in (("better", "better than"), ("level", "level with"), ("worse", "worse than")):
        names = [
            NAMES.get(row["scorer"], row["scorer"])
            for _, row in others.iterrows()
            if verdict(row, figure) == word
        ]
        groups.append(f"{joined} {', '.join(names) if names else 'nobody'}")
    return f"- {'Log loss' if figure == 'log_loss' else 'AUC'}: {'; '.join(groups)}."


def _notes(found: pd.DataFrame) -> list[str]:
    noted = found[found["note"].notna()]
    return [
        str(row["note"]) if str(row["note"]).startswith(row["scorer"]) else f"{row['scorer']}: {row['note']}."
        for _, row in noted.iterrows()
    ]


def _difference(row: pd.Series, figure: str) -> str:
    """`−0.0063 (−0.0083 to −0.0045)`, bold where the interval excludes 0; empty for leadscore itself."""
    value, low, high = (row[f"{figure}_{part}"] for part in ("minus", "low", "high"))
    if pd.isna(value):
        return ""
    text = f"{_signed(value)} ({_signed(low)} to {_signed(high)})"
    return text if verdict(row, figure) == "level" else f"**{text}**"


def _signed(value: float) -> str:
    return f"{value:+.4f}".replace("-", "−")


def _number(value: float, digits: int) -> str:
    return "–" if pd.isna(value) else f"{value:.{digits}f}".replace("-", "−")


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _rule(columns: int) -> str:
    return "|" + "---|" * columns
