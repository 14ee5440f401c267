"""The page of an inspection: suspicions first, then a table and a small drawing for every column."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from features.language import Language
from serving.page import (
    BLUE,
    GREY,
    VERMILION,
    Child,
    Curve,
    Markup,
    ValueRow,
    bullets,
    contents,
    curves_chart,
    figure,
    join,
    own,
    page,
    paragraph,
    plain,
    rows_chart,
    section,
    table,
    tag,
)
from serving.words import document_in
from training.figures.rates import is_level, tick_places
from training.inspection.beside import runs_section
from training.inspection.found import Inspected, Inspection, share
from training.inspection.measure import Drift
from training.report import rows_section, suspects_table

_WIDE, _LOW = 400.0, 130.0
_UNEVEN = 0.15
"""A share filled that changes by less than this from month to month is said in words, not drawn."""
_CONTENTS = (
    ("suspicions", "Suspicions"), ("runs", "With and without"), ("fields", "Fields"),
    ("features", "Features"), ("timing", "When it is written"),
    ("roles", "Columns with a role"), ("rows", "Data"),
)  # fmt: skip


def inspect_page(inspection: Inspection, language: Language = "en") -> str:
    """A self-contained HTML document in `language`: no script, no request, no single lead's values."""
    fields = [column for column in inspection.columns if column.what != "feature"]
    features = sorted(
        (column for column in inspection.columns if column.what == "feature"),
        key=lambda one: -_auc_or_half(one),
    )
    english = page(
        f"{inspection.name}: inspection of fields and features",
        [
            tag("h1", f"{inspection.name}: what the fields and features hold"),
            paragraph(_basis(inspection), soft=True),
            bullets(inspection.notes),
            contents(_CONTENTS),
            _suspicions(inspection),
            runs_section(inspection.runs),
            _columns("fields", "Fields", _FIELDS, fields, inspection),
            _columns("features", "Features", _FEATURES, features, inspection),
            _timing(inspection),
            _roles(inspection),
            rows_section(inspection.account, inspection.quality),
        ],
    )
    return document_in(english, language)


_FIELDS = (
    "One row a lead. 'Filled' is over all leads; what has to do with the outcome is over the training side "
    "only, "
    "at the first look at each lead. Columns that the recipe does not name are measured too; no feature "
    "reads "
    "them. A column that follows the calendar says when rather than who: new times bring values never seen "
    "before."
)
_FEATURES = (
    "One row a snapshot of the training side, the best alone first. Stability is that of leads of one age, "
    "so "
    "that months compare like with like."
)


def _basis(inspection: Inspection) -> str:
    rate = share(inspection.base_rate)
    when = f" within {inspection.horizon_days:g} days" if inspection.horizon_days else ""
    return (
        f"{inspection.leads:,} leads. Outcomes were looked at for {inspection.training_leads:,} of them "
        f"({inspection.training_rows:,} snapshots, {rate} converted{when}): those that a model may be "
        "fitted on. "
        "The rows that it is judged on stay unseen."
    )


def _suspicions(inspection: Inspection) -> Markup:
    if not inspection.suspects:
        words = "No column seems to know the outcome, is filled by it, or only says when a lead came."
        return section("suspicions", "Suspicions", paragraph(words))
    words = (
        "These may know the outcome, grow with the case, or say when rather than who, in the order and words "
        "of 'leadscore init'. Nothing was dropped: find out when each is written, and leave it out of the "
        "recipe if that is when the outcome is known."
    )
    return section("suspicions", "Suspicions", paragraph(words), suspects_table(inspection.suspects))


def _columns(
    key: str, title: str, words: str, columns: Sequence[Inspected], inspection: Inspection
) -> Markup:
    """A table of all, then a card for each."""
    head = [
        "",
        "type",
        "known",
        "filled",
        "if converted",
        "if not",
        "AUC alone",
        "adds last",
        "stability",
        "",
    ]
    cards = tag("div", *[_card(column) for column in columns], class_="cards")
    return section(
        key, title, paragraph(words, soft=True), table(head, [_line(one) for one in columns]), cards
    )


def _line(column: Inspected) -> list[Child]:
    flag = tag("span", column.suspicion.kind, class_="flag") if column.suspicion else column.note
    fills = (share(column.fill), share(column.fill_won), share(column.fill_other))
    last = "–" if isnan(column.adds_last) else f"{column.adds_last:+.3f}"
    first = (own(column.name), column.kind, column.when or "–")
    return [*first, *fills, _auc(column), last, column.stability, flag]


def _auc(column: Inspected) -> str:
    found = column.importance
    if not found.known:
        return "–"
    return f"{found.auc:.3f} [{max(found.auc - found.error, 0):.3f}, {min(found.auc + found.error, 1):.3f}]"


def _auc_or_half(column: Inspected) -> float:
    return column.importance.auc if column.importance.known else 0.5


def _card(column: Inspected) -> Markup:
    """Words and drawings of one column."""
    suspicion = column.suspicion
    return tag(
        "article",
        tag("h3", own(column.label) if column.own_label else column.label),
        paragraph(tag("span", suspicion.kind, class_="flag"), " ", suspicion.reason) if suspicion else None,
        paragraph(_described(column), soft=True),
        paragraph(f"AUC alone, forward in time: {_auc(column)}. Stability: {_steady(column)}."),
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


def _timing(inspection: Inspection) -> Markup:
    """When events and changes are written, against the outcome."""
    rows: list[list[Child]] = [
        [own(t.name), t.what, t.written, t.leads, share(t.near), share(t.expected), _flag(t.suspicious)]
        for t in inspection.timings
    ]
    words = (
        "Closed leads of the training side: the share of events, and of changes of fields with a history, "
        "from an "
        "hour before the outcome to a day after it. What is mostly written then records the outcome."
    )
    if not rows:
        return section(
            "timing", "When it is written", paragraph("There are no dated events or changes to look at.")
        )
    head = ["", "what", "written", "leads", "at the outcome", "by chance", ""]
    return section("timing", "When it is written", paragraph(words, soft=True), table(head, rows))


def _flag(suspicious: bool) -> Child:
    return tag("span", "written at the outcome", class_="flag") if suspicious else ""


def _roles(inspection: Inspection) -> Markup:
    words = "These columns play a part of their own; no feature reads them, and they were not measured."
    rows: list[list[Child]] = [[own(column), part] for column, part in inspection.roles.items()]
    return section(
        "roles", "Columns with a role", paragraph(words, soft=True), table(["column", "part"], rows)
    )
