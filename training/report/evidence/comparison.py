"""All figures of all scorers, and what each figure means."""

from __future__ import annotations

from collections.abc import Sequence

from serving.page import Child, Markup, Words, join, paragraph, section, table, tag, with_ends
from training.judging import Evidence, Figures
from training.report.names import NAMES, named

_ORDER = (
    ("auc", "AUC", 3), ("auc_within", "AUC within weeks", 3), ("average_precision", "average precision", 3),
    ("capacity_precision", "precision at capacity", 3), ("capacity_recall", "recall at capacity", 3),
)  # fmt: skip
_LEVEL = (
    ("log_loss", "log loss", 4), ("brier", "Brier", 4), ("slope", "slope", 2),
    ("observed_expected", "converted / promised", 2), ("ece", "calibration error", 3),
)  # fmt: skip
"""Figures of the order, and of the probabilities: name, title, digits."""

MEANINGS = (
    ("row", "one lead looked at at one moment; a lead has a row at each of several ages, so there are more "
     "rows than leads"),
    ("promised", "the mean of the probabilities, that is the share that should convert"),
    ("AUC", "how often a lead that converted stands above one that did not: 0.5 is chance, 1 is perfect; "
     "'inside' and 'within weeks' compare leads of one group, or of one week, only"),
    ("average precision", "the mean share of converted leads above each converted lead; chance has the share "
     "that converts"),
    ("lift", "how many times more often the best rows convert than all rows"),
    ("precision, recall at capacity", "of the best rows of each week, the share that converts; of all that "
     "convert, the share that stands there. Each week by itself: a lead may be in several weeks' lists"),
    ("log loss", "how far probabilities are from what came, the lower the better; confident errors cost "
     "most"),
    ("Brier", "the mean squared distance between probability and outcome, the lower the better"),
    ("slope", "1 where good and bad leads are as far apart as promised; below 1 they are less so: the model "
     "is too sure of itself"),
    ("converted / promised", "1 where as many convert as promised; below 1 too much was promised"),
    ("calibration error", "the mean distance between promised and converted share, over tenths of the rows"),
)  # fmt: skip
"""Words of the page that need an explanation."""


def comparison_section(evidence: Evidence) -> Markup:
    """Every scorer in every figure, with intervals where there are."""
    leads = "" if evidence.won_leads is None else f", of {evidence.won_leads:,} leads"
    converted = f"{evidence.won:,} rows converted{leads}"
    note = (
        f"{evidence.n_test:,} test rows of {evidence.n_test_leads:,} leads, {converted}. In "
        f"brackets 95 % intervals of {evidence.draws:,} bootstrap draws of accounts (leads where there are "
        "none): they overlap also where the paired differences above are sure."
    )
    tables = [
        _compared(evidence, _ORDER, "The order of leads"),
        _compared(evidence, _LEVEL, "The probabilities"),
    ]
    return section("comparison", "All figures", paragraph(note), *tables, glossary())


def glossary() -> Markup:
    """What the words and figures of the page mean."""
    entries = [join([tag("dt", word), tag("dd", meaning)]) for word, meaning in MEANINGS]
    return join([tag("h3", "What the words mean"), tag("dl", *entries)])


def _compared(evidence: Evidence, columns: Sequence[tuple[str, str, int]], caption: str) -> Markup:
    head: list[Child] = ["who scores", *[title for _, title, _ in columns]]
    rows = [
        [
            named(row.scorer),
            *[with_interval(row, name, f"{{:.{digits}f}}".format) for name, _, digits in columns],
        ]
        for row in in_order(evidence)
    ]
    return table(head, rows, caption)


def in_order(evidence: Evidence) -> list[Figures]:
    """The rows of the comparison, the model first."""
    order = {name: place for place, name in enumerate(NAMES)}
    return sorted(evidence.comparison, key=lambda row: order.get(row.scorer, len(order)))


def with_interval(row: Figures, name: str, shown: Words) -> str:
    """A figure of a comparison row with its interval, '–' where it is not defined."""
    return with_ends(row.figure(name), row.intervals.get(name), shown)
