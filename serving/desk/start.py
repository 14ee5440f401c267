"""First use: a page that says what to do, and takes the exports."""

from __future__ import annotations

from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from serving.api.problems import RefusedError
from serving.app.receiving import Lingering, received
from serving.desk.asked import PageAsked, asked_by, can_train
from serving.desk.sentences import tell
from serving.desk.work import recent_work
from serving.page import Markup, Visitor, button, form, join, note, paragraph, tag
from serving.visit import check_token, page_at, refusal_page, shown


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
    asked = asked_by(request, {})
    try:
        async with received(request, asked.jobs.folder) as sent:
            check_token(request, sent.fields.get("token"))
            files = [path for path in sent.files.values() if path.stat().st_size]
            return await run_in_threadpool(_begun, asked, files)
    except RefusedError as error:
        answer = refusal_page(request.scope, error.response(), told=True)
        return Lingering(answer) if error.status == 413 else answer


def _begun(asked: PageAsked, files: list[Path]) -> Response:
    who = asked.who
    if not files:
        raise RefusedError(
            400, tell(who, "files"), tell(who, "none_was_chosen"), tell(who, "choose_at_least_one_export")
        )
    recipes = [path for path in files if path.suffix == ".toml"]
    tables = {f"file-{n:02}": path for n, path in enumerate((one for one in files if one not in recipes), 1)}
    if recipes and tables:
        return asked.begin("train", tables | {"recipe": recipes[0]}, {"language": who.language})
    return asked.begin("init", tables or {"file-01": files[0]}, {})
