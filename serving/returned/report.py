"""The page that sums up a scored export: what came back, what is wrong, whether the leads are the usual."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from features.clock import from_us
from features.language import Language
from serving.page import (
    Child,
    Markup,
    ValueRow,
    bullets,
    page,
    paragraph,
    percent,
    rows_chart,
    section,
    table,
    tag,
)
from serving.returned.summary import BatchSummary
from serving.score import Score
from serving.words.translation import translated
from serving.words.values import date_words, number, typeset

_FAULTS = 20


def report_page(summary: BatchSummary) -> str:
    """A whole HTML document in the summary's language.

    It holds ids of the most probable leads, and no other value of a lead.
    """
    return _ExportReport(summary, summary.language).whole()


@dataclass(frozen=True)
class _ExportReport:
    summary: BatchSummary
    language: Language

    def whole(self) -> str:
        title = self._say("Scored export")
        head = tag("header", tag("h1", title), paragraph(" ".join(self._opening())))
        return page(title, [head, *self._sections()], self.language)

    def _opening(self) -> Iterator[str]:
        summary = self.summary
        asked = from_us(summary.as_of_us)
        moment = f"{date_words(asked.date(), self.language)}, {asked:%H:%M} UTC"
        yield self._say(
            f"{summary.rows:,} rows, scored as of {moment}; {summary.errors:,} could not be scored."
        )
        if summary.known:
            expected = number(round(summary.expected, 1), self.language)
            yield self._say(
                f"Of the {summary.known:,} with a probability some {expected} are expected to convert."
            )

    def _sections(self) -> Iterator[Markup]:
        summary = self.summary
        if summary.maturities:
            yield self._section("maturity", "Hot, warm, cold", self._maturities())
        if summary.hottest:
            head = ["lead", "probability", "score", "grade", "next action", "why"]
            hottest = self._table(head, [self._hot(score) for score in summary.hottest])
            yield self._section("hottest", "The most probable leads", hottest)
        answered = self._table(["who", "leads"], summary.rungs.most_common())
        statuses = [(self._say(name), count) for name, count in sorted(summary.statuses.items())]
        yield self._section("answered", "Who answered", answered, self._table(["status", "rows"], statuses))
        if summary.faults:
            yield self._section("errors", "Errors by kind", *self._faults())
        if summary.persons:
            yield self._section("persons", "One person, several rows", *self._persons())
        if summary.columns:
            yield self._section("columns", "Columns", self._columns())
        yield self._section("drift", "Are these the usual leads?", *self._drift())
        odd = [f"{t}: {what}: {count:,} ({how})" for t, what, count, how in summary.oddities()]
        if notes := [self._say(note) for note in [*summary.warnings, *odd]]:
            yield self._section("notes", "What was odd about the files", bullets(notes))

    def _maturities(self) -> Markup:
        counts, total = self.summary.maturities, max(self.summary.known, 1)
        shares = [(name, counts[name] / total) for name in ("hot", "warm", "cold")]
        rows = [
            ValueRow(
                self._say(name), share, note=f"{self._percent(share)}, {number(counts[name], self.language)}"
            )
            for name, share in shares
        ]
        return rows_chart(rows, title=self._say("Leads by maturity"), bars=True)

    def _hot(self, score: Score) -> list[Child]:
        return [
            score.lead_id or "",
            self._percent(score.probability or 0.0),
            score.score,
            score.grade,
            self._say(score.next_action.action) if score.next_action else "",
            "; ".join(reason.text for reason in score.reasons_for),
        ]

    def _faults(self) -> Iterator[Markup]:
        shown = self.summary.faults.most_common(_FAULTS)
        yield self._table(["what is wrong", "rows"], shown)
        if more := len(self.summary.faults) - len(shown):
            yield self._soft(f"{more} further kinds of errors are in the file.")

    def _persons(self) -> Iterator[Markup]:
        names = {"email": "e-mail address", "phone": "phone number"}
        rows = [(self._say(names[kind]), count) for kind, count in self.summary.persons.most_common()]
        yield self._table(["shared with an earlier row", "rows"], rows)
        yield self._soft("Their column ls_same_person names the earlier row's id. Merge them in the CRM.")

    def _columns(self) -> Markup:
        rows = [
            (
                match.field,
                match.column,
                self._say(match.words),
                self._percent(match.filled / max(self.summary.rows, 1)),
                match.unreadable,
            )
            for match in self.summary.columns
        ]
        return self._table(["field", "column", "match", "filled", "cells not readable"], rows)

    def _drift(self) -> Iterator[Markup]:
        drift = self.summary.drift
        if drift is None:
            few = "Fewer than 200 leads were scored, or by no fitted scorer: too few to say."
            yield paragraph(self._say(few))
        else:
            yield paragraph(self._say(f"{drift.words.capitalize()}."))
            rows = [
                ValueRow(f"score {low}–{high}", found, other=expected, note=self._percent(found))
                for (low, high), expected, found in zip(drift.bands, drift.expected, drift.found, strict=True)
            ]
            names = (self._say("this export"), self._say("in training"), None)
            yield rows_chart(rows, title=self._say("Leads by score"), names=names, bars=True)
        if self.summary.outside:
            outside = self.summary.outside.most_common(10)
            known = max(self.summary.known, 1)
            head = ["outside the range learned from", "leads", "share"]
            yield self._table(head, [(name, count, self._percent(count / known)) for name, count in outside])

    def _say(self, text: str) -> str:
        return translated(text, self.language)

    def _percent(self, value: float) -> str:
        return typeset(percent(value), self.language)

    def _section(self, key: str, title: str, *content: Child) -> Markup:
        return section(key, self._say(title), *content)

    def _table(self, head: Sequence[str], rows: Sequence[Sequence[Child]]) -> Markup:
        return table([self._say(name) for name in head], rows)

    def _soft(self, text: str) -> Markup:
        return paragraph(self._say(text), soft=True)
