"""A job on its way: how far it is, how to end it, and what to do where it failed."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from serving.app.asked import job_asked, jobs_of
from serving.app.told import other_way, state_badge, step_words, title_of
from serving.jobs import Job
from serving.page import Child, Visitor, button, form, note, paragraph, tag
from serving.visit.answers import gone_to, page_at, sent_form, shown, way_back
from serving.words.translation import translated

_REFRESH_SECONDS = 2


@page_at
async def cancel(request: Request) -> Response:
    """End a job that is on its way."""
    await sent_form(request)
    job = await job_asked(request, to_change=True)
    await run_in_threadpool(jobs_of(request).cancel, job.id)
    return gone_to(f"/app/jobs/{job.id}")


@page_at
async def again(request: Request) -> Response:
    """Let a job that has ended begin again."""
    await sent_form(request)
    job = await job_asked(request, to_change=True)
    await run_in_threadpool(jobs_of(request).again, job.id)
    return gone_to(f"/app/jobs/{job.id}")


def progress_page(who: Visitor, job: Job, *, may_change: bool) -> Response:
    """The page of a job that has not ended: it asks again by itself, and may be closed."""
    title = title_of(job)
    share = None if job.done is None or not job.total else job.done / job.total
    words = step_words(who, job)
    if share is not None and job.done is not None and job.total is not None:
        words += f": {who.count(job.done)} / {who.count(job.total)} ({who.share(share)})"
    bar = tag("progress", words, max="1", value=None if share is None else f"{share:.4f}",
              aria_label=who.say("Progress", "Avancement"))  # fmt: skip
    calm = who.say(
        "You may close this page: the work goes on, and is found on the first page again.",
        "Vous pouvez fermer cette page : le travail continue, et se retrouve sur la première page.",
    )
    body: list[Child] = [
        tag("h1", title, " ", state_badge(who, job)),
        tag("section", tag("p", words, role="status"), bar, paragraph(calm, soft=True),
            form(f"/app/jobs/{job.id}/cancel", who, button(who.say("Stop", "Arrêter"), kind="danger"),
                 class_="actions") if may_change else None),
    ]  # fmt: skip
    return shown(title, body, who, refresh=_REFRESH_SECONDS)


def failed_page(who: Visitor, job: Job, *, may_change: bool) -> Response:
    """The page of a job that came to nothing, with the way on."""
    title = title_of(job)
    if job.state == "cancelled":
        said = note(paragraph(who.say("It was stopped. Nothing was lost.", "Arrêté. Rien n’est perdu.")))
    else:
        lines = [
            paragraph(translated(line.strip(), who.language))
            for line in job.message.splitlines()
            if line.strip()
        ]
        lead = who.say("It could not be scored:", "Impossible de le noter ; le programme dit :")
        said = note(paragraph(lead), *lines, kind="bad", role="alert")
    retry = form(f"/app/jobs/{job.id}/again", who, button(who.say("Try again", "Réessayer"), kind="main"))
    ways = tag("div", retry, other_way(who, job), class_="actions") if may_change else None
    return shown(title, [tag("h1", title, " ", state_badge(who, job)), said, ways, way_back(who)], who)
