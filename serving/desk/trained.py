"""What training found: the verdict in words, the figures, the report, and the button that lets it answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from serving.desk.asked import PageAsked
from serving.desk.sentences import tell
from serving.desk.words import way
from serving.jobs import Job
from serving.page import Child, Markup, Visitor, bullets, note, paragraph, table, tag, tiles
from serving.visit import shown
from serving.words.translation import translated

_NAMED = {
    "model": ("this model", "ce modèle"),
    "champion": ("the present champion", "le champion actuel"),
    "rules": ("the scorecard", "la grille de points"),
    "base_rate": ("no knowledge at all", "aucune connaissance"),
    "newest_first": ("newest first", "les plus récents d’abord"),
    "pls": ("Odoo’s predictive scoring", "le score prédictif d’Odoo"),
    "bayes": ("Bayes rates", "taux bayésiens"),
    "logistic": ("logistic regression", "régression logistique"),
}


def verdict_page(asked: PageAsked, job: Job) -> Response:
    """The page of a training that has ended."""
    who, run = asked.who, job.printed() or {}
    title = tell(who, "what_training_found")
    good = run.get("verdict") == "promote"
    doubts = [
        str(one).rstrip(".")
        for one in (*run.get("reasons", ()), *run.get("warnings", ()), *run.get("doubts", ()))
    ]
    body = [
        tag("h1", title),
        note(tag("p", tag("strong", _verdict(good, who))), kind="good" if good else "warn", role="status"),
        _figures(run, who),
        _comparison(run, who),
        tag("section", tag("h2", tell(who, "what_to_know")),
            bullets([f"{translated(one, who.language)}." for one in doubts])) if doubts else None,
        _next(asked, job, run, good=good),
    ]  # fmt: skip
    return shown(title, body, who, here="/app/start")


def _verdict(good: bool, who: Visitor) -> str:
    if good:
        return tell(who, "on_the_newest_leads_whose")  # fmt: skip
    return tell(who, "this_model_has_not_shown")


def _figures(run: Mapping[str, Any], who: Visitor) -> Markup:
    found: list[tuple[Child, str, str]] = []
    for key, said in (("n_train_leads", "leads_learned_from"), ("n_test_leads", "leads_judged_on")):
        if isinstance(run.get(key), int):
            found.append((who.count(run[key]), tell(who, said), ""))
    if isinstance(run.get("base_rate"), float):
        found.append((who.share(run["base_rate"]), tell(who, "of_them_converted"), ""))
    model = next((one for one in run.get("comparison", ()) if one["scorer"] == "model"), None)
    if model and isinstance(model.get("lift_10"), float):
        words = tell(who, "conversions_in_the_best_tenth")
        found.append((f"× {who.number(model['lift_10'], 1)}", words, "hot"))
    return tiles(found)


def _comparison(run: Mapping[str, Any], who: Visitor) -> Markup | None:
    """Each scorer on the same leads: who orders them best."""
    rows: list[list[Child]] = []
    for one in run.get("comparison", ()):
        name = who.say(*_NAMED.get(one["scorer"], (one["scorer"], one["scorer"])))
        auc, loss = one.get("auc"), one.get("log_loss")
        rows.append([name, *(who.number(x, 3) if isinstance(x, float) else "–" for x in (auc, loss))])
    if not rows:
        return None
    head = [tell(who, "on_the_same_leads"), "AUC", tell(who, "log_loss")]
    why = tell(who, "auc_how_often_a_lead")  # fmt: skip
    return tag("section", tag("h2", tell(who, "compared")), table(head, rows), paragraph(why, soft=True))


def _next(asked: PageAsked, job: Job, run: Mapping[str, Any], *, good: bool) -> Markup:
    who = asked.who
    report = way(tell(who, "open_the_report"), f"/app/work/{job.id}/report.html")
    recipe = way(tell(who, "download_the_recipe"), f"/app/work/{job.id}/recipe.toml")  # fmt: skip
    if not who.may("admin"):
        ask = paragraph(tell(who, "a_key_with_the_scope"))
        return tag("div", ask, tag("div", report, recipe, class_="actions"))
    address = f"/app/champion/promote?name={run.get('name', '')}&run={run.get('run_id', '')}"
    promote = way(tell(who, "let_it_answer"), address, main=good)
    return tag("div", promote, report, recipe, class_="actions")
