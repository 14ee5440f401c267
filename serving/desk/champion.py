"""Who answers: how well, for whom, since when; another promoted, or the former one let back."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import Response

from features.clock import from_us
from serving.api.who import rungs_of
from serving.desk.asked import PageAsked, can_train
from serving.desk.company import newest_of
from serving.desk.framed import framed_file, sent_file
from serving.desk.sentences import tell
from serving.desk.start import no_training
from serving.desk.words import rung_words, way
from serving.desk.work import recent_work
from serving.page import Child, Markup, Visitor, button, form, labelled, note, paragraph, table, tag, tiles
from serving.registry import report_of_run
from serving.visit import gone_to, shown
from serving.words.translation import translated

_METRICS = (
    ("auc", "AUC"),
    ("log_loss", "log loss"),
    ("brier", "Brier"),
    ("observed_expected", "converted / promised"),
)


def champion(asked: PageAsked) -> Response:
    """What answers now."""
    who, desk = asked.who, asked.desk
    opened, title = desk.opened, tell(asked.who, "the_model_that_answers")
    if opened.fresh:
        return gone_to("/app/start")
    loaded = from_us(desk.standing.since_us)
    since = tag("span", f"{loaded:%Y-%m-%d}", tag("small", f"{loaded:%H:%M} UTC", class_="hint"))
    answers = f"{rung_words(who, opened.rung)} {opened.version}".strip()[:24]
    learned = opened.history_end_us
    facts: list[tuple[Child, str, str]] = [
        (opened.ladder.recipe.name, tell(who, "name"), ""),
        (answers, tell(who, "answers"), "cold" if opened.ref else ""),
        (since, tell(who, "loaded_here_since"), ""),
        (from_us(learned).strftime("%Y-%m-%d") if learned else "–",
         tell(who, "learned_until"), ""),
    ]  # fmt: skip
    body = [
        tag("h1", title),
        note(paragraph(f"{translated(opened.warning, who.language)}."), kind="warn")
        if opened.warning
        else None,
        note(paragraph(f"{translated(desk.standing.pending, who.language)}."), kind="warn")
        if desk.standing.pending
        else None,
        tiles(facts),
        _metrics(asked),
        _rungs(asked),
        _ways(asked),
        _beside(asked),
        recent_work(asked),
    ]
    return shown(title, body, who, here="/app/champion")


def report(asked: PageAsked) -> Response:
    """The report of the run that made the champion."""
    run = asked.desk.opened.run_id
    path: Path | None = report_of_run(run, asked.who.language) if run else None
    if path is not None and "file" in asked.query:
        return sent_file(asked.who, path)
    if path is not None:
        back = tag("a", tell(asked.who, "back_to", name=tell(asked.who, "the_model")), href="/app/champion")
        return framed_file(asked.who, path, "/app/champion/report", back, "/app/champion")
    who, title = asked.who, tell(asked.who, "no_report")
    words = tell(who, "the_report_of_this_model")  # fmt: skip
    return shown(title, [tag("h1", title), note(paragraph(words))], who, here="/app/champion")


def promote(asked: PageAsked) -> Response:
    """PageAsked first, then done by a job that says what the gate says."""
    who = asked.who
    if not can_train():
        return _only_full(who)
    name = (
        asked.said("name") if asked.post else asked.query.get("name")
    ) or asked.desk.opened.ladder.recipe.name
    run = asked.said("run") if asked.post else asked.query.get("run", "")
    if asked.post:
        forced = {"force": "yes", "reason": asked.said("reason")} if asked.said("force") else {}
        return asked.begin("promote", {}, {"name": name, "run": run, **forced}, anew=True)
    title = tell(who, "let_this_model_answer")
    said = tell(who, "the_newest_model_of_name", name=name)  # fmt: skip
    force = tag("details", tag("summary", tell(who, "override_the_gate")),
                tag("label", tag("input", type="checkbox", name="force", value="yes"),
                    tag("span", tell(who, "promote_it_even_if_the"))),
                _reason(who))  # fmt: skip
    hidden = [
        tag("input", type="hidden", name=key, value=value) for key, value in (("name", name), ("run", run))
    ]
    yes = button(tell(who, "yes_let_it_answer"), kind="main")
    return _confirmation(
        who, title, said, form("/app/champion/promote", who, *hidden, force, _answers(who, yes))
    )


def rollback(asked: PageAsked) -> Response:
    """PageAsked first, then done by a job."""
    who = asked.who
    if not can_train():
        return _only_full(who)
    name = asked.desk.opened.ladder.recipe.name
    if asked.post:
        return asked.begin("rollback", {}, {"name": name, "reason": asked.said("reason")}, anew=True)
    title = tell(who, "go_back_to_the_former")
    said = tell(who, "the_champion_before_this_one")  # fmt: skip
    why = _reason(who)
    yes = button(tell(who, "yes_go_back"), kind="danger")
    return _confirmation(who, title, said, form("/app/champion/rollback", who, why, _answers(who, yes)))


def _reason(who: Visitor) -> Markup:
    return labelled(tell(who, "why_recorded"), tag("input", name="reason", maxlength="300"))


def _metrics(asked: PageAsked) -> Markup | None:
    who, found = asked.who, asked.desk.opened.metrics
    rows: list[list[Child]] = [
        [translated(words, who.language), who.number(value, 3)]
        for key, words in _METRICS
        if isinstance(value := found.get(key), float)
    ]
    if not rows:
        return None
    head = [tell(who, "on_the_newest_leads"), tell(who, "figure")]
    return tag("section", tag("h2", tell(who, "how_well")), table(head, rows))


def _rungs(asked: PageAsked) -> Markup:
    """Who answers for which segment, the best first."""
    who = asked.who
    rows, rungs = list[list[Child]](), rungs_of(asked.desk.opened.ladder)
    rest = "all_others" if any(one["segment"] for rung in rungs for one in rung["segments"]) else "all_leads"
    for rung in rungs:
        named = [one["segment"] or tell(who, rest) for one in rung["segments"]]
        leads = ", ".join(named) or tell(who, "all_leads")
        needs = tell(who, "events") if rung["needs_events"] else "–"
        rows.append([f"{rung_words(who, rung['rung'])} {rung['version']}".strip(), leads, needs])
    head = [tell(who, "rung"), tell(who, "for"), tell(who, "needs")]
    return tag(
        "section",
        tag("h2", tell(who, "who_answers_the_best_first")),
        table(head, rows),
    )


def _ways(asked: PageAsked) -> Markup:
    who, links = asked.who, list[Child]()
    if asked.desk.opened.run_id:
        links.append(way(tell(who, "open_its_report"), "/app/champion/report"))
    if who.may("admin") and can_train():
        links.append(way(tell(who, "promote_the_newest_model"), "/app/champion/promote"))  # fmt: skip
        if asked.desk.opened.ref is not None:
            links.append(way(tell(who, "go_back"), "/app/champion/rollback"))
    lacking = None if can_train() else paragraph(no_training(who), soft=True)
    return tag("div", lacking, tag("div", *links, class_="actions") if links else None)


def _beside(asked: PageAsked) -> Markup:
    """The pages that go with it: each with the day of the newest one, or that there is none yet."""
    who, rows = asked.who, list[list[Child]]()
    for kind, path, title in (
        ("inspect", "inspection", "every_field_looked_at"),
        ("watch", "watch", "is_it_still_right"),
    ):
        newest = newest_of(asked, kind, done=True)
        made = (
            tell(who, "made_at", made=newest.made_at.strftime("%Y-%m-%d"))
            if newest
            else tell(who, "none_yet")
        )
        rows.append([tag("a", tell(who, title), href=f"/app/{path}"), made])
    head = [tell(who, "page"), tell(who, "newest")]
    return tag("section", tag("h2", tell(who, "beside_it")), table(head, rows))


def _only_full(who: Visitor) -> Response:
    title = tell(who, "not_in_this_service")
    return shown(
        title, [tag("h1", title), note(paragraph(no_training(who)), kind="warn")], who, here="/app/champion"
    )


def _confirmation(who: Visitor, title: str, said: str, answer: Markup) -> Response:
    return shown(title, [tag("h1", title), paragraph(said), answer], who, here="/app/champion")


def _answers(who: Visitor, yes: Markup) -> Markup:
    return tag("div", yes, way(tell(who, "no"), "/app/champion"), class_="actions")
