"""What the service offers, as an OpenAPI document: made from the pydantic types that it reads and writes."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from pydantic.json_schema import models_json_schema

from features.recipe import Recipe
from serving.api.envelope import LeadRequest
from serving.api.flat import ScoreAnswer
from serving.api.problems import MEDIA_TYPE, RequestProblem

_REF = "#/components/schemas/{model}"
_MANY = "One score for each lead, in their order; a lead whose input is wrong has status `error`."


def api_document(recipe: Recipe) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the service whose leads have the fields and event kinds of `recipe`."""
    _, made = models_json_schema(
        [(LeadRequest, "validation"), (ScoreAnswer, "serialization"), (RequestProblem, "serialization")],
        ref_template=_REF,
    )
    schemas = made["$defs"]
    schemas["LeadRequest"]["properties"] |= _company(recipe)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"leadscore: {recipe.name}",
            "version": version("leadscore"),
            "description": "Scores leads: the probability that each converts, why, and what to do next.",
        },
        "paths": {
            "/v1/score": {"post": _score()},
            "/v1/model": {"get": _get("Who answers and from where, with the fields and event kinds.")},
            "/readyz": {"get": _get("Whether an answer can be given, and by whom.")},
            "/metrics": {"get": _text("Figures of this process, in Prometheus' text format.")},
            "/livez": {
                "get": {
                    "summary": "Whether the process lives.",
                    "responses": {"200": {"description": "It does."}},
                }
            },
        },
        "components": {"schemas": schemas},
    }


def _company(recipe: Recipe) -> dict[str, Any]:
    """The free parts of the envelope as this company's recipe fills them."""
    fields = {
        name: {"description": f"{field.type}; null where unknown"}
        for name, field in recipe.lead.fields.items()
    }
    kinds = list(recipe.events.kinds) if recipe.events else []
    event = {
        "type": "object",
        "properties": {"kind": {"enum": kinds}, "occurred_at": {"type": "string", "format": "date-time"}},
        "required": ["kind", "occurred_at"],
    }
    return {
        "fields": {"type": "object", "default": {}, "properties": fields},
        "events": {
            "anyOf": [{"type": "array", "items": event}, {"type": "null"}],
            "default": None,
            "description": "Left out or null: not tracked. An empty list: nothing happened.",
        },
    }


def _score() -> dict[str, Any]:
    lead, answer = _schema("LeadRequest"), _schema("ScoreAnswer")
    leads, answers = ({"type": "array", "items": one} for one in (lead, answer))
    refused = {
        status: _body(words, _schema("RequestProblem"), MEDIA_TYPE)
        for status, words in (("400", "The body is not JSON."), ("413", "Too many leads in one request."))
    }
    wrong = "The input of the single lead is wrong; `error` says what."
    return {
        "summary": "Score one lead, or a list of leads.",
        "operationId": "score",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"oneOf": [lead, leads]}}},
        },
        "responses": {
            "200": _body(f"The score of one lead. {_MANY}", {"oneOf": [answer, answers]}),
            **refused,
            "422": _body(wrong, answer),
        },
    }


def _get(summary: str) -> dict[str, Any]:
    return {"summary": summary, "responses": {"200": _body("As told.", {"type": "object"})}}


def _text(summary: str) -> dict[str, Any]:
    return {"summary": summary, "responses": {"200": _body("As told.", {"type": "string"}, "text/plain")}}


def _body(description: str, schema: dict[str, Any], form: str = "application/json") -> dict[str, Any]:
    return {"description": description, "content": {form: {"schema": schema}}}


def _schema(name: str) -> dict[str, Any]:
    return {"$ref": _REF.format(model=name)}
