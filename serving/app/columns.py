"""The columns of a dropped export, seen beside the fields of the model, corrected, and sent off."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from features.recipe import Recipe
from serving.api.desk import caller_of, desk_of
from serving.app.asked import jobs_of
from serving.app.drafts import Upload, find_draft
from serving.batch import nameable
from serving.browse import FieldMatch, Matched, matched
from serving.jobs.words import in_one
from serving.page import Child, Markup, Visitor, button, choice, form, labelled, note, paragraph, tag
from serving.visit.answers import gone_to, page_at, sent_form, sent_name, shown, visitor, way_back
from serving.words.sentences import Teller

_FIELD = "column."


@page_at
async def columns(request: Request) -> Response:
    """Which column is what; posted, the export is sent off to be scored, or looked at again."""
    who, by, recipe = visitor(request.scope), caller_of(request), desk_of(request).opened.ladder.recipe
    draft = await run_in_threadpool(find_draft, jobs_of(request), request.path_params["draft_id"], by)
    leads = draft.path("leads")
    assert leads is not None
    if request.method != "POST":
        found = await run_in_threadpool(matched, recipe, leads)
        return _columns_page(who, draft, recipe, found, secrets.token_hex(8))
    fields = await sent_form(request)
    chosen = {key.removeprefix(_FIELD): str(value) for key, value in fields.items() if key.startswith(_FIELD)}
    chosen = {field: column for field, column in chosen.items() if field in nameable(recipe)}
    if any(len(column.splitlines()) > 1 for column in chosen.values()):  # a form writes all line breaks alike
        names = {sent_name(name): name for name in (await run_in_threadpool(matched, recipe, leads)).names}
        chosen = {field: names.get(sent_name(column), column) for field, column in chosen.items()}
    named = [column for column in chosen.values() if column]
    twice = sorted({column for column in named if named.count(column) > 1})
    if twice or "again" in fields:
        found = await run_in_threadpool(matched, recipe, leads, chosen)
        return _columns_page(who, draft, recipe, found, str(fields.get("asked", "")), twice)
    files = {role: path for role in draft.about.files if (path := draft.path(role)) is not None}
    if recipe.events is None:
        files.pop("events", None)
    options = _options(recipe, chosen, who, f"{draft.id}-{fields.get('asked', '')}")
    if str(fields.get("as_of", "")).strip():
        options["as-of"] = str(fields["as_of"]).strip()
    job = await run_in_threadpool(jobs_of(request).submit, "score", files, options, by)
    return gone_to(f"/app/jobs/{job.id}")


def _options(recipe: Recipe, chosen: Mapping[str, str], who: Visitor, asked: str) -> dict[str, str]:
    """What the command is told: only columns that are called otherwise than the recipe says."""
    known = nameable(recipe)
    other = [f"{field}={column}" for field, column in chosen.items() if column != known[field]]
    options = {"language": who.language, "asked": asked}
    return options | ({"column": in_one(other)} if other else {})


def _columns_page(
    who: Visitor, draft: Upload, recipe: Recipe, found: Matched, asked: str, twice: Iterable[str] = ()
) -> Response:
    name = draft.about.files["leads"]
    title = who.say("Is this right?", "Est-ce juste ?")
    rows, columns_ = who.count(found.rows), who.count(len(found.names))
    body: list[Child] = [
        tag("h1", title),
        tag("p", who.say(f"{name}: {rows} rows, {columns_} columns. Below is where each thing that the model "
                         "reads was found. Change what is wrong.",
                         f"{name} : {rows} lignes, {columns_} colonnes. Voici où chaque information que le "
                         "modèle lit a été trouvée. Corrigez ce qui est faux."), class_="lead"),
        *_notes(who, draft, recipe, found, twice),
        form(f"/app/uploads/{draft.id}", who, tag("input", type="hidden", name="asked", value=asked),
             tag("section", tag("h2", who.say("Columns", "Colonnes")), _table(who, recipe, found)),
             tag("section", tag("h2", who.say("When", "Quand")), _when(who)),
             tag("p", button(who.say("Score these leads", "Noter ces prospects"), kind="main"),
                 button(who.say("Check again", "Vérifier de nouveau"), name="again", value="yes"),
                 class_="actions"), data_sending=who.say("One moment …", "Un instant …")),
    ]  # fmt: skip
    return shown(title, body, who)


def _notes(
    who: Visitor, draft: Upload, recipe: Recipe, found: Matched, twice: Iterable[str]
) -> Iterable[Child]:
    for column in twice:
        yield note(paragraph(who.say(
            f"The column “{column}” is chosen twice: choose it for one field only.",
            f"La colonne « {column} » est choisie deux fois : choisissez-la pour un seul champ.",
        )), kind="bad", role="alert")  # fmt: skip
    if not found.readable:
        yield note(
            paragraph(who.say(
                "None of the columns that the model reads was found. This looks like the export of another "
                "company, or of another table.",
                "Aucune des colonnes que le modèle lit n’a été trouvée. Cela ressemble à l’export d’une "
                "autre entreprise, ou d’une autre table.",
            )),
            paragraph(who.say("Choose the columns by hand below, or drop another file.",
                              "Choisissez les colonnes ci-dessous, ou déposez un autre fichier.")),
            way_back(who), kind="warn",
        )  # fmt: skip
    if "events" in draft.about.files and recipe.events is None:
        yield note(paragraph(who.say(
            "The model reads no events: that file is left out.",
            "Le modèle ne lit pas d’événements : ce fichier est laissé de côté.",
        )), kind="warn")  # fmt: skip
    elif recipe.events is not None and "events" not in draft.about.files:
        yield note(paragraph(who.say(
            "No file of events was dropped: leads are scored without what they did.",
            "Aucun fichier d’événements n’a été déposé : les prospects sont notés sans ce qu’ils ont fait.",
        )))  # fmt: skip


def _table(who: Visitor, recipe: Recipe, found: Matched) -> Markup:
    head = [who.say("what the model reads", "ce que le modèle lit"), who.say("your column", "votre colonne"),
            who.say("how sure", "certitude"), who.say("for example", "par exemple")]  # fmt: skip
    none = ("", who.say("– none –", "– aucune –"))
    options = [none, *((name, name) for name in found.names)]
    rows = []
    for one in found.fields:
        select = choice(_FIELD + one.field, options, one.column,
                        aria_label=who.say(f"Column of {one.field}", f"Colonne de {one.field}"))  # fmt: skip
        cells: list[Child] = [
            _called(who, recipe, one.field),
            select,
            _sure(who, one),
            ", ".join(one.examples),
        ]
        rows.append(
            tag("tr", *[tag("td", cell, data_head=word) for cell, word in zip(cells, head, strict=True)])
        )
    top = tag("thead", tag("tr", *[tag("th", word, scope="col") for word in head]))
    return tag("div", tag("table", top, tag("tbody", *rows), class_="stack"), class_="wide")


_ROLES = {
    "id": ("number of the lead", "numéro du prospect"), "created_at": ("day of creation", "date de création"),
    "opted_out": ("does not want to be contacted", "ne veut pas être contacté"),
    "account": ("company’s number", "numéro de l’entreprise"), "outcome": ("outcome", "issue"),
    "stage": ("stage", "étape"),
}  # fmt: skip


def _called(who: Visitor, recipe: Recipe, field: str) -> Markup:
    words = who.say(*_ROLES[field]) if field in _ROLES else Teller(recipe, who.language).label(field)
    return tag("b", words)


def _sure(who: Visitor, one: FieldMatch) -> Markup:
    """How the column was found, and what its cells say."""
    if not one.column:
        return tag(
            "span", who.say("not found: counts as unknown", "absente : compte comme inconnue"), class_="hint"
        )
    how = {
        "same": who.say("same name", "même nom"),
        "known": who.say("known under this name", "connue sous ce nom"),
        "near": who.say("similar name: please check", "nom proche : vérifiez"), "none": "",
    }[one.how]  # fmt: skip
    if not one.filled:
        return tag("span", how, tag("small", who.say("empty", "vide"), class_="hint"))
    filled = who.say(f"{who.share(one.filled / max(one.looked, 1))} filled",
                     f"remplie à {who.share(one.filled / max(one.looked, 1))}")  # fmt: skip
    if one.readable is not None and one.readable < one.filled:
        share = who.share(one.readable / one.filled)
        filled += who.say(f", {share} of it readable as {one.type}", f", lisible à {share} comme {one.type}")
    return tag("span", how, tag("small", filled, class_="hint"))


def _when(who: Visitor) -> Markup:
    moment = tag("input", type="date", name="as_of")
    return labelled(
        who.say("Score as of", "Noter à la date du"), moment,
        who.say("Empty: now. For an older export name its day, or every lead looks old.",
                "Vide : maintenant. Pour un ancien export, donnez son jour, sinon tout paraît ancien."),
    )  # fmt: skip
