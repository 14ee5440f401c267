"""What a page is asked about: the jobs there are, one of them for who may see it, which of its rows."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from features.errors import LeadscoreError
from features.recipe import Recipe, load_recipe
from serving.answer import Ladder, Opened, open_ladder
from serving.api.desk import caller_of, desk_of
from serving.api.problems import RefusedError
from serving.asked import Heard
from serving.batch import nameable
from serving.browse import ScoredRows, Wanted
from serving.jobs import Job, Jobs
from serving.jobs.words import each_of
from serving.page import Visitor
from serving.visit.answers import visitor


def jobs_of(request: Request) -> Jobs:
    """The jobs of this service.

    Raises:
        RefusedError: no folder can keep their files.
    """
    jobs = desk_of(request).jobs
    if jobs is None:
        say = visitor(request.scope).say
        raise RefusedError(
            409, say("files", "fichiers"),
            say("cannot be kept by this service", "ne peuvent pas être gardés par ce service"),
            say("Set LEADSCORE_JOBS to a folder that it may write to, and start it again.",
                "Donnez à LEADSCORE_JOBS un dossier où il peut écrire, et relancez-le."),
        )  # fmt: skip
    return jobs


async def job_asked(request: Request, *, to_change: bool = False) -> Job:
    """The scored export that the path names: one's own, or anybody's for a key that may read.

    `to_change`: anybody's only for a key that may administer.

    Raises:
        RefusedError: there is none that this person may see, or change.
    """
    who, jobs = visitor(request.scope), jobs_of(request)
    try:
        job = await run_in_threadpool(jobs.find, request.path_params["job_id"])
        if job.kind == "score" and (job.by == caller_of(request) or who.may("read")):
            if to_change and not may_change(request, job):
                raise _another_persons(who)
            return job
    except LeadscoreError:
        pass
    raise RefusedError(
        404, who.say("job", "travail"),
        who.say("is not here: it may be too old, or another person’s",
                "n’est pas ici : il est trop ancien, ou à quelqu’un d’autre"),
        who.say("Drop the file again.", "Déposez de nouveau le fichier."),
    )  # fmt: skip


def may_change(request: Request, job: Job) -> bool:
    """Whether this person may stop a job or begin it again: their own, or any for who administers."""
    return job.by == caller_of(request) or visitor(request.scope).may("admin")


def _another_persons(who: Visitor) -> RefusedError:
    return RefusedError(
        403, who.say("job", "travail"),
        who.say("was begun by another person", "a été commencé par une autre personne"),
        who.say("Ask them, or somebody whose key has the scope 'admin', to stop it or to begin it again.",
                "Demandez-le-lui, ou à qui a une clé avec le droit « admin »."),
    )  # fmt: skip


async def ladder_of(request: Request, job: Job) -> Ladder:
    """What scored a job: who answers here, else who answers for the recipe that was handed over with it."""
    recipe = job.input("recipe")
    if recipe is None:
        return desk_of(request).opened.ladder
    opened = await run_in_threadpool(_opened, recipe)
    return opened.ladder


def _opened(recipe: Path) -> Opened:
    return open_ladder(load_recipe(recipe), folder=recipe.parent)


def made_for(job: Job) -> str:
    """The CRM in whose columns the result stands, for its import; '' where the rows can be looked at here."""
    return job.options.get("for", "")


def rows_of(job: Job, recipe: Recipe, said: Heard) -> ScoredRows:
    """The rows of a job that is done; of who objects to being profiled now, as `said`, without a score."""
    return ScoredRows.of(job, recipe, columns_of_job(job, recipe), said.opted_out)


def columns_of_job(job: Job, recipe: Recipe) -> dict[str, str]:
    """Field or role → the column that it was read from: the recipe's, or as a person said."""
    said = dict(line.split("=", 1) for line in each_of(job.options.get("column", "")) if "=" in line)
    return nameable(recipe) | said


def wanted_of(request: Request) -> Wanted:
    """The filters in the address."""
    asked = request.query_params
    return Wanted(**{name: asked.get(name, "").strip()[:200] for name in asdict(Wanted())})


def address(job: Job, wanted: Wanted, **more: str) -> str:
    """The address of a job's result with these filters."""
    said = {name: value for name, value in asdict(wanted).items() if value} | more
    return f"/app/jobs/{job.id}" + (f"?{urlencode(said)}" if said else "")
