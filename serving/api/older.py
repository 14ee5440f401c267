"""The API document in older forms: OpenAPI 3.0.3 (Salesforce), Swagger 2.0 (Power Automate).

Both describe the single item where 3.1 offers an item or a list: neither reader takes an alternative.
"""

from __future__ import annotations

from typing import Any

_METHODS = ("get", "post", "delete")
_JSON = "application/json"


def older_document(document: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI 3.1 `document` as OpenAPI 3.0.3."""
    found: dict[str, Any] = _plain(document)
    for operation in _operations(found):
        for answer in operation["responses"].values():
            content = answer.get("content", {})
            if len(content) > 1 and _JSON in content:
                answer["content"] = {_JSON: content[_JSON]}
    found["openapi"] = "3.0.3"
    return found


def swagger_document(document: dict[str, Any]) -> dict[str, Any]:
    """The OpenAPI 3.1 `document` as Swagger 2.0, with the labels that a connector shows."""
    older = older_document(document)
    for operation in _operations(older):
        _swagger_operation(operation)
    schemas = older["components"]["schemas"]
    for schema in schemas.values():
        for name, property_schema in schema.get("properties", {}).items():
            if "$ref" not in property_schema:
                property_schema["x-ms-summary"] = property_schema.pop("title", name.replace("_", " "))
    found = {
        "swagger": "2.0",
        "info": older["info"],
        "basePath": "/",
        "consumes": [_JSON],
        "produces": [_JSON],
        "securityDefinitions": {"key": older["components"]["securitySchemes"]["key"]},
        "security": [{"key": []}],
        "paths": older["paths"],
        "definitions": schemas,
    }
    swagger: dict[str, Any] = _renamed(found)
    return swagger


def _operations(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [path[method] for path in document["paths"].values() for method in _METHODS if method in path]


def _plain(node: Any) -> Any:
    """A node of JSON Schema 2020-12 in the words of 3.0."""
    if isinstance(node, list):
        return [_plain(one) for one in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return {"$ref": node["$ref"]}
    found = {key: _plain(value) for key, value in node.items() if key != "examples"}
    return _nullable(_bounds(found)) if _is_schema(found) else found


def _is_schema(node: dict[str, Any]) -> bool:
    kinds = isinstance(node.get("type"), str | list) and "in" not in node
    return kinds or any(isinstance(node.get(key), list) for key in ("anyOf", "oneOf", "allOf", "enum"))


def _bounds(node: dict[str, Any]) -> dict[str, Any]:
    for bound, plain in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if bound in node:
            node[plain], node[bound] = node[bound], True
    if "const" in node:
        node["enum"] = [node.pop("const")]
    if node.get("default", 0) is None:
        node.pop("default")
    return node


def _nullable(node: dict[str, Any]) -> dict[str, Any]:
    """`null` as a kind becomes `nullable`; of several other kinds, as of item or list, the first stays."""
    if isinstance(node.get("type"), list):
        kinds = [kind for kind in node["type"] if kind != "null"]
        return node | {"type": kinds[0]} | ({"nullable": True} if len(kinds) < len(node["type"]) else {})
    for key in ("anyOf", "oneOf"):
        if key not in node:
            continue
        options = node.pop(key)
        kept = [one for one in options if one.get("type") != "null"]
        nullable = {"nullable": True} if len(kept) < len(options) else {}
        if "$ref" in kept[0]:
            return {"allOf": [kept[0]], **node, **nullable} if node or nullable else kept[0]
        return {**kept[0], **node, **nullable}
    return node


def _swagger_operation(operation: dict[str, Any]) -> None:
    """Body, parameters and answers as 2.0 has them, in place."""
    parameters = [_swagger_parameter(one) for one in operation.get("parameters", [])]
    body = operation.pop("requestBody", None)
    if body is not None:
        schema = body["content"][_JSON]["schema"]
        parameters.append({"name": "body", "in": "body", "required": True, "schema": schema})
    if parameters:
        operation["parameters"] = parameters
    for answer in operation["responses"].values():
        content = answer.pop("content", None)
        if content:
            answer["schema"] = next(iter(content.values()))["schema"]
    if "security" not in operation:
        operation["security"] = [{"key": []}]


def _swagger_parameter(one: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in one.items() if key != "schema"}
    label: str = one["name"].replace("_", " ")
    return {**kept, **one["schema"], "x-ms-summary": label}


def _renamed(node: Any) -> Any:
    """References into `definitions`, and `nullable` as the extension that connectors know."""
    if isinstance(node, list):
        return [_renamed(one) for one in node]
    if not isinstance(node, dict):
        return node
    found = dict[str, Any]()
    for key, value in node.items():
        if key == "$ref" and isinstance(value, str):
            found[key] = value.replace("#/components/schemas/", "#/definitions/")
        elif key == "nullable" and value is True:
            found["x-nullable"] = True
        else:
            found[key] = _renamed(value)
    return found
