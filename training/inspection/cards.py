"""A card for every column of an inspection: words, the rate by value, the months in which it moves."""

from __future__ import annotations

from serving.page import (
    BLUE,
    GREY,
    VERMILION,
    Curve,
    Markup,
    ValueRow,
    curves_chart,
    figure,
    join,
    own,
    paragraph,
    plain,
    rows_chart,
    tag,
)
from training.figures.rates import is_level, tick_places
from training.inspection.found import Inspected, share
from training.inspection.measure import Drift

_WIDE, _LOW = 400.0, 130.0
_UNEVEN = 0.15
"""A share filled that changes by less than this from month to month is said in words, not drawn."""


def column_card(column: Inspected) -> Markup:
    """Words and drawings of one column."""
    suspicion = column.suspicion
    return tag(
        "article",
        tag("h3", own(column.label) if column.own_label else column.label),
        paragraph(tag("span", suspicion.kind, class_="flag"), " ", suspicion.reason) if suspicion else None,
        paragraph(_described(column), soft=True),
        paragraph(f"AUC alone, forward in time: {auc_words(column)}. Stability: {_steady(column)}."),
        paragraph(column.note) if column.note else None,
        _by_value(column),
        _by_month(column),
        class_="card suspect" if suspicion else "card",
    )


def _described(column: Inspected) -> str:
    if column.what == "feature":
        return column.definition
    won, other = share(column.fill_won), share(column.fill_other)
    filled = f"{column.kind}; filled for {share(column.fill)} of leads"
    return f"{filled}: {won} of the converted, {other} of the others."


def _steady(column: Inspected) -> str:
    """Stability with the month that differs most."""
    moved = column.drift is not None and column.drift.moves
    return f"{column.stability}, most in {column.drift.worst}" if column.drift and moved else column.stability


def _by_value(column: Inspected) -> Markup | None:
    rows = [
        ValueRow(
            band.label,
            band.rate.rate,
            band.rate.low,
            band.rate.high,
            note=f"{band.rate.n:,}",
            own=column.own_values and is_level(band.label),
        )
        for band in column.bands
    ]
    if not rows:
        return None
    base_rate = sum(band.rate.won for band in column.bands) / sum(band.rate.n for band in column.bands)
    drawn = rows_chart(
        rows, title=f"Converted share by {_quoted(column)}", reference=base_rate, width=_WIDE, label_room=150,
        names=("converted", None, "all rows"),
    )  # fmt: skip
    return figure(drawn)


def _quoted(column: Inspected) -> str:
    """What a column is called in a sentence; the name that a company gave stands between quotes."""
    return f"'{column.label}'" if column.own_label else column.label


def _by_month(column: Inspected) -> Markup | None:
    """The share filled by month where it is not always the same, and the PSI where it moves."""
    found = column.drift
    if found is None:
        return None
    drawn = []
    if column.what != "feature" and max(found.fill) - min(found.fill) > _UNEVEN:
        ticks = tick_places(found.months)
        fill = Curve("", [place for place, _ in ticks], found.fill, BLUE)
        drawn.append(
            curves_chart(
                [fill], title=f"Share filled of {_quoted(column)} by month", x_title="",
                y_title="share filled",
                x_ticks=ticks, y_top=1.0, size=(_WIDE, _LOW),
            )
        )  # fmt: skip
    if found.moves:
        drawn.append(_psi(_quoted(column), found))
    return join([figure(drawing) for drawing in drawn])


def _psi(label: str, found: Drift) -> Markup:
    ticks = tick_places(found.months)
    x = [place for place, _ in ticks]
    curves = [
        Curve("PSI", x, found.psi, VERMILION),
        Curve("chance", (x[0], x[-1]), (found.bound, found.bound), GREY, "4 3", thin=True),
    ]
    return curves_chart(
        curves, title=f"Stability of {label} by month", x_title="", y_title="PSI against all other months",
        x_ticks=ticks, y_words=plain, size=(_WIDE, _LOW + 24),
    )  # fmt: skip


def auc_words(column: Inspected) -> str:
    """The AUC of a column alone, with its error on both sides; '–' where it is not known."""
    found = column.importance
    if not found.known:
        return "–"
    return f"{found.auc:.3f} [{max(found.auc - found.error, 0):.3f}, {min(found.auc + found.error, 1):.3f}]"
