"""The first page: who answers, and where to go from here."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from serving.api.desk import desk_of
from serving.page import note, paragraph, tag
from serving.visit.answers import page_at, shown, visitor


@page_at
async def home(request: Request) -> Response:
    """The page at `/app`."""
    who, opened = visitor(request.scope), desk_of(request).opened
    title = who.say("Which lead to call first", "Quel prospect appeler en premier")
    by = " ".join(part for part in (opened.rung, opened.version) if part)
    body = [
        tag("h1", title),
        paragraph(who.say(f"Scores of {opened.ladder.recipe.name} come from: {by}.",
                          f"Les scores de {opened.ladder.recipe.name} viennent de : {by}.")),
        note(paragraph(f"{opened.warning}."), kind="warn") if opened.warning else None,
    ]  # fmt: skip
    return shown(title, body, who)
