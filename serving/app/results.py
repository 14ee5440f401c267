"""A scored export on the screen: its figures, the hot list with reasons, filters, pages, downloads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from serving.answer import Ladder
from serving.api.desk import desk_of
from serving.app.asked import address, job_asked, ladder_of, made_for, may_change, rows_of, wanted_of
from serving.app.download import download_form, made_for_page
from serving.app.drawings import spread_chart
from serving.app.listed import lead_table, told_to
from serving.app.progress import failed_page, progress_page
from serving.app.told import (
    MATURITIES,
    maturity_words,
    moment_words,
    other_way,
    title_of,
)
from serving.asked import Heard
from serving.browse import ScoredRows, Wanted
from serving.jobs import Job
from serving.page import (
    Child,
    Markup,
    Visitor,
    bullets,
    button,
    choice,
    figure,
    labelled,
    note,
    section,
    tag,
    tiles,
)
from serving.visit.answers import page_at, shown, visitor
from serving.words.translation import translated

_ROWS = 25


@page_at
async def job_page(request: Request) -> Response:
    """A job: how far it is, why it failed, or what came of it."""
    who, job = visitor(request.scope), await job_asked(request)
    if not job.ended:
        return progress_page(who, job, may_change=may_change(request, job))
    if job.state != "done":
        return failed_page(who, job, may_change=may_change(request, job))
    if made_for(job):
        return shown(title_of(job), made_for_page(who, job), who)
    ladder = await ladder_of(request, job)
    wanted, number = wanted_of(request), _number(request)
    said = await run_in_threadpool(desk_of(request).heard)
    body = await run_in_threadpool(_result, who, job, ladder, said, wanted, number)
    return shown(title_of(job), body, who)


def _number(request: Request) -> int:
    text = request.query_params.get("page", "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 9 else 1


def _result(who: Visitor, job: Job, ladder: Ladder, said: Heard, wanted: Wanted, number: int) -> list[Child]:
    recipe = ladder.recipe
    rows = rows_of(job, recipe, said)
    printed = job.printed() or {}
    count, (maturities, expected, bands) = rows.count(wanted), rows.figures(wanted)
    number = min(number, max(1, -(-count // _ROWS)))
    found = rows.page(wanted, (number - 1) * _ROWS, _ROWS)
    told = told_to(who, job, ladder, rows, found, said)
    days = f"{recipe.recipe.horizon_days:g}"
    return [
        tag("h1", title_of(job)),
        tag("p", _scored_line(who, printed, rows, count, recipe.recipe.zone), class_="lead"),
        tiles(_tiles(who, job, wanted, maturities, expected, count, days)),
        section("spread", who.say("How the scores are spread", "Répartition des scores"),
                figure(spread_chart(who, bands))) if bands else None,
        section("list", who.say("Whom to contact first", "Qui contacter en premier"),
                _filters(who, job, rows, wanted), lead_table(who, job, rows, found, wanted, told),
                _pages(who, job, wanted, number, count)),
        section("download", who.say("Take it with you", "Emporter le fichier"),
                download_form(who, job, wanted)),
        *_notes(who, job, printed),
    ]  # fmt: skip


def _scored_line(who: Visitor, printed: Mapping[str, Any], rows: ScoredRows, count: int, zone: str) -> str:
    when = moment_words(who, datetime.fromisoformat(printed["as_of"]), zone) if "as_of" in printed else ""
    scorecard = who.say("the scorecard", "la grille de points")
    called = {"model": who.say("the model", "le modèle"), "bayes": who.say("Bayes rates", "taux bayésiens"),
              "rules": scorecard}  # fmt: skip
    by = ", ".join(called.get(name, str(name)) for name in printed.get("rungs", {}))
    whole, some = who.count(rows.leads.rows), who.count(count)
    shown_ = "" if count == rows.leads.rows else who.say(f"{some} of ", f"{some} sur ")
    return who.say(
        f"{shown_}{whole} rows, scored as of {when} ({zone}) by: {by or 'nobody'}.",
        f"{shown_}{whole} lignes, notées au {when} ({zone}) par : {by or 'personne'}.",
    )


def _tiles(
    who: Visitor,
    job: Job,
    wanted: Wanted,
    maturities: Mapping[str, int],
    expected: float,
    count: int,
    days: str,
) -> Iterable[tuple[Child, str, str]]:
    """The figures; how many are hot, warm and cold leads to the list of them."""
    said = {
        "hot": who.say("hot: contact at once", "chauds : à contacter tout de suite"),
        "warm": who.say("warm: interested", "tièdes : intéressés"),
        "cold": who.say("cold: no project yet", "froids : pas encore de projet"),
    }
    for name in MATURITIES:
        count_of = maturities.get(name, 0)
        only = tag("a", who.count(count_of), href=address(job, replace(wanted, maturity=name)) + "#list")
        yield only if count_of else who.count(0), said[name], name
    digits = 0 if expected >= 10 else 1
    in_days = who.say(f"customers expected in {days} days", f"clients attendus en {days} jours")
    yield who.number(expected, digits), in_days, ""
    rest = count - sum(maturities.values())
    yield who.count(rest), who.say("closed, opted out or not scored", "clos, opposés ou non notés"), ""


def _filters(who: Visitor, job: Job, rows: ScoredRows, wanted: Wanted) -> Markup:
    everyone = ("", who.say("all", "tous"))
    maturities = [everyone, *((name, maturity_words(who, name)) for name in MATURITIES)]
    controls = [labelled(who.say("Maturity", "Maturité"), choice("maturity", maturities, wanted.maturity))]
    for name, column in (("owner", rows.owner), ("origin", rows.origin)):
        if column:
            values = [everyone, *((value, f"{value} ({who.count(n)})") for value, n in rows.values(column))]
            controls.append(labelled(column, choice(name, values, getattr(wanted, name))))
    text = tag("input", type="search", name="text", value=wanted.text, size="16")
    controls.append(labelled(who.say("Search", "Chercher"), text))
    send = button(who.say("Show", "Afficher"))
    return tag("form", tag("div", *controls, tag("p", send), class_="row"), method="get",
               action=f"/app/jobs/{job.id}", role="search")  # fmt: skip


def _pages(who: Visitor, job: Job, wanted: Wanted, number: int, count: int) -> Markup:
    last = max(1, -(-count // _ROWS))
    back = (
        tag(
            "a",
            who.say("← Previous", "← Précédent"),
            href=address(job, wanted, page=str(number - 1)) + "#list",
            rel="prev",
        )
        if number > 1
        else tag("span", "")
    )
    more = (
        tag(
            "a",
            who.say("Next →", "Suivant →"),
            href=address(job, wanted, page=str(number + 1)) + "#list",
            rel="next",
        )
        if number < last
        else tag("span", "")
    )
    where = who.say(
        f"Page {who.count(number)} of {who.count(last)}", f"Page {who.count(number)} sur {who.count(last)}"
    )
    return tag(
        "nav",
        back,
        tag("span", where),
        more,
        class_="pages",
        aria_label=who.say("Pages of the list", "Pages de la liste"),
    )


def _notes(who: Visitor, job: Job, printed: Mapping[str, Any]) -> Iterable[Child]:
    """What the run warned of, and what was odd about the files."""
    told = [f"{translated(text, who.language)}." for text in printed.get("warnings", [])]
    counted = [row for row in printed.get("quality", []) if row[1] != "rows read"]
    odd = [f"{table}: {what}: {count:,} ({how})" for table, what, count, how in counted]
    odd += [f"{what}: {count:,}" for what, count in printed.get("faults", {}).items()]
    odd = [translated(text, who.language) for text in odd]
    if printed.get("drift"):
        told.append(translated(str(printed["drift"].get("words", "")), who.language))
    if told or odd:
        title = who.say("What to know of this file", "À savoir sur ce fichier")
        warned = [text for text in told if text]
        anew = tag("p", other_way(who, job), class_="actions")
        yield section(
            "notes", title, note(bullets(warned), kind="warn") if warned else None, bullets(odd), anew
        )
