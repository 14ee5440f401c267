"""What the service offers, as an OpenAPI 3.1 document: made from the types that it reads and writes."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from features.recipe import Recipe
from serving.api.answers import (
    EverythingAnswer,
    ExplainAnswer,
    HistoryAnswer,
    IntakeAnswer,
    ModelAnswer,
    PersonAnswer,
    WhatIfAnswer,
    WhatIfRequest,
)
from serving.api.envelope import LeadRequest
from serving.api.given import DecisionGiven, EventGiven, LeadGiven, OutcomeGiven
from serving.api.problems import MEDIA_TYPE, RequestProblem
from serving.rights import DeletionReceipt
from serving.wire.flat import ScoreAnswer

_REF = "#/components/schemas/{model}"
_TYPES = {"number": "number", "boolean": "boolean"}
_REFUSALS = {
    "400": "The body is not JSON, or a parameter is none.",
    "401": "No key, or one that is unknown, revoked or ended.",
    "403": "The key is not for this.",
    "408": "The body took too long.",
    "413": "Too much in one request.",
    "429": "Too often: come again after Retry-After.",
    "503": "The ledger cannot do its part now, or what would answer hangs: send it again.",
}
_NO_LEDGER = {"409": "The service has no ledger."}


@dataclass(frozen=True)
class Operation:
    """One method of one path: its name, what it reads and answers; `many`: a list of either too.

    `wrong` is what a 422 holds, `extra` further refusals.
    """

    method: str
    path: str
    name: str
    summary: str
    answer: type[BaseModel]
    asked: type[BaseModel] | None = None
    many: bool = False
    wrong: type[BaseModel] | None = None
    extra: tuple[tuple[str, str], ...] = ()
    parameters: tuple[str, ...] = ()


_KEPT = tuple(_NO_LEDGER.items())
_NOT_FOUND = (("404", "Nothing is kept of this lead."),)
OPERATIONS: tuple[Operation, ...] = (
    Operation("post", "/v1/score", "score", "Score one lead, or a list of leads, whole or by name.",
              ScoreAnswer, LeadRequest, many=True, wrong=ScoreAnswer, parameters=("reasons",)),
    Operation("post", "/v1/explain", "explain", "Explain one score in full.",
              ExplainAnswer, LeadRequest, wrong=ScoreAnswer),
    Operation("post", "/v1/what-if", "what_if", "Score a lead as it is and as it would be.",
              WhatIfAnswer, WhatIfRequest, wrong=ScoreAnswer),
    Operation("get", "/v1/model", "model", "Say who answers, and which fields and event kinds there are.",
              ModelAnswer),
    Operation("post", "/v1/events", "add_events", "Store an event, or a list of events.",
              IntakeAnswer, EventGiven, many=True, wrong=IntakeAnswer, extra=_KEPT,
              parameters=("idempotency_key",)),
    Operation("post", "/v1/webhooks", "webhook", "Store events, signed as Standard Webhooks are.",
              IntakeAnswer, EventGiven, many=True, wrong=IntakeAnswer, extra=_KEPT,
              parameters=("webhook_id", "webhook_timestamp", "webhook_signature")),
    Operation("post", "/v1/outcomes", "add_outcomes", "Store a stage that a lead reached, or a list.",
              IntakeAnswer, OutcomeGiven, many=True, wrong=IntakeAnswer, extra=_KEPT,
              parameters=("idempotency_key",)),
    Operation("post", "/v1/leads", "add_leads", "Store fields of a lead, or of a list of leads.",
              IntakeAnswer, LeadGiven, many=True, wrong=IntakeAnswer, extra=_KEPT,
              parameters=("idempotency_key",)),
    Operation("post", "/v1/decisions", "add_decisions", "Store what a person decided or asked for.",
              IntakeAnswer, DecisionGiven, many=True, wrong=IntakeAnswer, extra=_KEPT,
              parameters=("idempotency_key",)),
    Operation("get", "/v1/leads/{lead_id}/scores", "scores_of_lead", "List the scores that a lead was given.",
              HistoryAnswer, extra=(*_KEPT, *_NOT_FOUND), parameters=("lead_id", "most", "shadow")),
    Operation("get", "/v1/leads/{lead_id}/explanation", "explanation_of_lead",
              "Tell a person what is held and computed of them.",
              PersonAnswer, extra=(*_KEPT, *_NOT_FOUND), parameters=("lead_id",)),
    Operation("get", "/v1/leads/{lead_id}", "everything_of_lead", "Hand out all that is kept of a lead.",
              EverythingAnswer, extra=(*_KEPT, *_NOT_FOUND), parameters=("lead_id",)),
    Operation("delete", "/v1/leads/{lead_id}", "delete_lead", "Delete all that is kept of a lead.",
              DeletionReceipt, extra=(*_KEPT, *_NOT_FOUND), parameters=("lead_id", "for_good")),
)  # fmt: skip
_PARAMETERS: dict[str, dict[str, Any]] = {
    "for_good": {"name": "for_good", "in": "query", "description": "Refuse it when it is sent again.",
                 "schema": {"type": "boolean", "default": False}},
    "lead_id": {"name": "lead_id", "in": "path", "required": True, "description": "Id of the lead.",
                "schema": {"type": "string", "minLength": 1}},
    "most": {"name": "most", "in": "query", "description": "How many at most.",
             "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}},
    "reasons": {"name": "reasons", "in": "query", "description": "How many for and against at most.",
                "schema": {"type": "integer", "minimum": 0, "maximum": 10, "default": 3}},
    "shadow": {"name": "shadow", "in": "query", "description": "Those of a challenger in shadow too.",
               "schema": {"type": "boolean", "default": False}},
    **{
        f"webhook_{part}": {"name": f"webhook-{part}", "in": "header", "required": True,
                            "schema": {"type": "string"}}
        for part in ("id", "timestamp", "signature")
    },
    "idempotency_key": {"name": "Idempotency-Key", "in": "header",
                        "description": "The same request again is answered the same again.",
                        "schema": {"type": "string", "minLength": 1, "maxLength": 500}},
}  # fmt: skip


def api_document(recipe: Recipe) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the service whose leads have the fields and event kinds of `recipe`."""
    asked = {one.asked for one in OPERATIONS if one.asked}
    said = {one.answer for one in OPERATIONS} | {RequestProblem}
    named = sorted(asked | said, key=lambda model: model.__name__)
    _, made = models_json_schema(
        [(model, "validation" if model in asked else "serialization") for model in named], ref_template=_REF
    )
    schemas = made["$defs"] | _company(recipe)
    for model in ("LeadRequest", "LeadGiven", "Change"):
        schemas[model]["properties"]["fields"] = _schema("LeadFields")
    schemas["LeadRequest"]["properties"]["events"]["anyOf"][0]["items"] = _schema("LeadEvent")
    schemas["Change"]["properties"]["events"]["items"] = _schema("LeadEvent")
    paths: dict[str, Any] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method] = _operation(one)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"leadscore: {recipe.name}",
            "version": version("leadscore"),
            "description": "Scores leads: the probability that each converts, why, and what to do next.",
        },
        "servers": [{"url": "/"}],
        "security": [{"key": []}, {"bearer": []}],
        "paths": paths | _health(),
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _company(recipe: Recipe) -> dict[str, Any]:
    """The free parts of a lead as this company's recipe fills them."""
    fields = {
        name: {
            "type": [_TYPES.get(field.type, "string"), "null"],
            "description": f"{field.type}; null: unknown",
        }
        for name, field in recipe.lead.fields.items()
    }
    kinds = list(recipe.events.kinds) if recipe.events else []
    event = {
        "kind": {"type": "string", "description": f"One of {', '.join(kinds)}." if kinds else "What it was."},
        "occurred_at": {"type": "string", "description": "ISO 8601."},
        "event_id": {"type": ["string", "null"]},
        "ingested_at": {"type": ["string", "null"], "description": "When you knew of it, ISO 8601."},
        "value": {"type": ["string", "null"]},
    }
    return {
        "LeadFields": {"type": "object", "description": "Fields of the recipe.", "properties": fields},
        "LeadEvent": {"type": "object", "properties": event, "required": ["kind", "occurred_at"]},
    }


