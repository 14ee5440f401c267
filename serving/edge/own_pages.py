"""What the service answers beside its endpoints: the page, the document, readiness, metrics.

The framework has pages of its own at these paths, some of which call third parties; ours come first.
"""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from serving.api.desk import Access, Desk
from serving.api.problems import refused
from serving.api.who import readiness
from serving.edge.docs_page import DOCS, docs
from serving.edge.front_page import POLICY, front_page
from serving.edge.metrics import Metrics

PAGES: dict[str, Access] = {
    "/": "any",
    "/readyz": "open",
    "/metrics": "read",
    "/livez": "open",
    "/healthz": "open",
    **dict.fromkeys(DOCS, "any"),
}
"""Our pages, and the key that each needs; a probe of health has none."""
FRAMEWORKS = ("/livez", "/healthz")
"""What the framework answers itself."""


async def page(request: Request, desk: Desk, metrics: Metrics) -> Response | None:
    """Our answer at a path of `PAGES`, None where the framework's own is good."""
    path = request.scope["path"]
    if request.method not in ("GET", "HEAD"):
        return not_allowed("GET, HEAD")
    if path == "/readyz":
        return JSONResponse(readiness(desk), 503 if desk.hangs else 200)
    if path == "/metrics":
        text = await run_in_threadpool(metrics.text)  # it asks the ledger, which may hang
        return Response(text, media_type=CONTENT_TYPE_LATEST)
    if path in DOCS:
        return docs(path, desk.opened.ladder.recipe)
    if path in FRAMEWORKS:
        return None
    shown = front_page(desk.opened, request.url.netloc)
    return HTMLResponse(shown, headers={"Content-Security-Policy": POLICY})


def nothing_here() -> Response:
    """The answer at any other path."""
    return refused(404, "path", "nothing is here", "See / and /docs.")


def not_allowed(allowed: str) -> Response:
    """The answer to a method that a path does not have."""
    return refused(405, "method", "is not one of this path", f"Use {allowed}.", {"Allow": allowed})
