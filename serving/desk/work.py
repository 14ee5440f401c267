"""One job as a page: how far it is, what came of it, its files; cancelled, begun again."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from serving.desk.accounts import accounts_table
from serving.desk.asked import PageAsked, address_of
from serving.desk.assumed import assumptions, without_outcome
from serving.desk.company import PATHS
from serving.desk.decided import decided
from serving.desk.framed import framed_file, inlined, sent_file
from serving.desk.sentences import tell
from serving.desk.trained import verdict_page
from serving.desk.words import command_words, kind_words, state_badge, step_words, way
from serving.jobs import Job
from serving.page import Child, Markup, Visitor, button, form, note, paragraph, table, tag
from serving.registry import report_of_run
from serving.visit import gone_to, shown

_REFRESH_SECONDS = 2
_PAGES = {"score": "report.html", "train": "report.html", "inspect": "inspection.html",
          "funnel": "funnel.html", "plan": "today.html", "watch": "watch.html"}  # fmt: skip
"""Kind → the page among its results."""


def work(asked: PageAsked) -> Response:
    """How a job stands; of one that has ended, what came of it."""
    job, who = asked.job(), asked.who
    if not job.ended:
        return _at_work(job, who)
    if job.state != "done":
        return _failed(asked, job)
    ends: dict[str, Callable[[PageAsked, Job], Response]] = {
        "init": assumptions, "train": verdict_page, "promote": decided,
    }  # fmt: skip
    return ends.get(job.kind, _done)(asked, job)


def cancel(asked: PageAsked) -> Response:
    """The job ends."""
    asked.jobs.cancel(asked.job().id)
    return gone_to(f"/app/work/{asked.path['job_id']}")


def again(asked: PageAsked) -> Response:
    """The job begins again, with the same files."""
    asked.jobs.again(asked.job().id)
    return gone_to(f"/app/work/{asked.path['job_id']}")


def result(asked: PageAsked) -> Response:
    """A file of a job: a page is shown in the frame, the rest, or a page with `?file`, is downloaded."""
    job, name = asked.job(), asked.path["name"]
    found = {path.name: path for path in (job.results.iterdir() if job.results.is_dir() else ())}
    found |= {"recipe.toml": job.inputs / "recipe.toml"}
    path, own = found.get(name), f"/app/work/{job.id}"
    run = (job.printed() or {}).get("run_id")
    if job.kind == "train" and name == _PAGES["train"] and run:
        path = report_of_run(run, asked.who.language) or path
    if path is None or not path.is_file():
        return gone_to(own)
    if path.suffix == ".html" and "file" not in asked.query:
        back = tag("a", tell(asked.who, "back_to", name=kind_words(job, asked.who)), href=address_of(job))
        return framed_file(asked.who, path, f"{own}/{name}", back, "/app/start")
    return sent_file(asked.who, path)


def recent_work(asked: PageAsked) -> Markup | None:
    """The newest jobs of this person, as links."""
    jobs, who = asked.recent()[:8], asked.who
    if not jobs:
        return None
    head = [tell(who, "your_work"), tell(who, "begun"), tell(who, "state")]
    rows: list[list[Child]] = [
        [
            tag("a", _named(job, who), href=address_of(job)),
            job.made_at.strftime("%Y-%m-%d %H:%M UTC"),
            state_badge(job, who),
        ]
        for job in jobs
    ]
    return tag("section", tag("h2", tell(who, "begun_lately")), table(head, rows))


def _named(job: Job, who: Visitor) -> str:
    about = job.options.get("title") or ", ".join(list(job.files.values())[:2])
    return f"{kind_words(job, who)}{who.say(':', ' :')} {about}" if about else kind_words(job, who)


def _at_work(job: Job, who: Visitor) -> Response:
    title = kind_words(job, who)
    body = [
        tag("h1", title),
        tag("section", _bar(job, who), paragraph(
            tell(who, "you_may_close_this_page"),
            soft=True), _one_button(f"/app/work/{job.id}/cancel", who, tell(who, "cancel"), "danger")),
    ]  # fmt: skip
    return shown(title, body, who, here="/app/start", refresh=_REFRESH_SECONDS)


def _bar(job: Job, who: Visitor) -> Markup:
    words = step_words(job, who)
    counted = job.state == "running" and job.total and job.done is not None
    if counted:
        words += f" ({who.count(job.done or 0)} / {who.count(job.total or 0)})"
    size = {"max": str(job.total), "value": str(job.done)} if counted else {}
    told = tag("p", words, role="status")
    return tag("div", told, tag("progress", words, aria_label=tell(who, "progress"), **size))


def _failed(asked: PageAsked, job: Job) -> Response:
    who, title = asked.who, kind_words(job, asked.who)
    cancelled = tell(who, "this_was_cancelled")
    said = paragraph(cancelled) if job.state == "cancelled" else command_words(job.message, who)
    ways = [
        _one_button(f"/app/work/{job.id}/again", who, tell(who, "begin_again"), ""),
        way(tell(who, "hand_over_other_files"), "/app/start"),
    ]
    more = without_outcome(job, who) if job.kind == "init" and job.state == "failed" else None
    body = [tag("h1", title), note(said, kind="bad", role="alert"), more, tag("div", *ways, class_="actions")]
    return shown(title, body, who, here="/app/start")


def _done(asked: PageAsked, job: Job) -> Response:
    """What the command said last, the page that it wrote, and its files."""
    who, title = asked.who, kind_words(job, asked.who)
    files = sorted(path for path in job.results.iterdir()) if job.results.is_dir() else []
    page = next((path for path in files if path.name == _PAGES.get(job.kind)), None)
    links = [
        way(tell(who, "download_name", name=path.name), f"/app/work/{job.id}/{path.name}?file=yes")
        for path in files
    ]
    told = None if page else note(command_words(job.message, who), kind="good", role="status")
    accounts = accounts_table(who, job.printed() or {}) if job.kind == "accounts" else None
    inner = inlined(who, page) if page else accounts
    head = None if page else tag("h1", title)
    here = f"/app/{PATHS[job.kind]}" if job.kind in PATHS else "/app/start"
    return shown(title, [head, told, inner, tag("div", *links, class_="actions")], who, here=here)


def _one_button(path: str, who: Visitor, label: str, kind: str) -> Markup:
    return form(path, who, button(label, kind=kind))
