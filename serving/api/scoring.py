"""POST /v1/score: one lead or a list of leads, each answered by a score of its own."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from features.clock import now_us
from serving.api.desk import desk_of
from serving.api.envelope import parse_body, score_items
from serving.api.problems import RefusedError

MOST_LEADS = 1_000
_FEW = 20
"""Up to so many leads are scored where they arrive; more go to a thread, so that others need not wait."""


async def score(request: Request) -> Response:
    """One lead (an object) is answered by a score, a list by a list: same length, same order.

    200 for a scored lead and for any list, 422 for a single lead whose input is wrong, 400 for a body that
    is not JSON, 413 for too long a list.
    """
    body = await json_body(request, MOST_LEADS, "leads")
    desk = desk_of(request)
    items = body if isinstance(body, list) else [body]
    answer = partial(score_items, desk.opened.ladder, items, now_us(), log=desk.log)
    scores = answer() if len(items) <= _FEW else await run_in_threadpool(answer)
    desk.counted(scores)
    if isinstance(body, list):
        return json_text("[" + ",".join(one.model_dump_json() for one in scores) + "]")
    return json_text(scores[0].model_dump_json(), 422 if scores[0].status == "error" else 200)


async def json_body(request: Request, most: int, things: str) -> Any:
    """The JSON that was sent.

    Raises:
        RefusedError: it is none, or a list of more than `most` `things`.
    """
    try:
        body = parse_body(await request.body())
    except (ValueError, RecursionError):
        remedy = "Send one as an object, or a list of them."
        raise RefusedError(400, "body", "is not JSON", remedy) from None
    if isinstance(body, list) and len(body) > most:
        raise RefusedError(413, "body", f"has more than {most:,} {things}", "Send several requests.")
    return body


def json_text(text: str, status: int = 200) -> Response:
    """JSON that is written already."""
    return Response(text, status, media_type="application/json")
