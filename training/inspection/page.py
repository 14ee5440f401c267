"""The page of an inspection: suspicions first, then a table and a small drawing for every column."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan

from features.language import Language
from serving.page import (
    Child,
    Markup,
    bullets,
    contents,
    own,
    page,
    paragraph,
    section,
    table,
    tag,
)
from serving.words import document_in
from training.inspection.beside import runs_section
from training.inspection.cards import auc_words, column_card
from training.inspection.found import Inspected, Inspection, share
from training.report import rows_section, suspects_table

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
    cards = tag("div", *[column_card(column) for column in columns], class_="cards")
    return section(
        key, title, paragraph(words, soft=True), table(head, [_line(one) for one in columns]), cards
    )


def _line(column: Inspected) -> list[Child]:
    flag = tag("span", column.suspicion.kind, class_="flag") if column.suspicion else column.note
    fills = (share(column.fill), share(column.fill_won), share(column.fill_other))
    last = "–" if isnan(column.adds_last) else f"{column.adds_last:+.3f}"
    first = (own(column.name), column.kind, column.when or "–")
    return [*first, *fills, auc_words(column), last, column.stability, flag]


def _auc_or_half(column: Inspected) -> float:
    return column.importance.auc if column.importance.known else 0.5


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
