"""What is made of the company's data by the command: today's list, accounts, funnel, inspection, watch.

Each is shown in the frame as it was made last, with a form below it that makes it anew.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from starlette.responses import Response

from serving.desk.accounts import accounts_table
from serving.desk.asked import PageAsked, can_train
from serving.desk.framed import inlined
from serving.desk.running import recipe_path
from serving.desk.sentences import tell
from serving.desk.words import state_badge, way
from serving.funnel import GROUPINGS
from serving.jobs import Job
from serving.jobs.words import each_of, in_one
from serving.page import Child, Markup, Visitor, button, choice, form, labelled, note, paragraph, tag
from serving.visit import gone_to, shown

PATHS = {
    "plan": "today",
    "accounts": "accounts",
    "funnel": "funnel",
    "inspect": "inspection",
    "watch": "watch",
}
"""Kind of job → its page under /app."""
_TITLES = {"plan": "todays_list", "accounts": "accounts_likely_first", "funnel": "what_each_origin_costs",
           "inspect": "every_field_looked_at", "watch": "is_it_still_right"}  # fmt: skip
_MAKE = {"plan": "make_it_now", "accounts": "roll_them_up_now", "funnel": "count_it_now",
         "inspect": "inspect_every_field", "watch": "watch_it_now"}  # fmt: skip
_PAGES = {"funnel": "funnel.html", "plan": "today.html", "inspect": "inspection.html", "watch": "watch.html"}
_TABLES = {"funnel": "funnel.csv", "plan": "today.csv", "accounts": "accounts.csv"}
_NEED_TRAINING = ("inspect", "watch")
_IN_LANGUAGE = ("plan", "funnel")
_OPTIONS = ("by", "currency", "as-of")
_FUNNEL_FILES = ("costs", "scores", "earlier")


def company_page(kind: str) -> Callable[[PageAsked], Response]:
    """The page of `kind`: the newest one that was made, and the button that makes another."""

    def page(asked: PageAsked) -> Response:
        return _made(asked, kind) if asked.post else _shown(asked, kind)

    page.__name__ = f"{kind}_page"
    return page


def newest_of(asked: PageAsked, kind: str, *, done: bool = False) -> Job | None:
    """This person's newest job of `kind`; `done`: that came to something."""
    found = (job for job in asked.recent() if job.kind == kind)
    return next((job for job in found if not done or job.state == "done"), None)


def company_source(asked: PageAsked) -> tuple[dict[str, Path], dict[str, str]] | None:
    """The files and options of a job over the company's data: the ledger's, else those last trained on.

    The service's recipe is named where it is: its playbook, agreement, law and rules are beside it.
    """
    ledger, recipe = asked.desk.ledger, recipe_path()
    trained = newest_of(asked, "train", done=True)
    if ledger is not None and ledger.counts()["leads"]:
        if recipe is not None:
            return {}, {"recipe": str(recipe.absolute()), "data": "ledger"}
        if trained is not None and (learned := trained.input("recipe")) is not None:
            return {"recipe": learned}, {"data": "ledger"}
    if trained is not None and trained.inputs.is_dir():
        return {role: trained.inputs / name for role, name in trained.files.items()}, {}
    return None


def _made(asked: PageAsked, kind: str) -> Response:
    source = company_source(asked)
    if source is None:
        return gone_to(f"/app/{PATHS[kind]}")
    files, options = source
    options |= {name: said for name in _OPTIONS if (said := asked.said(name))}
    if kind in _IN_LANGUAGE:
        options |= {"language": asked.who.language}
    more = {role: path for role, path in asked.files.items() if role.partition("-")[0] in _FUNNEL_FILES}
    moved = [asked.said(f"move-{part}") for part in ("from", "to", "percent")]
    if kind == "funnel" and all(moved):
        options |= {"move": in_one(moved)}
    return asked.begin(kind, files | (more if kind == "funnel" else {}), options, anew=True)


def _shown(asked: PageAsked, kind: str) -> Response:
    who, title = asked.who, tell(asked.who, _TITLES[kind])
    last, made = newest_of(asked, kind), newest_of(asked, kind, done=True)
    body: list[Child] = [tag("h1", title)]
    if last is not None and (made is None or last.id != made.id):
        body.append(_going_on(last, who))
    if made is not None:
        body += _content(asked, made, kind)
    if kind in _NEED_TRAINING and not can_train():
        body.append(note(paragraph(tell(who, "training_needs_the_full_install")), kind="warn"))
    elif company_source(asked) is None:
        body.append(_without_data(who))
    else:
        body.append(_anew(asked, kind, first=made is None))
    here = "/app/champion" if kind in _NEED_TRAINING else f"/app/{PATHS[kind]}"
    return shown(title, body, who, here=here)


