"""Who answers: /readyz for machines that start it, GET /v1/model for those that ask it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from features.clock import from_us
from serving.answer import Ladder
from serving.api.desk import Desk, desk_of


def readiness(desk: Desk) -> dict[str, Any]:
    """Who answers, since when; why not another that the registry names, why the ledger is away (null: no)."""
    opened, standing = desk.opened, desk.standing
    return {
        "ready": not (opened.fresh or desk.hangs),
        "rung": opened.rung,
        "version": opened.version,
        "name": opened.ladder.recipe.name,
        "since": from_us(standing.since_us).isoformat(timespec="seconds"),
        "warning": opened.warning or None,
        "pending": standing.pending or None,
        "ledger_away": (desk.ledger.presence.away or None) if desk.ledger else None,
    }


async def model(request: Request) -> Response:
    """What answers and from where, how well, for which segments; its recipe's fields and event kinds."""
    desk = desk_of(request)
    opened, recipe = desk.opened, desk.opened.ladder.recipe
    kinds = list(recipe.events.kinds) if recipe.events else None
    fields = {name: field.type for name, field in recipe.lead.fields.items()}
    end = opened.history_end_us
    said = {
        "source": opened.source,
        "horizon_days": recipe.recipe.horizon_days,
        "history_end": None if end is None else from_us(end).isoformat(timespec="seconds"),
        "metrics": dict(opened.metrics),
        "rungs": rungs_of(opened.ladder),
        "fields": fields,
        "event_kinds": kinds,
        "ledger": desk.ledger is not None,
        "challenger": _challenger(desk),
    }
    return JSONResponse(readiness(desk) | said)


def _challenger(desk: Desk) -> dict[str, Any] | None:
    """Who scores in shadow, and why not another that the registry names (null: nobody is to)."""
    shadow = desk.shadow
    if shadow is None or (shadow.opened is None and not shadow.pending):
        return None
    return {"version": shadow.opened.version if shadow.opened else None, "pending": shadow.pending or None}


def rungs_of(ladder: Ladder) -> list[dict[str, Any]]:
    """Who may answer, the best first; of each rung who answers for which segment (null: all others)."""
    return [
        {
            "rung": rung.scorer.rung,
            "version": rung.scorer.version,
            "needs_events": rung.needs_events,
            "segments": [{"segment": segment, "rung": name} for name, segment in rung.answerers],
        }
        for rung in ladder.rungs
    ]
