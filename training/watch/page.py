"""A watch as a page: alarms with what to do first, then what was looked at, calibration, what to expect."""

from __future__ import annotations

import re

from features.language import Language
from serving.page import (
    Child,
    Markup,
    ValueRow,
    bullets,
    contents,
    figure,
    join,
    own,
    page,
    paragraph,
    percent,
    plain,
    rows_chart,
    section,
    table,
    tag,
)
from serving.words import document_in
from training.watch.found import CALIBRATION, LOOKS, WatchResult

_OURS = re.compile(
    r"new leads|scores|readings|events of all kinds|the rung that (?:would answer|answered)"
    r"|(?:events|stage|filling of|mix of|month|origin) .+", re.DOTALL,
)  # fmt: skip
"""What is looked at, in words of ours; anything else is a field and a level of the company."""


def watch_page(found: WatchResult, language: Language = "en") -> str:
    """A whole HTML document in `language`."""
    parts = [_alarms(found), _expected(found), _calibration(found), _looks(found), _how(found)]
    keys = [("alarms", "Alarms"), ("expected", "What to expect"), ("calibration", "Calibration")]
    keys += [("looks", "What was looked at"), ("how", "How to read it")]
    title = f"Watch of {found.name}, {found.as_of[:10]}"
    return document_in(page(title, [join([tag("h1", title), contents(keys)]), *parts]), language)


def _alarms(found: WatchResult) -> Markup:
    said = [f"{one.words}. {one.remedy}" for one in found.alarms]
    return section(
        "alarms", "Alarms", bullets(said) if said else paragraph("No alarm."), bullets(list(found.notes))
    )


def _expected(found: WatchResult) -> Markup:
    one = found.expected
    if one is None:
        return section("expected", "What to expect", paragraph("No model answers: nothing can be expected."))
    auc = "not known" if one.auc is None or one.auc_ends is None else _with(one.auc, one.auc_ends, plain)
    said = [
        f"{one.leads:,} leads have not matured; customers to expect: "
        f"{_with(one.customers, one.customers_ends, plain)}.",
        f"AUC to expect: {auc}.",
        f"Customers among the best {one.best:,}: {_with(one.precision, one.precision_ends, percent)}.",
        f"Blind to {one.blind_to}.",
    ]
    return section("expected", "What to expect of leads that have not matured", bullets(said))


def _with(value: float, ends: tuple[float, float], form: object) -> str:
    assert callable(form)
    return f"{form(value)} [{form(ends[0])}, {form(ends[1])}]"


def _calibration(found: WatchResult) -> Markup:
    if not found.calibration:
        return section("calibration", "Calibration", paragraph("Nothing has matured."))
    fresh = [row for row in found.calibration if not row.learned and row.expected > 0]
    drawn: list[Child] = []
    if fresh:
        values = [
            ValueRow(
                f"{row.by} {row.name}",
                row.customers / row.expected,
                note=f"{row.customers} of {row.leads:,}",
                own=row.by == "origin",
            )
            for row in fresh
        ]
        title = "Customers over expected customers"
        chart = rows_chart(
            values, title=title, reference=1.0, names=("observed / expected", None, "as expected")
        )
        drawn.append(figure(chart, f"{title}, of leads whose outcome the champion had not seen"))
    rows: list[list[Child]] = []
    for row in found.calibration:
        by, name, *rest = row.row()
        rows.append([_cell(by), own(str(name)), *map(_cell, rest)])
    return section("calibration", "Calibration as outcomes mature", *drawn, table(list(CALIBRATION), rows))


def _looks(found: WatchResult) -> Markup:
    rows: list[list[Child]] = []
    for row in found.looks:
        subject, _, before, now, *rest = row.row()
        ours = _OURS.fullmatch(row.about) is not None
        shares = (_shares(str(one)) for one in (before, now))
        rows.append([_cell(subject), row.about if ours else own(row.about), *shares, *map(_cell, rest)])
    return section("looks", "What was looked at", table(list(LOOKS), rows))


def _how(found: WatchResult) -> Markup:
    return section(
        "how",
        "How to read it",
        bullets(
            [
                f"The newest {found.days:g} days before {found.as_of[:10]} are held against "
                f"{found.periods} periods as long before them.",
                "The chance is that of a difference as large when nothing changed but as much as these "
                "periods always differ; the PSI by chance is its mean then, at these numbers of leads.",
                f"With {len(found.looks)} looks an alarm is what all of them together give by chance in "
                f"{found.false_alarms:.0%} of watches at most (Holm's procedure).",
            ]
        ),
    )


def _shares(text: str) -> Child:
    """A figure, or shares of a company's levels or of rungs."""
    return own(text) if re.search(r"→|[^\W\d_].*%", text) else text


def _cell(cell: object) -> Child:
    return cell if isinstance(cell, str | int | float) else str(cell)
