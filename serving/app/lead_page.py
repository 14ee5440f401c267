"""One lead opened: what weighs for and against it, what it did, what if, and who was like it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from features.cells import is_missing
from features.recipe import Recipe
from serving.answer import Explanation, Ladder
from serving.api.desk import desk_of
from serving.api.problems import RefusedError
from serving.app.asked import address, columns_of_job, job_asked, ladder_of, made_for, rows_of, wanted_of
from serving.app.lead_parts import FIELD, alike_section, waterfall, what_if_section
from serving.app.listed import called
from serving.app.told import action_words, badge, moment_words, plain_cell, status_words, title_of
from serving.asked import Heard
from serving.browse import (
    SAME_CHANCE,
    OpenedLead,
    ScoredRows,
    Wanted,
    explained_lead,
    opened_lead,
)
from serving.jobs import Job
from serving.ledger import Ledger
from serving.page import (
    Child,
    Markup,
    Visitor,
    bullets,
    note,
    paragraph,
    section,
    table,
    tag,
    tiles,
)
from serving.score import Score
from serving.visit.answers import page_at, shown, visitor
from serving.words.sentences import Teller
from serving.words.translation import translated

_MOST_EVENTS = 200


@page_at
async def lead_page(request: Request) -> Response:
    """The page of one row of a scored export."""
    who, job = visitor(request.scope), await job_asked(request)
    ladder = (await ladder_of(request, job)).told_in(who.language)
    said = await run_in_threadpool(desk_of(request).heard)
    place = request.path_params["row"]
    asked = {key: value for key, value in request.query_params.items() if key.startswith((FIELD, "event."))}
    body = (
        await run_in_threadpool(
            _body, who, job, ladder, place, wanted_of(request), asked, said, desk_of(request).ledger
        )
        if job.state == "done" and not made_for(job)
        else None
    )
    if body is None:
        raise RefusedError(
            404, who.say("lead", "prospect"), who.say("is not in this file", "n’est pas dans ce fichier"),
            who.say("Go back to the list.", "Revenez à la liste."),
        )  # fmt: skip
    title, content = body
    return shown(title, content, who)


def _body(
    who: Visitor,
    job: Job,
    ladder: Ladder,
    place: int,
    wanted: Wanted,
    asked: Mapping[str, str],
    said: Heard,
    ledger: Ledger | None,
) -> tuple[str, list[Child]] | None:
    recipe = ladder.recipe
    rows, columns = rows_of(job, recipe, said), columns_of_job(job, recipe)
    opened = opened_lead(ladder, rows, place, columns, said)
    if opened is None:
        return None
    title, found = called(rows, opened.row), explained_lead(ladder, opened)
    back = who.say(f"← Back to {title_of(job)}", f"← Retour à {title_of(job)}")
    body: list[Child] = [
        tag("p", tag("a", back, href=address(job, wanted) + "#list"), class_="crumbs"),
        tag("h1", title, " ", badge(who, opened.row["ls_maturity"] or "")),
        *_head(who, recipe, opened, found),
    ]
    if found is not None and found.margin is not None:
        body.append(waterfall(who, found))
        body.append(what_if_section(who, ladder, rows, opened, columns, wanted, asked))
    body.append(_history(who, recipe, opened))
    body.append(alike_section(who, job, rows, recipe, opened, columns, ledger if who.may("read") else None))
    body.append(_cells(who, rows, opened))
    return title, body


def _head(who: Visitor, recipe: Recipe, opened: OpenedLead, found: Explanation | None) -> Iterable[Child]:
    if isinstance(opened.lead, Score) or found is None:
        error = opened.lead.error if isinstance(opened.lead, Score) else None
        said = [
            f"{one.field}: {translated(one.problem, who.language)}. {translated(one.remedy, who.language)}"
            for one in (error.problems if error else [])
        ]
        yield note(paragraph(who.say("This row could not be scored:", "Cette ligne n’a pas pu être notée :")),
                   bullets(said), kind="bad")  # fmt: skip
        return
    score = found.score
    action = score.next_action
    chance = "–" if score.probability is None else who.share(score.probability)
    likely = score.interval
    between = f"{who.share(likely.low)} – {who.share(likely.high)}" if likely else "–"
    days = f"{score.horizon_days or 0:g}"
    becomes = who.say(f"to become a customer within {days} days", f"de devenir client sous {days} jours")
    yield tiles([
        (chance, becomes, score.maturity or ""),
        (str(score.score or "–"), who.say("score, of 99", "score, sur 99"), ""),
        (score.grade or "–", who.say("fit and engagement", "profil et engagement"), ""),
        (between, who.say("where it is in 4 of 5 cases", "où elle est 4 fois sur 5"), ""),
    ])  # fmt: skip
    if action is not None:
        zone = recipe.recipe.zone
        until = moment_words(who, action.deadline, zone) if action.deadline else ""
        due = who.say(f", until {until} ({zone})", f", avant le {until} ({zone})") if until else ""
        yield note(
            tag("p", tag("b", f"{action_words(who, action.action).capitalize()}{due}"), f": {action.reason}"),
            kind="good",
        )
    kept = opened.row["ls_probability"]
    if kept is not None and score.probability is not None and abs(kept - score.probability) > SAME_CHANCE:
        yield note(paragraph(who.say(
            f"The file says {who.share(kept)}: another model, or other events, answered when it was scored.",
            f"Le fichier dit {who.share(kept)} : un autre modèle, ou d’autres événements, avait répondu.",
        )), kind="warn")  # fmt: skip
    if score.status not in ("scored", "uncalibrated"):
        status = status_words(who, score.status)
        yield note(paragraph(who.say(f"Status: {status}.", f"Statut : {status}.")))
    if score.warnings:
        yield note(bullets([f"{translated(text, who.language)}." for text in score.warnings]), kind="warn")


def _history(who: Visitor, recipe: Recipe, opened: OpenedLead) -> Markup:
    title = who.say("What it did", "Ce qu’il a fait")
    events = opened.item.get("events")
    if events is None:
        return section(
            "history",
            title,
            paragraph(
                who.say(
                    "No events were given with this file.", "Aucun événement n’a été donné avec ce fichier."
                )
            ),
        )
    if not events:
        return section(
            "history", title, paragraph(who.say("Nothing that was recorded.", "Rien d’enregistré."))
        )
    newest = sorted(events, key=lambda event: str(event.get("occurred_at") or ""), reverse=True)
    happened = Teller(recipe, who.language).happened
    rows = [
        [_minute(event.get("occurred_at")), happened(str(event.get("kind") or "")),
         plain_cell(event.get("value") or "")]
        for event in newest[:_MOST_EVENTS]
    ]  # fmt: skip
    head = (who.say("when", "quand"), who.say("what", "quoi"), who.say("value", "valeur"))
    more = len(events) - len(rows)
    rest = (
        paragraph(who.say(f"and {who.count(more)} older ones", f"et {who.count(more)} plus anciens"))
        if more > 0
        else None
    )
    return section("history", title, table(head, rows), rest)


def _minute(cell: object) -> str:
    """A moment as the file writes it, without its seconds where it is written as ISO 8601 says."""
    return re.sub(r"^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d):\d\d\S*$", r"\1 \2", str(cell or ""))


def _cells(who: Visitor, rows: ScoredRows, opened: OpenedLead) -> Markup:
    shown_ = [
        (name, plain_cell(opened.row[name]))
        for name in rows.leads.names
        if not name.startswith("ls_") and not is_missing(opened.row[name])
    ]
    content = table((who.say("column", "colonne"), who.say("cell", "cellule")), shown_)
    return tag(
        "section",
        tag(
            "details",
            tag("summary", who.say("All that the file says of it", "Tout ce que dit le fichier")),
            content,
        ),
    )
