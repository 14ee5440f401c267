"""The list of leads, the most probable first: what each is called, its chance, what to do and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from serving.app.told import action_words, badge
from serving.browse import ScoredRows, Wanted
from serving.jobs import Job
from serving.page import Child, Markup, Visitor, bullets, join, paragraph, tag


def lead_table(
    who: Visitor, job: Job, rows: ScoredRows, found: Iterable[Mapping[str, Any]], wanted: Wanted
) -> Markup:
    head = [who.say("rank", "rang"), who.say("lead", "prospect"), who.say("chance", "probabilité"),
            who.say("maturity", "maturité"), who.say("do", "à faire"),
            who.say("because", "parce que")]  # fmt: skip
    lines = []
    for row in found:
        rank = who.count(int(row["ls_rank"])) if row["ls_rank"] else "–"
        link = tag(
            "a", called(rows, row), href=f"/app/jobs/{job.id}/leads/{row['row']}?{urlencode(asdict(wanted))}"
        )
        cells: list[Child] = [rank, link, _chance(who, row), badge(who, row["ls_maturity"] or ""),
                              action_words(who, row["ls_next_action"] or ""), _because(who, row)]  # fmt: skip
        told = zip(cells, head, strict=True)
        lines.append(tag("tr", *[tag("td", cell, data_head=word) for cell, word in told]))
    if not lines:
        return paragraph(who.say("No lead is like this.", "Aucun prospect ne correspond."))
    top = tag("thead", tag("tr", *[tag("th", word, scope="col") for word in head]))
    return tag("div", tag("table", top, tag("tbody", *lines), class_="stack"), class_="wide")


def called(rows: ScoredRows, row: Mapping[str, Any]) -> str:
    """What a person calls a lead: names and company, else its id."""
    parts = [str(row[name]) for name in rows.called if row[name] not in (None, "")]
    own = str(row.get(rows.id) or "") if rows.id else ""
    number = own or f"n° {row['row'] + 1}"
    return " ".join(parts) if parts else number


def _chance(who: Visitor, row: Mapping[str, Any]) -> Child:
    if row["ls_probability"] is None:
        return row["ls_status"] or ""
    score = (
        ""
        if row["ls_score"] is None
        else who.say(f"score {row['ls_score']:.0f}", f"score {row['ls_score']:.0f}")
    )
    return join(
        [
            tag("b", who.share(row["ls_probability"])),
            tag("small", f"{score} {row['ls_grade'] or ''}", class_="hint"),
        ]
    )


def _because(who: Visitor, row: Mapping[str, Any]) -> Child:
    if row["error"]:
        return str(row["error"])
    reasons = [text for text in (row["ls_reasons_for"] or "").split("; ") if text][:3]
    return bullets(reasons) if reasons else str(row["ls_action_reason"] or "")