def _operation(one: Operation) -> dict[str, Any]:
    answers: dict[str, Any] = {"200": _body(one.summary, _either(one.answer, one.answer is ScoreAnswer))}
    refusals = _REFUSALS | dict(one.extra)
    if one.answer is IntakeAnswer:
        refusals["409"] += " Or the item's key came before with other content."
    problem = _schema(RequestProblem.__name__)
    answers |= {status: _body(words, problem, MEDIA_TYPE) for status, words in sorted(refusals.items())}
    if one.wrong is not None:
        answers["422"] = _body("It cannot be read; what is said shows where.", _schema(one.wrong.__name__))
        answers["422"]["content"][MEDIA_TYPE] = {"schema": problem}
    if one.answer is IntakeAnswer:
        answers["409"]["content"]["application/json"] = {"schema": _schema("IntakeAnswer")}
    if one.name == "webhook":
        answers["202"] = _body("The ledger is down: it is kept aside, and stored later.", {"type": "object"})
    if one.asked is not None:
        answers["503"]["content"]["application/json"] = {"schema": _schema(one.answer.__name__)}
    made: dict[str, Any] = {"operationId": one.name, "summary": one.summary, "responses": answers}
    if one.parameters:
        made["parameters"] = [_PARAMETERS[name] for name in one.parameters]
    if one.asked is not None:
        content = {"application/json": {"schema": _either(one.asked, one.many)}}
        made["requestBody"] = {"required": True, "content": content}
    return made


def _health() -> dict[str, Any]:
    """What needs no key, and the figures."""
    words = {
        "/livez": "Whether the process lives.",
        "/readyz": "Whether an answer can be given, and by whom.",
    }
    found: dict[str, Any] = {
        path: {"get": {"operationId": path[1:-1], "summary": text, "security": [],
                       "responses": {"200": _body("It is so.", {"type": "object"})}}}
        for path, text in words.items()
    }  # fmt: skip
    found["/livez"]["get"]["responses"] = {"200": {"description": "It is so."}}
    figures = _body("Figures in Prometheus' text format.", {"type": "string"}, "text/plain")
    summary = "Figures of this process."
    problem = _schema(RequestProblem.__name__)
    refusals = {status: _body(_REFUSALS[status], problem, MEDIA_TYPE) for status in ("401", "403")}
    answers = {"200": figures} | refusals
    found["/metrics"] = {"get": {"operationId": "metrics", "summary": summary, "responses": answers}}
    return found


def _either(model: type[BaseModel], many: bool) -> dict[str, Any]:
    one = _schema(model.__name__)
    return {"oneOf": [one, {"type": "array", "items": one}]} if many else one


def _body(description: str, schema: dict[str, Any], form: str = "application/json") -> dict[str, Any]:
    return {"description": description, "content": {form: {"schema": schema}}}


def _schema(name: str) -> dict[str, Any]:
    return {"$ref": _REF.format(model=name)}
