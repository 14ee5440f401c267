"""What `init` assumed, as a table that can be corrected; then trained, or scored by the scorecard."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.responses import Response

from serving.app.told import plain_cell
from serving.desk.asked import PageAsked, can_train
from serving.desk.sentences import tell
from serving.desk.words import way
from serving.jobs import Job
from serving.jobs.words import each_of, in_one
from serving.page import Child, Markup, Visitor, bullets, button, choice, form, paragraph, table, tag
from serving.visit import sent_name, shown
from serving.words.translation import translated

_NO_FIELD = ("id", "empty", "text")
"""What a column is read as that can be no field, whatever it knows."""
_NOT_OF_THE_FILE = ("none", "any value", "the row number", "the order of rows", "nothing, a lot decides")
"""What may be taken beside a column or a value of the file."""
_QUESTIONS = {
    "outcome": ("Outcome: COLUMN=VALUE that means won", "Issue : COLONNE=VALEUR qui veut dire gagné"),
    "id": ("Column that names a lead", "Colonne qui nomme un prospect"),
    "time": ("Column that dates its creation", "Colonne qui date sa création"),
    "name": ("Name of the model", "Nom du modèle"),
}
_GUESSES = {"outcome": ("outcome", "won"), "id": ("id",), "time": ("creation",), "name": ()}
"""Option → the guesses of `init` that it decides."""


def assumptions(asked: PageAsked, job: Job) -> Response:
    """The page of a job that looked at exports."""
    who, found = asked.who, job.printed() or {}
    title = tell(who, "what_was_assumed")
    body = [
        tag("h1", title),
        paragraph(tell(who, "what_is_wrong_here_is")),
        form(
            f"/app/work/{job.id}/assumed", who,
            _deciding(job, found, who), _columns(job, found, who), _buttons(job, who),
        ),
        _remarks(found, who),
    ]  # fmt: skip
    return shown(title, body, who, here="/app/start")


def without_outcome(job: Job, who: Visitor) -> Markup:
    """What to do where `init` could not go on by itself: say what means won, or score without."""
    label, control = (
        who.say(*_QUESTIONS["outcome"]),
        tag("input", name="outcome", value=job.options.get("outcome", "")),
    )
    named = tag("label", tag("span", label), control)
    by_rules = button(
        tell(who, "there_is_no_outcome_score"),
        name="open", value="yes", formnovalidate="",
    )  # fmt: skip
    again = button(tell(who, "look_again"), kind="main")
    return form(f"/app/work/{job.id}/assumed", who, named, tag("div", again, by_rules, class_="actions"))


def corrected(asked: PageAsked) -> Response:
    """What a person changed is looked at anew; where nothing was, it is trained or scored."""
    job = asked.job("init")
    files = {role: job.inputs / name for role, name in job.files.items()}
    options = _options(asked, job)
    if options != _present(job) or job.state != "done":
        return asked.begin("init", files, options)
    files["recipe"] = job.inputs / "recipe.toml"
    next_kind = asked.said("next") or ("score" if _learns_nothing(job) else "train")
    told = {"language": asked.who.language}
    if next_kind == "score":
        return asked.begin("score", _to_score(job, files), told, anew=True)
    return asked.begin(*(("inspect", files, {}) if next_kind == "inspect" else ("train", files, told)))


def _to_score(job: Job, files: Mapping[str, Path]) -> dict[str, Path]:
    """The leads, and their events where there are some, by the recipe."""
    roles = _tables(job)
    leads = roles.get("leads") or min(role for role in files if role != "recipe")
    found = {"leads": files[leads], "recipe": files["recipe"]}
    return found | ({"events": files[roles["events"]]} if "events" in roles else {})


def _tables(job: Job) -> dict[str, str]:
    """Table of the recipe → the role of its file."""
    named = tomllib.loads((job.inputs / "recipe.toml").read_text(encoding="utf-8")).get("tables", {})
    roles = {name: role for role, name in job.files.items()}
    return {table: roles[str(file).partition("#")[0]] for table, file in named.items()
            if isinstance(file, str) and str(file).partition("#")[0] in roles}  # fmt: skip


def _present(job: Job) -> dict[str, str]:
    """The options that made what is shown."""
    return {name: value for name, value in job.options.items() if name != "asked" and value}


def _options(asked: PageAsked, job: Job) -> dict[str, str]:
    """The options of `init` that what a person wrote comes to: what was shown and left alone is none."""
    present, answers = _present(job), _answers(job)
    found = {name: value for name, value in present.items() if name in _QUESTIONS}
    for name in _QUESTIONS:
        said = asked.said(name)
        if said and said != answers[name]:
            found[name] = said
        elif not said:
            found.pop(name, None)
    columns = [str(one["column"]) for one in (job.printed() or {}).get("findings", ())]
    named = {sent_name(one): one for one in columns}
    left_out = in_one(sorted({named.get(sent_name(one), one) for one in asked.fields.get("exclude", ())}))
    found |= {"exclude": left_out} if left_out else {}
    kept = in_one(sorted({named.get(sent_name(one), one) for one in asked.fields.get("keep", ())}))
    found |= {"keep": kept} if kept else {}
    found |= {"open": "yes"} if asked.said("open") or (present.get("open") and "outcome" not in found) else {}
    return found


def _answers(job: Job) -> dict[str, str]:
    """What stands in each field before anybody writes into it."""
    found = job.printed() or {}
    guesses = {one["question"]: one for one in found.get("guesses", ())}
    answers = dict.fromkeys(_QUESTIONS, "")
    named = tomllib.loads(found.get("recipe", "")).get("recipe", {}).get("name", "")
    for name, questions in _GUESSES.items():
        given = [guesses[one]["answer"] for one in questions if one in guesses and guesses[one]["answer"]]
        answers[name] = job.options.get(name) or (given[-1] if given else "")
    return answers | {"name": job.options.get("name") or named}


def _of_leads(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What was found of the columns of the leads, the table that comes first."""
    findings = list(found.get("findings", ()))
    return [one for one in findings if one["table"] == findings[0]["table"]]


