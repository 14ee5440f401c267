"""The first page: a file is dropped there, and what was dropped before is found again."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from features.errors import LeadscoreError
from serving.api.desk import caller_of, desk_of
from serving.api.problems import RefusedError
from serving.app.asked import jobs_of, ladder_of, made_for, rows_of
from serving.app.drafts import drafts_folder, keep_draft
from serving.app.listed import lead_table, told_to
from serving.app.receiving import MOST_UPLOAD, Lingering, received
from serving.app.told import job_rows, title_of
from serving.browse import Wanted
from serving.jobs import Job
from serving.page import Child, Markup, Visitor, button, form, note, paragraph, section, tag
from serving.visit.answers import check_token, gone_to, page_at, refusal_page, shown, visitor
from serving.words.translation import translated

_CALLED_FIRST = 5
"""Leads of the newest scored export that the first page shows."""
_ACCEPTED = ".csv,.tsv,.txt,.gz,.zip,.xlsx,.xls,.parquet"


@page_at
async def home(request: Request) -> Response:
    """The page at `/app`."""
    who, desk = visitor(request.scope), desk_of(request)
    if desk.opened.fresh:
        return gone_to("/app/start")
    title = who.say("Which lead to call first", "Quel prospect appeler en premier")
    body: list[Child] = [
        tag("h1", title),
        paragraph_of(who, desk.opened.ladder.recipe.recipe.horizon_days),
        note(paragraph(f"{translated(desk.opened.warning, who.language)}."), kind="warn")
        if desk.opened.warning
        else None,
    ]
    if who.may("score"):
        body.append(_drop(who))
    if desk.jobs is not None:
        recent = await run_in_threadpool(desk.jobs.recent, None if who.may("read") else caller_of(request))
        scored = [job for job in recent if job.kind == "score"][:12]
        newest = next((job for job in scored if job.state == "done" and not made_for(job)), None)
        if newest is not None:
            body.insert(1, await _first(request, who, newest))
        if scored:
            words = who.say("Scored before", "Déjà notés")
            body.append(section("jobs", words, job_rows(who, scored)))
    return shown(title, body, who)


@page_at
async def uploads(request: Request) -> Response:
    """Take a file in, and go to where its columns are seen."""
    jobs, who, by = jobs_of(request), visitor(request.scope), caller_of(request)
    try:
        async with received(request, drafts_folder(jobs)) as sent:
            check_token(request, sent.fields.get("token"))
            files = {
                role: path for role, path in sent.files.items()
                if role in ("leads", "events") and path.stat().st_size
            }  # fmt: skip
            if "leads" not in files:
                raise RefusedError(
                    422, who.say("file", "fichier"), who.say("is missing or empty", "manque ou est vide"),
                    who.say("Choose the export of your leads.", "Choisissez l’export de vos prospects."),
                )  # fmt: skip
            draft = await run_in_threadpool(keep_draft, jobs, files, by)
    except RefusedError as error:
        answer = refusal_page(request.scope, error.response(), told=True)
        return Lingering(answer) if error.status == 413 else answer
    return gone_to(f"/app/uploads/{draft.id}")


async def _first(request: Request, who: Visitor, job: Job) -> Markup | None:
    """The top of the newest scored export; nothing where it cannot be read any more."""
    try:
        ladder = await ladder_of(request, job)
        said = await run_in_threadpool(desk_of(request).heard)
        rows = await run_in_threadpool(rows_of, job, ladder.recipe, said)
        found = await run_in_threadpool(rows.page, Wanted(), 0, _CALLED_FIRST)
    except (LeadscoreError, OSError):
        return None
    listed = [row for row in found if row["ls_probability"] is not None]
    if not listed:
        return None
    told = await run_in_threadpool(told_to, who, job, ladder, rows, listed, said)
    whole = tag("a", who.say(f"All of {title_of(job)}", f"Tout {title_of(job)}"), href=f"/app/jobs/{job.id}",
                class_="button")  # fmt: skip
    title, more = who.say("Call these first", "À appeler d’abord"), tag("div", whole, class_="actions")
    return section("first", title, lead_table(who, job, rows, listed, Wanted(), told), more)


def paragraph_of(who: Visitor, days: float) -> Markup:
    """What this page is for, in a sentence."""
    return tag("p", who.say(
        f"Drop the list of your leads. It comes back with the chance of each to become a customer within "
        f"{days:g} days, the reasons in words, and what to do next.",
        f"Déposez la liste de vos prospects. Elle revient avec la probabilité que chacun devienne client "
        f"dans les {days:g} jours, les raisons en clair, et la prochaine action.",
    ), class_="lead")  # fmt: skip


def _drop(who: Visitor) -> Markup:
    leads = tag("input", type="file", name="leads", required="", accept=_ACCEPTED)
    events = tag("input", type="file", name="events", accept=_ACCEPTED)
    size = who.count(MOST_UPLOAD // 1_000_000)
    hint = who.say(
        f"CSV, Excel or Parquet, as your CRM exports it; up to {size} MB. It stays on this machine.",
        f"CSV, Excel ou Parquet, tel que votre CRM l’exporte ; {size} Mo au plus. Il reste ici.",
    )
    optional = who.say(
        "Optional: what these leads did (visits, forms, meetings), one row each.",
        "Facultatif : ce que ces prospects ont fait (visites, formulaires, rendez-vous), une ligne par fait.",
    )
    return tag("section", form(
        "/app/uploads", who,
        tag("label", tag("span", who.say("Your leads", "Vos prospects")), tag("small", hint), leads,
            tag("output"), class_="drop", data_drop=""),
        tag("label", tag("span", who.say("Their events", "Leurs événements")), tag("small", optional),
            events, tag("output"), class_="drop small", data_drop=""),
        tag("p", button(who.say("Look at the columns", "Voir les colonnes"), kind="main"),
            tag("span", role="status", data_told=""), class_="actions"),
        enctype="multipart/form-data", data_most=str(MOST_UPLOAD),
        data_sending=who.say("The file is on its way …", "Le fichier est en route …"),
        data_large=who.say(f"This is larger than {size} MB: export fewer columns or rows.",
                           f"Ceci dépasse {size} Mo : exportez moins de colonnes ou de lignes."),
    ))  # fmt: skip
