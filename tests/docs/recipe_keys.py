"""docs/recipe.md: every section and key of a recipe, read from the pydantic models that check it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from pydantic.fields import FieldInfo

from features import Recipe
from features.recipe.section import Section

_HEAD = """\
# The recipe, section by section

Generated from the models that check a recipe, by `make docs`. A recipe is a TOML file; a key that is not
listed here is refused with the nearest one that is. Only `[tables] leads` is required.
"""


def page() -> str:
    """The whole page, a heading a section."""
    return _HEAD + "\n" + "\n".join(_section(model) for model in _sections(Recipe))


def _sections(model: type[Section]) -> Iterator[type[Section]]:
    """The models below `model`, each once, in the order of the file."""
    seen: list[type[Section]] = [model]
    for info in model.model_fields.values():
        for inner in _models_in(info.annotation):
            for found in _sections(inner):
                if found not in seen:
                    seen.append(found)
    yield from seen


def _models_in(annotation: Any) -> Iterator[type[Section]]:
    """The sections that a type mentions, also inside unions and dictionaries."""
    if inspect.isclass(annotation) and issubclass(annotation, Section):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from _models_in(part)


def _section(model: type[Section]) -> str:
    schema = model.model_json_schema()
    rows = [
        f"| `{name}` | {_kind(schema['properties'][name], schema)} | {_default(info)} |"
        for name, info in model.model_fields.items()
    ]
    table = "\n".join(["| key | what it takes | default |", "|---|---|---|", *rows])
    return f"## {_heading(model)}\n\n{inspect.getdoc(model)}\n\n{table}\n"


def _heading(model: type[Section]) -> str:
    """The section's header in the file, such as `[lead]`, which its docstring begins with; else its name."""
    found = re.match(r"`(\[[^`]+\])`:", inspect.getdoc(model) or "")
    return f"`{found.group(1)}`" if found else model.__name__


def _link(model: type[Section]) -> str:
    heading = _heading(model)
    anchor = re.sub(r"[^a-z_-]", "", heading.lower())
    return f"[{heading.strip('`').strip('[]') if heading.startswith('`') else heading}](#{anchor})"


def _kind(schema: dict[str, Any], whole: dict[str, Any]) -> str:
    """A JSON schema in the words of somebody who writes TOML."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return _link(next(model for model in _sections(Recipe) if model.__name__ == name))
    if "allOf" in schema:
        return _kind(schema["allOf"][0], whole)
    if "anyOf" in schema:
        return " or ".join(_kind(part, whole) for part in schema["anyOf"] if part.get("type") != "null")
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_items(schema, whole)}"
    if schema.get("type") == "object":
        values = schema.get("additionalProperties")
        return f"table of {_kind(values, whole)}" if isinstance(values, dict) else "table"
    return _WORDS.get(schema.get("type", ""), "anything") + _bounds(schema)


_WORDS = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}
_SIGNS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


def _items(schema: dict[str, Any], whole: dict[str, Any]) -> str:
    if "prefixItems" in schema:
        return ", ".join(_kind(part, whole) for part in schema["prefixItems"])
    items = schema.get("items")
    return _kind(items, whole) if isinstance(items, dict) else "anything"


def _bounds(schema: dict[str, Any]) -> str:
    said = [f"{sign} {schema[name]:g}" for name, sign in _SIGNS.items() if name in schema]
    return f" {' and '.join(said)}" if said else ""


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    value = info.get_default(call_default_factory=True)
    if value is None:
        return "–"
    if isinstance(value, Section):
        return "its own defaults"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{list(value)}`" if isinstance(value, tuple) else f"`{value!r}`".replace("'", '"')