def _content(asked: PageAsked, job: Job, kind: str) -> list[Child]:
    """What was made, and its files."""
    who, page = asked.who, job.results / _PAGES.get(kind, "")
    when = tell(who, "made_at", made=job.made_at.strftime("%Y-%m-%d %H:%M UTC"))
    inner = inlined(who, page) if page.is_file() else accounts_table(who, job.printed() or {})
    keep = {
        "keep_as_a_table": _TABLES.get(kind),
        "keep_as_one_file": f"{page.name}?file=yes" if page.is_file() else "",
    }
    files = [way(tell(who, words), f"/app/work/{job.id}/{name}") for words, name in keep.items() if name]
    return [paragraph(when, soft=True), inner, tag("div", *files, class_="actions")]


def _anew(asked: PageAsked, kind: str, *, first: bool) -> Markup:
    """The form that makes it: with costs and a grouping for the funnel, a moment for accounts."""
    who, controls = asked.who, list[Child]()
    if kind == "funnel":
        controls = _costs(asked)
    elif kind == "accounts":
        moment = tag("input", type="date", name="as-of")
        controls = [labelled(tell(who, "as_of"), moment, tell(who, "empty_is_now"))]
    make = tag("div", button(tell(who, _MAKE[kind]), kind="main"), class_="actions")
    told = tag("p", data_told="", role="status")
    sent = form(f"/app/{PATHS[kind]}", who, *controls, make, told, enctype="multipart/form-data",
                data_sending=tell(who, "the_files_are_on_their") if kind == "funnel" else "")  # fmt: skip
    return tag("section", tag("h2", tell(who, "make_the_first" if first else "make_it_anew")), sent)


def _costs(asked: PageAsked) -> list[Child]:
    """How leads are grouped, and what they cost."""
    who, fields = asked.who, asked.desk.opened.ladder.recipe.lead.fields
    named = [name for name, field in fields.items() if field.type == "category" and name not in GROUPINGS]
    groups = [(name, tell(who, f"by_{name}")) for name in GROUPINGS]
    groups += [(name, name.replace("_", " ")) for name in named]
    newest = newest_of(asked, "funnel")
    chosen = newest.options.get("by", GROUPINGS[0]) if newest else GROUPINGS[0]
    files = tag("input", type="file", name="costs", multiple="")
    currency = tag("input", name="currency", size="5", maxlength="3", autocapitalize="characters")
    scores = tag("input", type="file", name="scores")
    earlier = tag("input", type="file", name="earlier", multiple="")
    return [tag("div",
        labelled(tell(who, "group_leads_by"), choice("by", groups, chosen)),
        labelled(tell(who, "exports_of_costs"), files, tell(who, "of_google_meta_linkedin")),
        labelled(tell(who, "currency"), currency, tell(who, "where_there_are_two")),
        labelled(tell(who, "scores_of_open_leads"), scores, tell(who, "they_say_what_is_to_come")),
        labelled(tell(who, "scores_of_a_horizon_ago"), earlier, tell(who, "they_say_how_bands_did")),
        class_="two"), _move(asked)]  # fmt: skip


def _move(asked: PageAsked) -> Markup | None:
    """What if a part of a budget went elsewhere, between groups of the newest funnel that cost something."""
    who, made = asked.who, newest_of(asked, "funnel", done=True)
    groups = (made.printed() or {}).get("groups", ()) if made else ()
    paid = [str(one["name"]) for one in groups if one.get("cost")]
    if made is None or len(paid) < 2:
        return None
    last = each_of(made.options.get("move", "")) or ["", "", ""]
    names = [("", tell(who, "nothing_moved")), *((name, name) for name in paid)]
    share = tag("input", name="move-percent", type="number", min="0", max="100", step="any", value=last[2])
    return tag("details", tag("summary", tell(who, "what_if_budget_moved")), tag("div",
        labelled(tell(who, "from_group"), choice("move-from", names, last[0])),
        labelled(tell(who, "to_group"), choice("move-to", names, last[1])),
        labelled(tell(who, "percent_of_its_budget"), share),
        class_="two"), open="" if last[0] else None)  # fmt: skip


def _going_on(job: Job, who: Visitor) -> Markup:
    words = tell(who, "a_newer_one_of", made=job.made_at.strftime("%Y-%m-%d %H:%M UTC"))
    return note(tag("p", tag("a", words, href=f"/app/work/{job.id}"), " ", state_badge(job, who)))


def _without_data(who: Visitor) -> Markup:
    on = way(tell(who, "hand_exports_over"), "/app/start", main=True)
    return note(paragraph(tell(who, "there_are_no_leads_to")), tag("div", on, class_="actions"))