def _deciding(job: Job, found: Mapping[str, Any], who: Visitor) -> Markup:
    answers, columns = _answers(job), [one["column"] for one in _of_leads(found)]
    guesses = {one["question"]: one for one in found.get("guesses", ())}
    rows: list[Child] = []
    for name, words in _QUESTIONS.items():
        if name == "outcome" and job.options.get("open"):
            continue
        why = [guesses[one] for one in _GUESSES[name] if one in guesses]
        rows.append(_field(name, who.say(*words), answers[name], columns, why, who))
    return tag("section", tag("h2", tell(who, "what_decides")), *rows)


def _field(
    name: str, label: str, value: str, columns: list[str], why: list[Mapping[str, Any]], who: Visitor
) -> Markup:
    if name in ("id", "time"):
        options = [("", "–"), *((one, one) for one in dict.fromkeys([value, *columns]) if one)]
        control = choice(name, options, value)
    else:
        control = tag("input", name=name, value=value, maxlength="400")
    too = tell(who, "could_be_too")
    hints = [
        f"{_taken(one, who)} ({_told(one['certainty'], who)}){who.say(':', ' :')} {_told(one['why'], who)}"
        + (f". {too}: {', '.join(one['others'][:6])}" if one["others"] else "")
        for one in why
    ]  # fmt: skip
    return tag("label", tag("span", label), control, *[tag("small", hint) for hint in hints])


def _taken(guess: Mapping[str, Any], who: Visitor) -> str:
    """What was taken: a column or a value as the file writes it, else that none was, in words."""
    taken = str(guess["taken"] or "–")
    return _told(taken, who) if taken in _NOT_OF_THE_FILE else taken


def _told(text: object, who: Visitor) -> str:
    return translated(str(text), who.language)


def _columns(job: Job, found: Mapping[str, Any], who: Visitor) -> Markup:
    reasons = {one["column"]: one["reason"] for one in (*found.get("suspects", ()), *found.get("marked", ()))}
    left_out = {one["column"] for one in found.get("suspects", ())}
    excluded = set(each_of(job.options.get("exclude", "")))
    kept = set(each_of(job.options.get("keep", "")))
    head = [
        tell(who, "column"), tell(who, "read_as"), tell(who, "filled"),
        tell(who, "such_as"), tell(who, "leave_out"),
    ]  # fmt: skip
    rows: list[list[Child]] = []
    for one in found.get("findings", ()):
        name, leads = str(one["column"]), one in _of_leads(found)
        why = (reasons.get(name) if leads else None) or one["remark"]
        told = tag("small", _told(why, who), class_="why") if why else None
        cell = tag("span", name, tag("br") if told else None, told)
        gone = leads and name in left_out and name not in excluded
        control: Child = ""
        if gone and one["role"] in _NO_FIELD:
            control = tell(who, "left_out")
        elif gone or name in kept:
            control = _tick("keep", name, name in kept, tell(who, "use_name_all_the_same", name=name), who)
        elif leads:
            control = _tick("exclude", name, name in excluded, tell(who, "leave_name_out", name=name), who)
        rows.append(
            [cell, _told(one["role"], who), who.share(one["fill"]), plain_cell(one["example"]), control]
        )
    return tag("section", tag("h2", tell(who, "every_column")), table(head, rows))


def _tick(option: str, column: str, on: bool, label: str, who: Visitor) -> Markup:
    """A box for one column; of one that was left out it says that it can be used all the same."""
    box = tag(
        "input", type="checkbox", name=option, value=column, checked="" if on else None, aria_label=label
    )
    said = tell(who, "left_out_use_it") if option == "keep" else ""
    return tag("label", box, tag("span", said), class_="tick") if said else box


def _learns_nothing(job: Job) -> bool:
    """Whether the recipe says of no lead how it ended."""
    recipe = tomllib.loads((job.printed() or {}).get("recipe", ""))
    return "outcomes" not in recipe.get("tables", {}) and "column" not in recipe.get("outcomes", {})


def _buttons(job: Job, who: Visitor) -> Markup:
    opened, full = _learns_nothing(job), can_train()
    train = button(tell(who, "train_with_this"), kind="main", name="next", value="train")
    score = button(tell(who, "score_by_the_scorecard"),
                   kind="main" if opened else "", name="next", value="score")  # fmt: skip
    inspect = button(tell(who, "inspect_every_field"), name="next", value="inspect")
    recipe = way(tell(who, "download_the_recipe"), f"/app/work/{job.id}/recipe.toml")  # fmt: skip
    trained = [train, inspect] if full and not opened else []
    hint = paragraph(tell(who, "where_you_changed_something_it"), soft=True)  # fmt: skip
    return tag("div", tag("div", *trained, score, recipe, class_="actions"), hint)


def _remarks(found: Mapping[str, Any], who: Visitor) -> Markup | None:
    lines = [str(one) for one in found.get("remarks", ())]
    lines += [
        f"{place}: {kind}: {rows:,} ({treatment})"
        for place, kind, rows, treatment in found.get("quality", ())
    ]
    if not lines:
        return None
    told = [_told(line, who) for line in lines]
    return tag("section", tag("h2", tell(who, "what_was_noticed")), bullets(told))
