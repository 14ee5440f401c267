"""The page that sums up a scored export: what came back, what is wrong, whether the leads are the usual."""

from __future__ import annotations

from collections.abc import Iterator

from features.clock import from_us
from serving.page import Markup, ValueRow, bullets, page, paragraph, percent, rows_chart, section, table, tag
from serving.returned.summary import BatchSummary

_FAULTS = 20


def report_page(summary: BatchSummary) -> str:
    """A whole HTML document; it holds ids of the most probable leads, and no other value of a lead."""
    head = [
        tag("h1", "Scored export"),
        paragraph(
            f"{summary.rows:,} rows, scored as of {from_us(summary.as_of_us).isoformat()}; "
            f"{summary.errors:,} could not be scored. {_expected(summary)}"
        ),
    ]
    return page("Scored export", [tag("header", *head), *_sections(summary)])


def _expected(summary: BatchSummary) -> str:
    if not summary.known:
        return ""
    return (
        f"Of the {summary.known:,} with a probability some {summary.expected:,.1f} are expected to convert."
    )


def _sections(summary: BatchSummary) -> Iterator[Markup]:
    if summary.maturities:
        rows = _bars([(name, summary.maturities[name]) for name in ("hot", "warm", "cold")], summary.known)
        chart = rows_chart(rows, title="Leads by maturity", bars=True)
        yield section("maturity", "Hot, warm, cold", chart)
    if summary.hottest:
        yield section("hottest", "The most probable leads", _hottest(summary))
    answered = table(["who", "leads"], list(summary.rungs.most_common()))
    statuses = table(["status", "rows"], sorted(summary.statuses.items()))
    yield section("answered", "Who answered", answered, statuses)
    if summary.faults:
        rows_of = summary.faults.most_common(_FAULTS)
        more = len(summary.faults) - len(rows_of)
        note = paragraph(f"{more} further kinds of errors are in the file.", soft=True) if more > 0 else None
        yield section("errors", "Errors by kind", table(["what is wrong", "rows"], rows_of), note)
    if summary.persons:
        yield section("persons", "One person, several rows", *_persons(summary))
    if summary.columns:
        yield section("columns", "Columns", _columns(summary))
    yield section("drift", "Are these the usual leads?", *_drift(summary))
    notes = [*summary.warnings, *(f"{t}: {what}: {n:,} ({how})" for t, what, n, how in summary.oddities())]
    if notes:
        yield section("notes", "What was odd about the files", bullets(notes))


def _bars(counts: list[tuple[str, int]], total: int) -> list[ValueRow]:
    return [
        ValueRow(name, n / max(total, 1), note=f"{percent(n / max(total, 1))}, {n:,}") for name, n in counts
    ]


def _hottest(summary: BatchSummary) -> Markup:
    rows = [
        [
            score.lead_id or "",
            percent(score.probability or 0.0),
            score.score,
            score.grade,
            score.next_action.action if score.next_action else "",
            "; ".join(reason.text for reason in score.reasons_for),
        ]
        for score in summary.hottest
    ]
    return table(["lead", "probability", "score", "grade", "next action", "why"], rows)


def _persons(summary: BatchSummary) -> Iterator[Markup]:
    names = {"email": "e-mail address", "phone": "phone number"}
    rows = [(names[kind], count) for kind, count in summary.persons.most_common()]
    yield table(["shared with an earlier row", "rows"], rows)
    yield paragraph(
        "Their column ls_same_person names the earlier row's id. Merge them in the CRM.", soft=True
    )


def _columns(summary: BatchSummary) -> Markup:
    rows = [
        (
            match.field,
            match.column,
            match.words,
            percent(match.filled / max(summary.rows, 1)),
            match.unreadable,
        )
        for match in summary.columns
    ]
    return table(["field", "column", "match", "filled", "cells not readable"], rows)


def _drift(summary: BatchSummary) -> Iterator[Markup]:
    drift = summary.drift
    if drift is None:
        yield paragraph("Fewer than 200 leads were scored, or by no fitted scorer: too few to say.")
    else:
        yield paragraph(f"{drift.words.capitalize()}.")
        rows = [
            ValueRow(f"score {low}–{high}", found, other=expected, note=percent(found))
            for (low, high), expected, found in zip(drift.bands, drift.expected, drift.found, strict=True)
        ]
        yield rows_chart(rows, title="Leads by score", names=("this export", "in training", None), bars=True)
    if summary.outside:
        rows_of = [
            (name, n, percent(n / max(summary.known, 1))) for name, n in summary.outside.most_common(10)
        ]
        yield table(["outside the range learned from", "leads", "share"], rows_of)
