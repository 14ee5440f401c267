"""First use: a page that says what to do, and takes the exports."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive

from serving.api.problems import RefusedError
from serving.app import check_token, page_at, shown, visitor
from serving.desk.asked import PageAsked, asked_by, can_train
from serving.desk.sentences import tell
from serving.desk.work import recent_work
from serving.jobs import Jobs
from serving.page import Markup, Visitor, button, form, join, note, paragraph, tag

MOST_UPLOADED = 2_000_000_000
_MOST_FILES = 12
_AT_ONCE = 1 << 20


@page_at
async def start(request: Request) -> Response:
    """The form, and what becomes of the files that it brings."""
    if request.method == "POST":
        return await _taken(request)
    return await run_in_threadpool(_start_page, asked_by(request, {}))


def _start_page(asked: PageAsked) -> Response:
    who = asked.who
    title = tell(who, "learn_from_your_own_leads")
    fresh = note(paragraph(tell(who, "nothing_is_here_yet_hand")))  # fmt: skip
    body = [
        tag("h1", title),
        fresh if asked.desk.opened.fresh else None,
        _what_to_do(who),
        _form(who) if asked.desk.jobs is not None else None,
        recent_work(asked),
    ]
    return shown(title, body, who, here="/app/start")


def _what_to_do(who: Visitor) -> Markup:
    steps = [
        tell(who, "export_your_leads_from_the"),
        tell(who, "drop_the_file_here_further"),
        tell(who, "look_through_what_was_assumed"),
    ]  # fmt: skip
    none = tell(who, "no_outcomes_yet_hand_over")  # fmt: skip
    return join([tag("ol", *[tag("li", one) for one in steps]), paragraph(none, soft=True),
                 None if can_train() else note(paragraph(no_training(who)), kind="warn")])  # fmt: skip


def no_training(who: Visitor) -> str:
    """That this service can score and not train."""
    return tell(who, "training_needs_the_full_install")


def _form(who: Visitor) -> Markup:
    said = tell(who, "drop_the_files_here_or")  # fmt: skip
    zone = tag(
        "label", tag("span", said), tag("input", type="file", name="files", multiple="", required=""),
        tag("output"), class_="drop", data_drop="",
    )  # fmt: skip
    sending = tell(who, "the_files_are_on_their")
    told = tag("p", data_told="", role="status")
    return form(
        "/app/start", who, zone, tag("div", button(tell(who, "look_at_them"), kind="main"), class_="actions"),
        told, enctype="multipart/form-data", data_sending=sending,
    )  # fmt: skip


async def _taken(request: Request) -> Response:
    """The files of a form, handed over to a job that looks at them; with a recipe, to one that trains."""
    jobs = asked_by(request, {}).jobs
    bounded = Request(request.scope, _bounded(request))
    try:
        async with bounded.form(max_files=_MOST_FILES, max_fields=10) as fields:
            check_token(request, fields.get("token"))
            files = [one for one in fields.getlist("files") if isinstance(one, UploadFile) and one.filename]
            return await run_in_threadpool(_begun, asked_by(request, {}), jobs, files)
    except HTTPException:
        who = visitor(request.scope)
        raise RefusedError(
            400, tell(who, "files"), tell(who, "did_not_arrive_whole"),
            tell(who, "nothing_was_kept_send_them"),
        ) from None  # fmt: skip


def _begun(asked: PageAsked, jobs: Jobs, files: list[UploadFile]) -> Response:
    who = asked.who
    if not files:
        raise RefusedError(
            400, tell(who, "files"), tell(who, "none_was_chosen"),
            tell(who, "choose_at_least_one_export"),
        )  # fmt: skip
    with tempfile.TemporaryDirectory(prefix=".half-", dir=jobs.folder) as folder:
        given = _saved(files, Path(folder))
        recipes = [role for role, path in given.items() if path.suffix == ".toml"]
        if len(recipes) == 1 and len(given) > 1:
            given["recipe"] = given.pop(recipes[0])
            return asked.begin("train", given, {"language": who.language})
        return asked.begin("init", given, {})


def _saved(files: list[UploadFile], folder: Path) -> dict[str, Path]:
    """Role → a copy of each file under its own name."""
    found: dict[str, Path] = {}
    for number, one in enumerate(files, 1):
        name = Path((one.filename or "").replace("\\", "/")).name or "file"
        place = folder / str(number) / name[-120:]
        place.parent.mkdir()
        with place.open("wb") as file:
            shutil.copyfileobj(one.file, file, _AT_ONCE)
        found[f"file-{number:02}"] = place
    return found


def _bounded(request: Request) -> Receive:
    """What a request sends, as long as it is no more than may be uploaded.

    Raises:
        RefusedError: it announces more, or sends more.
    """
    who = visitor(request.scope)
    gigabytes = f"{MOST_UPLOADED / 1e9:g}"
    too_large = RefusedError(
        413, tell(who, "files"),
        tell(who, "are_larger_than_gigabytes_gb", gigabytes=gigabytes),
        tell(who, "export_fewer_columns_or_use"),
    )  # fmt: skip
    told = request.headers.get("content-length", "0")
    if told.isdigit() and int(told) > MOST_UPLOADED:
        raise too_large
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > MOST_UPLOADED:
            raise too_large
        return message

    return receive
