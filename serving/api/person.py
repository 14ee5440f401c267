"""One lead in the ledger: what is kept of it, the scores that it was given, and its deletion."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from features.clock import from_us, now_us
from features.errors import LeadError, LeadscoreError
from serving.answer import explain
from serving.api.desk import Desk, desk_of
from serving.api.intake import no_ledger
from serving.api.problems import RefusedError
from serving.api.scoring import ladder_for
from serving.ledger import Ledger, lead_of, scores_of
from serving.ledger.person import everything_of
from serving.ledger.reading import KeptScore
from serving.ledger.sent import storable
from serving.neighbours import neighbours_of
from serving.rights import delete_person, told_to_person

_MOST_SCORES = 1_000
NOT_REACHED = (
    "backups of the ledger: a restored one has them again ('leadscore ledger receipts' says so)",
    "exports that were handed over on the page, until 30 days after their job ended",
    "files that were imported, scored or are being scored, and what a CRM or an ad platform was sent",
    "a lead that is sent again under this id, unless it was deleted for good",
)


async def history(request: Request) -> Response:
    """The scores that a lead was given, the newest moment first; `?shadow=true` with a challenger's."""
    most = _count(request.query_params.get("most", "100"))
    shadow = _said(request.query_params.get("shadow", "false"))
    lead_id, ledger = _named(request)
    found = await _asked(desk_of(request), lambda: scores_of(ledger, lead_id, shadow=shadow, most=most))
    return JSONResponse({"lead_id": lead_id, "scores": [_shown(one) for one in found]})


async def everything(request: Request) -> Response:
    """Every row that is kept of a lead, by table, for the person who asks what is known of them."""
    lead_id, ledger = _named(request)
    found = await _asked(desk_of(request), lambda: everything_of(ledger, lead_id))
    if not found:
        raise RefusedError(404, "lead_id", "nothing is kept of this lead", "Check the id.")
    return JSONResponse({"lead_id": lead_id, "tables": found})


async def explanation(request: Request) -> Response:
    """What is held and computed of a lead, told to the person in their language, with the answer itself."""
    lead_id, ledger = _named(request)
    ladder = ladder_for(request)
    language = ladder.recipe.recipe.language

    def told() -> dict[str, Any]:
        lead = lead_of(ledger, ladder.reader, lead_id, now_us())
        score = explain(ladder, neighbours_of(ledger).of(ladder.recipe, lead)).score
        text = told_to_person(ledger, ladder.recipe, lead_id, score, language)
        return {
            "lead_id": lead_id,
            "language": language,
            "text": text,
            "score": score.model_dump(mode="json"),
        }

    return JSONResponse(await _asked(desk_of(request), told))


async def delete(request: Request) -> Response:
    """Delete all that the ledger keeps of a lead; again it is nothing, and no error. The answer is a receipt.

    With `?for_good=true` it is refused when it is sent again.
    """
    lead_id, ledger = _named(request)
    told = beside(desk_of(request))
    for_good = request.query_params.get("for_good", "false") == "true"
    receipt = await _asked(desk_of(request), lambda: delete_person(ledger, lead_id, told, for_good=for_good))
    return JSONResponse(receipt.model_dump(mode="json"))


def beside(desk: Desk) -> list[str]:
    """What the deletion of a person does not reach, in words."""
    opened = desk.opened
    model = f"{opened.rung} {opened.version} ({opened.source}) may have learned from it: train again"
    log = [f"{desk.log.path.name}: the request log holds whole requests"] if desk.log is not None else []
    waits = "the spool: what waits there comes in later, and what was set aside stays"
    spool = [waits] if desk.spool is not None else []
    return [*([model] if opened.ref or opened.rung != "rules" else []), *log, *spool, *NOT_REACHED]


def _named(request: Request) -> tuple[str, Ledger]:
    ledger, _ = desk_of(request).kept()
    lead_id = str(request.path_params["lead_id"])
    if not storable(lead_id) or not lead_id.strip():
        raise RefusedError(404, "lead_id", "is no id of a lead", "Check the id.")
    return lead_id, ledger


async def _asked(desk: Desk, read: Any) -> Any:
    try:
        return await desk.aside(read, place="ledger")
    except LeadError as error:
        problem = error.problems[0]
        raise RefusedError(404, problem.field, problem.problem, problem.remedy) from None
    except LeadscoreError as error:
        raise no_ledger(error) from None


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _MOST_SCORES and len(text) < 9):
        raise RefusedError(400, "most", "is not a count", f"Say a number from 1 to {_MOST_SCORES}.")
    return int(text)


def _said(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise RefusedError(400, "shadow", "is neither true nor false", "Say true, or leave it out.")
    return text.lower() == "true"


def _shown(one: KeptScore) -> dict[str, Any]:
    return {
        "as_of": from_us(one.as_of_us).isoformat(),
        "recorded_at": from_us(one.recorded_us).isoformat(),
        "rung": one.rung,
        "version": one.version,
        "recipe_hash": one.recipe_hash,
        "shadow": one.shadow,
        "score": json.loads(one.answer),
        "features": None if one.features is None else json.loads(one.features),
    }
