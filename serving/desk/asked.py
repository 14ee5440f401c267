"""What a page of the desk is asked: by whom, of which job, with which form; answered off the event loop."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from features.errors import LeadscoreError
from serving.api.desk import Desk, caller_of, desk_of
from serving.api.problems import RefusedError
from serving.app.receiving import Lingering, received
from serving.desk.sentences import tell
from serving.jobs import Job, Jobs
from serving.page import Visitor
from serving.visit import check_token, gone_to, page_at, refusal_page, sent_form, visitor
from serving.visit.answers import Endpoint

_PLAIN = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class PageAsked:
    """One request for a page: who asks, what stands in the form (each value of a name), the service.

    `files` are those of the form by role, there while it is answered.
    """

    who: Visitor
    by: str
    desk: Desk
    post: bool
    path: Mapping[str, str]
    query: Mapping[str, str]
    fields: Mapping[str, list[str]] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)

    def said(self, name: str) -> str:
        """What was written into a field, '' where nothing was."""
        return self.fields.get(name, [""])[0].strip()

    @property
    def jobs(self) -> Jobs:
        """The service's jobs.

        Raises:
            RefusedError: no folder can keep their files.
        """
        if self.desk.jobs is None:
            raise RefusedError(
                409, tell(self.who, "work"), tell(self.who, "this_service_has_no_folder"),
                tell(self.who, "set_leadscore_jobs_to_a"),
            )  # fmt: skip
        return self.desk.jobs

    def recent(self) -> list[Job]:
        """The newest jobs of this person, none where the service keeps none."""
        return [] if self.desk.jobs is None else self.desk.jobs.recent(self.by)

    def job(self, *kinds: str) -> Job:
        """The job that the address names.

        Raises:
            RefusedError: there is none of these kinds, or it is another person's and this one may not see it.
        """
        try:
            job = self.jobs.find(self.path["job_id"])
        except LeadscoreError:
            job = None
        mine = job is not None and (job.by == self.by or self.who.may("admin"))
        if job is None or not mine or (kinds and job.kind not in kinds):
            raise RefusedError(
                404, tell(self.who, "work"), tell(self.who, "nothing_of_yours_is_here"),
                tell(self.who, "it_may_be_older_than"),
            )  # fmt: skip
        return job

    def begin(
        self, kind: str, files: Mapping[str, Path], options: Mapping[str, str], *, anew: bool = False
    ) -> Response:
        """Submit a job, and lead to its page; `anew`: also where the same was done before."""
        named = {name: value for name, value in options.items() if value}
        if anew:
            named["asked"] = secrets.token_hex(4)
        job = self.jobs.submit(kind, files, named, self.by)
        return gone_to(address_of(job))


def address_of(job: Job) -> str:
    """Where a job is seen: a scored export among its leads, anything else here."""
    return f"/app/jobs/{job.id}" if job.kind == "score" else f"/app/work/{job.id}"


Answer: TypeAlias = Callable[[PageAsked], Response]


def endpoint(answer: Answer) -> Endpoint:
    """`answer` as an endpoint: in a thread, for it reads the ledger and files; a form proves itself first."""

    @page_at
    async def answered(request: Request) -> Response:
        fields: dict[str, list[str]] = {}
        if request.method == "POST":
            form = await sent_form(request)
            fields = {name: [str(value) for value in form.getlist(name)] for name in form}
        return await run_in_threadpool(answer, asked_by(request, fields))

    return answered


def taking(answer: Answer) -> Endpoint:
    """`endpoint` of a form that brings files, however large: empty ones are none."""

    @page_at
    async def answered(request: Request) -> Response:
        asked = asked_by(request, {})
        if not asked.post:
            return await run_in_threadpool(answer, asked)
        if request.headers.get("content-type", "").startswith(_PLAIN):
            form = await sent_form(request)
            fields = {name: [str(value) for value in form.getlist(name)] for name in form}
            return await run_in_threadpool(answer, replace(asked, fields=fields))
        try:
            async with received(request, asked.jobs.folder) as sent:
                check_token(request, sent.fields.get("token"))
                files = {role: path for role, path in sent.files.items() if path.stat().st_size}
                said = {name: [value] for name, value in sent.fields.items()}
                return await run_in_threadpool(answer, replace(asked, fields=said, files=files))
        except RefusedError as error:
            refused = refusal_page(request.scope, error.response(), told=True)
            return Lingering(refused) if error.status == 413 else refused

    return answered


def asked_by(request: Request, fields: Mapping[str, list[str]]) -> PageAsked:
    """What `request` asks, with the `fields` of its form."""
    return PageAsked(
        visitor(request.scope), caller_of(request), desk_of(request), request.method == "POST",
        {name: str(value) for name, value in request.path_params.items()}, dict(request.query_params), fields,
    )  # fmt: skip


def can_train() -> bool:
    """Whether training is installed beside this service; asked without importing it."""
    return find_spec("training") is not None and find_spec("mlflow") is not None
