"""First use: a page that says what to do, and takes the exports."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from starlette.responses import Response

from serving.api.problems import RefusedError
from serving.desk.asked import PageAsked, can_train
from serving.desk.sentences import tell
from serving.desk.work import recent_work
from serving.jobs.folder import plain_names
from serving.page import Markup, Visitor, button, form, join, note, paragraph, tag
from serving.visit import shown


def start(asked: PageAsked) -> Response:
    """The form, and what becomes of the files that it brings."""
    if asked.post:
        return _begun(asked, list(asked.files.values()))
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


def _begun(asked: PageAsked, files: list[Path]) -> Response:
    """The files handed over to a job that looks at them; with a recipe among them, to one that trains."""
    who = asked.who
    if not files:
        raise RefusedError(
            400, tell(who, "files"), tell(who, "none_was_chosen"), tell(who, "choose_at_least_one_export")
        )
    recipes = [path for path in files if path.suffix == ".toml"]
    tables = {f"file-{n:02}": path for n, path in enumerate((one for one in files if one not in recipes), 1)}
    if recipes and tables:
        files_of_job = tables | {"recipe": recipes[0]}
        _check_recipe(asked, recipes[0], set(plain_names(files_of_job).values()))
        return asked.begin("train", files_of_job, {"language": who.language})
    return asked.begin("init", tables or {"file-01": files[0]}, {})


def _check_recipe(asked: PageAsked, recipe: Path, handed: set[str]) -> None:
    """Whether a recipe from outside reads only what came with it: it must not open the server's own files.

    A SELECT is one that `init` wrote for this person: it joins files by their names.

    Raises:
        RefusedError: it is no TOML, or names anything else.
    """
    who = asked.who
    try:
        content = tomllib.loads(recipe.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        raise RefusedError(
            422, recipe.name, tell(who, "is_not_a_recipe"), tell(who, "drop_the_recipe_that_init_wrote")
        ) from None
    beside = [content.get(name, "") for name in ("rules", "agreement")]
    inside = all(isinstance(one, str) and not set(one) & set("/\\:") for one in beside)
    ours = {sql for job in asked.recent() if job.kind == "init" and job.state == "done"
            for sql in _selects(tomllib.loads((job.printed() or {}).get("recipe", "")))}  # fmt: skip
    if not inside or not set(_selects(content)) <= ours or not set(_named(content)) <= handed:
        raise RefusedError(
            422, recipe.name, tell(who, "reads_something_that_was_not"), tell(who, "name_only_files_that_you")
        )


def _sources(content: Mapping[str, Any]) -> list[Any]:
    tables = content.get("tables")
    return list(tables.values()) if isinstance(tables, dict) else []


def _selects(content: Mapping[str, Any]) -> Iterator[str]:
    """The SELECTs of a recipe's tables."""
    return (str(one["sql"]) for one in _sources(content) if isinstance(one, dict) and "sql" in one)


def _named(content: Mapping[str, Any]) -> Iterator[str]:
    """The files that a recipe's tables name, without a sheet."""
    for one in _sources(content):
        source = one if isinstance(one, dict) else {"file": one}
        sums = source.get("sha256")
        yield from sums if isinstance(sums, dict) else ()
        if "file" in source:
            yield str(source["file"]).partition("#")[0]
