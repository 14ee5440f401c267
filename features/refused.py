"""What pydantic refuses in a file or a request, in the words of who wrote it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel


def wrong(problem: Any) -> str:
    """What is wrong with a key, as the end of a sentence that names it; `problem` is one of `error.errors()`.

    >>> wrong({"type": "missing"}), wrong({"type": "greater_than", "msg": "Input should be greater than 0"})
    ('is missing', 'should be greater than 0')
    """
    match problem["type"]:
        case "extra_forbidden" | "unexpected_keyword_argument":
            return "is not known"
        case "missing":
            return "is missing"
        case "literal_error":
            accepted = problem["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
            return f"is not known; use one of {accepted}"
        case _:
            said: str = problem["msg"]
            said = said.partition(" or instance of ")[0]  # the class that we read it into is nobody's concern
            return said.removeprefix("Value error, ").replace("Input should", "should")


def accepted_keys(model: type[BaseModel], where: Sequence[str | int]) -> list[str]:
    """The keys, as they are written, that `model` accepts at `where`: ('lead', 'fields', 'size')."""
    found: Any = model
    for part in where:
        if isinstance(part, int):  # a place in a list
            continue
        if not _is_model(found):
            return []
        field = found.model_fields.get(part)
        found = _model_in(field.annotation) if field else found
    return [field.alias or name for name, field in found.model_fields.items()] if _is_model(found) else []


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _model_in(annotation: Any) -> Any:
    """The section class inside an annotation such as `dict[str, LeadField]` or `Events | None`."""
    if _is_model(annotation):
        return annotation
    models = [_model_in(part) for part in getattr(annotation, "__args__", ())]
    return next((model for model in models if model is not None), None)
