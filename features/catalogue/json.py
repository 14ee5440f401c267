"""Features to JSON and back, closed to kinds and keys that are not known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any, get_args

from pydantic import ConfigDict, TypeAdapter, ValidationError

from features.catalogue.feature import DeclaredFeature, Feature
from features.errors import LeadscoreError, ended, nearest
from features.refused import wrong


@lru_cache(maxsize=1)
def _adapter() -> TypeAdapter[Any]:
    # a key that is not known would otherwise be passed over, and 'kind' for 'kinds' count every event
    return TypeAdapter(DeclaredFeature, config=ConfigDict(extra="forbid"))


def dump_features(features: Iterable[Feature]) -> list[dict[str, Any]]:
    """Each feature as a JSON object; `load_features` gives equal features back."""
    return [
        _adapter().dump_python(feature, mode="json") | {"dtype": feature.dtype, "group": feature.group}
        for feature in features
    ]


def load_features(
    declared: Sequence[dict[str, Any]], source: str = "the list of features"
) -> tuple[Feature, ...]:
    """Features from JSON objects such as `{"type": "event_count", "kinds": ["demo"], "window_days": 30}`.

    `source` names the list in errors.

    Raises:
        LeadscoreError: an object is no known feature; the message names its place and key.
    """
    return tuple(_load(place, item, source) for place, item in enumerate(declared))


def _load(place: int, item: dict[str, Any], source: str) -> Feature:
    declared, problems = _apart(item)
    try:
        feature: Feature = _adapter().validate_python(declared)
    except ValidationError as error:
        problems += [_words(problem) for problem in error.errors(include_url=False, include_input=False)]
    if problems:
        raise LeadscoreError(
            f"{source}: feature {place + 1} is not accepted: {ended('; '.join(problems))}",
            "Correct it there, or take it out; 'leadscore features RECIPE --json' shows what features are.",
        )
    return feature


def _apart(item: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """A feature in JSON without the `dtype` and `group` that its kind states; what is wrong with these."""
    kind = _kinds().get(str(item.get("type")))
    own = {field.name for field in fields(kind)} if kind else set(item)
    stated = [key for key in ("dtype", "group") if key in item and key not in own]
    problems = [
        f"{key}: Input should be '{getattr(kind, key)}'" for key in stated if item[key] != getattr(kind, key)
    ]
    return {key: value for key, value in item.items() if key not in stated}, problems


def _words(problem: Any) -> str:
    """One pydantic error in the words of the recipe."""
    kind, *where = [str(part) for part in problem["loc"]] or [""]
    match problem["type"]:
        case "union_tag_not_found":
            return "key 'type' is missing"
        case "union_tag_invalid":
            tag = problem["ctx"]["tag"]
            return f"type '{tag}' is not known{nearest(tag, sorted(_kinds()))}"
        case "unexpected_keyword_argument":
            return f"key '{where[0]}' {wrong(problem)}{nearest(where[0], _keys(kind))}"
        case "missing":
            return f"key '{where[0]}' {wrong(problem)}"
        case _:
            return f"{'.'.join(where) or kind}: {wrong(problem)}"


@lru_cache(maxsize=1)
def _kinds() -> dict[str, Any]:
    """Name in JSON → class."""
    union = get_args(DeclaredFeature)[0]
    return {
        str(field.default): kind for kind in get_args(union) for field in fields(kind) if field.name == "type"
    }


def _keys(kind: str) -> list[str]:
    return [field.name for field in fields(_kinds()[kind]) if field.name not in ("dtype", "group")]
