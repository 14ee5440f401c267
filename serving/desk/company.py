"""The funnel and today's list: made by the command from the ledger, or from what was last trained on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from starlette.responses import Response

from serving.desk.asked import PageAsked
from serving.desk.running import recipe_path
from serving.desk.sentences import tell
from serving.desk.words import state_badge, way
from serving.jobs import Job
from serving.page import Child, Visitor, button, form, note, paragraph, tag
from serving.visit import gone_to, shown

_TITLES = {
    "funnel": ("What each origin costs and brings", "Ce que chaque origine coûte et rapporte"),
    "plan": ("Today’s list", "La liste du jour"),
}
_FILES = {"funnel": "funnel.html", "plan": "today.html"}
_PATHS = {"funnel": "/app/funnel", "plan": "/app/today"}


def company_page(kind: str) -> Callable[[PageAsked], Response]:
    """The page of `kind`: the newest one that was made, and the button that makes another."""

    def page(asked: PageAsked) -> Response:
        if asked.post:
            return _made(asked, kind)
        return _shown(asked, kind)

    page.__name__ = f"{kind}_page"
    return page


def _made(asked: PageAsked, kind: str) -> Response:
    source = _source(asked)
    if source is None:
        return gone_to(_PATHS[kind])
    files, options = source
    if kind == "plan":
        options |= {"language": asked.who.language}
    return asked.begin(kind, files, options, anew=True)


def _shown(asked: PageAsked, kind: str) -> Response:
    who, title = asked.who, asked.who.say(*_TITLES[kind])
    newest = next((job for job in asked.recent() if job.kind == kind), None)
    body: list[Child] = [tag("h1", title)]
    if _source(asked) is None:
        body += [_without_data(who)]
    else:
        make = form(_PATHS[kind], who, button(tell(who, "make_it_now") if kind == "plan"
                                             else tell(who, "count_it_now"), kind="main"))  # fmt: skip
        body += [_newest(newest, kind, who) if newest else None, tag("div", make, class_="actions")]
    return shown(title, body, who, here=_PATHS[kind])


def _newest(job: Job, kind: str, who: Visitor) -> Child:
    made = job.made_at.strftime("%Y-%m-%d %H:%M UTC")
    link = f"/app/work/{job.id}/{_FILES[kind]}" if job.state == "done" else f"/app/work/{job.id}"
    words = tell(who, "the_newest_of_made", made=made)
    return tag("section", tag("p", tag("a", words, href=link), " ", state_badge(job, who)))


def _without_data(who: Visitor) -> Child:
    words = tell(who, "there_are_no_leads_to")  # fmt: skip
    on = way(tell(who, "hand_exports_over"), "/app/start", main=True)
    return note(paragraph(words), tag("div", on, class_="actions"))


def _source(asked: PageAsked) -> tuple[dict[str, Path], dict[str, str]] | None:
    """The files and options of a job over the company's data: the ledger's, else those last trained on.

    The service's recipe is named where it is: its playbook, agreement, law and rules are beside it.
    """
    ledger, recipe = asked.desk.ledger, recipe_path()
    trained = next((job for job in asked.recent() if job.kind == "train" and job.state == "done"), None)
    if ledger is not None and ledger.counts()["leads"]:
        if recipe is not None:
            return {}, {"recipe": str(recipe.absolute()), "data": "ledger"}
        if trained is not None and (learned := trained.input("recipe")) is not None:
            return {"recipe": learned}, {"data": "ledger"}
    if trained is not None and trained.inputs.is_dir():
        return {role: trained.inputs / name for role, name in trained.files.items()}, {}
    return None
