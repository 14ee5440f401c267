"""The list of leads, the most probable first: what each is called, its chance, what to do and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from features.cells import is_missing
from serving.answer import Ladder
from serving.app.asked import columns_of_job
from serving.app.drawings import chance_bar
from serving.app.told import action_words, badge, reason_words, status_words
from serving.asked import Heard
from serving.browse import ScoredRows, Wanted, told_anew
from serving.jobs import Job
from serving.page import Child, Markup, Visitor, bullets, join, paragraph, stacked, tag
from serving.words.translation import translated


def told_to(
    who: Visitor, job: Job, ladder: Ladder, rows: ScoredRows, found: Sequence[Mapping[str, Any]], said: Heard
) -> dict[int, str]:
    """Row → its reasons in this person's language, where those of the file are in another."""
    if job.options.get("language", ladder.recipe.recipe.language) == who.language:
        return {}
    columns = columns_of_job(job, ladder.recipe)
    return told_anew(ladder.told_in(who.language), rows, found, columns, said)


def lead_table(
    who: Visitor, job: Job, rows: ScoredRows, found: Iterable[Mapping[str, Any]], wanted: Wanted,
    told: Mapping[int, str],
) -> Markup:  # fmt: skip
    """The leads of a page of the list, a row each: what to do, and because of what.

    `told` are reasons by row in this person's language, where those of the file are in another.
    """
    head = [who.say("rank", "rang"), who.say("lead", "prospect"), who.say("chance", "probabilité"),
            who.say("maturity", "maturité"), who.say("do", "à faire"),
            who.say("because", "parce que")]  # fmt: skip
    lines, of_all, found = list[list[Child]](), "", list(found)
    top = max((row["ls_probability"] or 0.0 for row in found), default=0.0)
    for row in found:
        anew = told.get(row["row"])
        language = who.language if anew is not None else job.options.get("language", who.language)
        because, of_all = _because(who, row, of_all, language, anew)
        rank = who.count(int(row["ls_rank"])) if row["ls_rank"] else "–"
        link = tag(
            "a", called(rows, row), href=f"/app/jobs/{job.id}/leads/{row['row']}?{urlencode(asdict(wanted))}"
        )
        cells: list[Child] = [rank, link, _chance(who, row, top), badge(who, row["ls_maturity"] or ""),
                              action_words(who, row["ls_next_action"] or ""), because]  # fmt: skip
        lines.append(cells)
    if not lines:
        return paragraph(who.say("No lead is like this.", "Aucun prospect ne correspond."))
    listed = stacked(head, lines, "leads")
    rates = who.say(f"Of all leads {of_all} converted.", f"Parmi tous les prospects, {of_all} convertis.")
    return join([listed, paragraph(rates, soft=True) if of_all else None])


def called(rows: ScoredRows, row: Mapping[str, Any]) -> str:
    """What a person calls a lead: names and company, else its id."""
    parts = [str(row[name]) for name in rows.called if not is_missing(row[name])]
    own = str(row.get(rows.id) or "") if rows.id else ""
    number = own or f"n° {row['row'] + 1}"
    return " ".join(parts) if parts else number


def _chance(who: Visitor, row: Mapping[str, Any], top: float) -> Child:
    """The probability, drawn beside the highest one of the list."""
    if row["ls_probability"] is None:
        return status_words(who, row["ls_status"] or "")
    score = (
        ""
        if row["ls_score"] is None
        else who.say(f"score {row['ls_score']:.0f}", f"score {row['ls_score']:.0f}")
    )
    return join(
        [
            tag("b", who.share(row["ls_probability"])),
            chance_bar(row["ls_probability"] / max(top, 1e-9), row["ls_maturity"] or ""),
            tag("small", f"{score} {row['ls_grade'] or ''}", class_="hint"),
        ]
    )


def _because(
    who: Visitor, row: Mapping[str, Any], of_all: str, language: str, anew: str | None
) -> tuple[Child, str]:
    """The reasons, and the rate of all leads as they say it, else the one known before."""
    if row["error"]:
        return translated(str(row["error"]), who.language), of_all
    texts = [text for text in (anew or row["ls_reasons_for"] or "").split("; ") if text][:3]
    told = [reason_words(who, text) for text in texts]
    if not told:
        return translated(str(row["ls_action_reason"] or ""), who.language), of_all
    foreign = language if language != who.language else None
    listed = tag("div", bullets([words for words, _ in told]), lang=foreign)
    return listed, next((rate for _, rate in told if rate), of_all)
