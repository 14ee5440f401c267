"""The page at `/`: what this service is, who answers, how to ask. It fetches nothing, from nobody."""

from __future__ import annotations

import json
from html import escape

from serving.answer import Opened

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
"""The Content-Security-Policy of the page: a browser that keeps it can ask nobody for anything."""
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#222;"
    "background:#fff}pre{background:#f3f3f3;padding:.8rem;overflow-x:auto}a{color:#0645ad}"
    ".warning{border-left:4px solid #b00;padding-left:.8rem}"
)
_MOST_FIELDS = 4


def front_page(opened: Opened, host: str) -> str:
    """The whole page as HTML; `host` (with port) is where its reader found it."""
    name, rung = escape(opened.ladder.recipe.name), escape(opened.rung)
    version = f" (version {escape(opened.version)})" if opened.version else ""
    warning = f'<p class="warning">{escape(opened.warning)}.</p>' if opened.warning else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>leadscore: {name}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>leadscore: {name}</h1>
<p>This service scores leads: the probability that each converts within
{opened.ladder.recipe.recipe.horizon_days:g} days, why, and what to do next.</p>
<p>Who answers: <strong>{rung}</strong>{version}.</p>
{warning}
<h2>How to ask</h2>
<p>Send one lead as JSON, or a list of leads, to <code>POST /v1/score</code>:</p>
<pre>{escape(_example(opened, host))}</pre>
<h2>More</h2>
<ul>
<li><a href="docs">docs</a>: every endpoint with every field of question and answer, to read and to try</li>
<li><a href="docs.json">docs.json</a>: the same as OpenAPI 3.1,
<a href="docs/openapi-3.0.json">3.0.3</a> (Salesforce External Services) and
<a href="docs/swagger-2.0.json">Swagger 2.0</a> (Power Automate)</li>
<li><a href="v1/model">v1/model</a>: who answers, and the fields and event kinds that are known</li>
<li><a href="readyz">readyz</a>: whether an answer can be given, and by whom</li>
</ul>
</body>
</html>
"""


def _example(opened: Opened, host: str) -> str:
    """A command that asks about a lead of whom nothing is known yet."""
    recipe = opened.ladder.recipe
    lead: dict[str, object] = {
        "lead_id": "L1",
        "fields": dict.fromkeys(list(recipe.lead.fields)[:_MOST_FIELDS]),
    }
    lead |= {"events": []} if recipe.events else {}
    body = json.dumps(lead, indent=2, ensure_ascii=False).replace("'", "'\\''")
    return f"curl -s {host}/v1/score -H 'Content-Type: application/json' -d '{body}'"
