"""The API documents and the page that shows them, served by us: nothing of it is fetched from anybody else.

The drawing is Swagger UI, of which BentoML ships a copy.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from starlette.responses import HTMLResponse, JSONResponse, Response

from features.recipe import Recipe
from serving.api.documents import api_document
from serving.api.older import older_document, swagger_document

DOCUMENTS = {
    "/docs.json": lambda document: document,
    "/docs/openapi-3.0.json": older_document,
    "/docs/swagger-2.0.json": swagger_document,
}
_FILES = {
    "/docs/swagger-ui.css": "text/css",
    "/docs/swagger-ui-bundle.js": "text/javascript",
}
_START = "/docs/start.js"
DOCS = ("/docs", *DOCUMENTS, *_FILES, _START)
"""Every path of the documents."""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'"
)
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
<title>leadscore: API</title>
</head>
<body>
<div id="page"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_SCRIPT = """window.onload = () => SwaggerUIBundle({
  url: "docs.json", dom_id: "#page", deepLinking: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis]
});
"""


def docs(path: str, recipe: Recipe) -> Response:
    """The answer at `path`, one of `DOCS`, for callers of the service whose champion has `recipe`."""
    if path in DOCUMENTS:
        return JSONResponse(DOCUMENTS[path](api_document(recipe)))
    if path in _FILES:
        return Response(_shipped(path), media_type=_FILES[path])
    if path == _START:
        return Response(_SCRIPT, media_type="text/javascript")
    return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})


@cache
def _shipped(path: str) -> bytes:
    """A file of Swagger UI as it is in the installed BentoML."""
    found = find_spec("bentoml")
    assert found is not None
    assert found.submodule_search_locations
    folder = Path(found.submodule_search_locations[0]) / "_internal" / "server" / "static_content"
    return (folder / path.rsplit("/", 1)[-1]).read_bytes()
