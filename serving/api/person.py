"""One lead in the ledger: what is kept of it, the scores that it was given, and its deletion."""

from __future__ import annotations

import json
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from features.clock import from_us
from features.errors import LeadscoreError
from serving.api.desk import Desk, desk_of
from serving.api.intake import no_ledger
from serving.api.problems import RefusedError
from serving.ledger import Ledger, scores_of
from serving.ledger.person import everything_of, forget
from serving.ledger.reading import KeptScore
from serving.ledger.sent import storable

_MOST_SCORES = 1_000


async def history(request: Request) -> Response:
    """The scores that a lead was given, the newest moment first; `?shadow=true` with a challenger's."""
    most = _count(request.query_params.get("most", "100"))
    shadow = request.query_params.get("shadow", "false") == "true"
    lead_id, ledger = _named(request)
    found = await _asked(lambda: scores_of(ledger, lead_id, shadow=shadow, most=most))
    return JSONResponse({"lead_id": lead_id, "scores": [_shown(one) for one in found]})


async def everything(request: Request) -> Response:
    """Every row that is kept of a lead, by table, for the person who asks what is known of them."""
    lead_id, ledger = _named(request)
    found = await _asked(lambda: everything_of(ledger, lead_id))
    if not found:
        raise RefusedError(404, "lead_id", "nothing is kept of this lead", "Check the id.")
    return JSONResponse({"lead_id": lead_id, "tables": found})


async def delete(request: Request) -> Response:
    """Delete all that the ledger keeps of a lead; again it is nothing, and no error."""
    lead_id, ledger = _named(request)
    gone = await _asked(lambda: forget(ledger, lead_id))
    return JSONResponse({"deleted": gone, "beside": beside(desk_of(request))})


def beside(desk: Desk) -> list[str]:
    """What the deletion of a person does not reach, in words."""
    opened = desk.opened
    model = f"{opened.rung} {opened.version} ({opened.source}) may have learned from it: train again"
    log = [f"{desk.log.path.name}: the request log holds whole requests"] if desk.log is not None else []
    backups = ["backups of the ledger, and the files that it was imported from"]
    return [*([model] if opened.ref or opened.rung != "rules" else []), *log, *backups]


def _named(request: Request) -> tuple[str, Ledger]:
    ledger, _ = desk_of(request).kept()
    lead_id = str(request.path_params["lead_id"])
    if not storable(lead_id) or not lead_id.strip():
        raise RefusedError(404, "lead_id", "is no id of a lead", "Check the id.")
    return lead_id, ledger


async def _asked(read: Any) -> Any:
    try:
        return await run_in_threadpool(read)
    except LeadscoreError as error:
        raise no_ledger(error) from None


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _MOST_SCORES and len(text) < 9):
        raise RefusedError(400, "most", "is not a count", f"Say a number from 1 to {_MOST_SCORES}.")
    return int(text)


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
