"""By when leads convert and what they bring: promised against what came, on the test rows."""

from __future__ import annotations

from serving.page import (
    BLUE,
    VERMILION,
    Child,
    Curve,
    Markup,
    curves_chart,
    figure,
    paragraph,
    percent,
    section,
    table,
)
from training.judging.outlook import OutlookFigures

_WHOLE = 0.999
"""A sum of which as much is counted is told without a word on what is cut."""


def outlook_section(found: OutlookFigures) -> Markup:
    """The curve over horizons with its figures, and the tenths by expected value, as far as there are any."""
    parts = [*_when(found), *_value(found)]
    return section("outlook", "When, and how much", *parts)


def _when(found: OutlookFigures) -> list[Markup]:
    if not found.horizons:
        return []
    rows: list[list[Child]] = [
        [
            f"{one.days:g} days",
            percent(one.promised),
            percent(one.converted),
            _number(one.observed_expected, 2),
            _number(one.auc, 3),
            _number(one.log_loss, 4),
            f"{one.fit_rows:,} ({one.younger:,})" if one.fit_rows else "–",
        ]
        for one in found.horizons
    ]
    head = ["within", "promised", "share converted", "observed/expected", "AUC", "log loss"]
    words = (
        "Each lead has a curve: the probability to have converted by each horizon. It never falls, and ends "
        f"in the probability itself.{waited(found)}"
    )
    note = (
        "Promised and converted are of the same test rows. The last column counts the converted rows that "
        "taught the step to the next horizon; in brackets those too young for the longest one."
    )
    return [paragraph(words), figure(_chart(found)), table([*head, "learned from"], rows, note)]


def waited(found: OutlookFigures) -> str:
    """The expected and the real days of those who converted, in a sentence.

    >>> waited(OutlookFigures(expected_days=20.04, real_days=21.96))
    ' Those who converted did so after 22.0 days on average; expected were 20.0.'
    """
    if found.expected_days is None or found.real_days is None:
        return ""
    return (
        f" Those who converted did so after {found.real_days:.1f} days on average; expected were "
        f"{found.expected_days:.1f}."
    )


def _chart(found: OutlookFigures) -> Markup:
    days = [0.0, *(one.days for one in found.horizons)]
    came = Curve("converted", days, [0.0, *(one.converted for one in found.horizons)], BLUE, "", mark="disc")
    told = [0.0, *(one.promised for one in found.horizons)]
    return curves_chart(
        [came, Curve("promised", days, told, VERMILION, "7 4", mark="square")],
        title="Share converted by so many days", x_title="days after the prediction", y_title="share of rows",
    )  # fmt: skip


def _value(found: OutlookFigures) -> list[Markup]:
    if not found.tenths:
        return []
    rows: list[list[Child]] = [
        [
            f"{place}",
            one.rows,
            one.won,
            f"{one.expected:,.0f}",
            f"{one.came:,.0f}",
            _ratio(one.came, one.expected),
        ]
        for place, one in enumerate(found.tenths, start=1)
    ]
    head = ["tenth, by expected value", "rows", "converted rows", "value expected", "came", "came/expected"]
    words = (
        f"In the order of expected value the best tenth of rows brought {found.best_by_value:,.0f}; in the "
        f"order of probability it would have been {found.best_by_probability:,.0f}."
    )
    note = ""
    if found.counted < _WHOLE:
        note = (
            f"Amounts far above all others are cut: {percent(found.counted)} of the sum that came is counted."
        )
    return [paragraph(words), table(head, rows, note)]


def _ratio(came: float, expected: float) -> str:
    return f"{came / expected:.2f}" if expected else "–"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
