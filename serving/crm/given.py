"""The fields that a rule finds in an item, by the vendor's names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from features.clock import from_us
from serving.crm.mapping import Pairs, Rule
from serving.crm.paths import each_at, filled, found_at, is_there, plain


def fields_given(rule: Rule, item: dict[str, Any], at_us: int) -> dict[str, Any]:
    """Every field that the rule finds in the item, by the vendor's name; one that is absent is not empty."""
    named: dict[str, Any] = {}
    for template, path in rule.cells.items():
        name = filled(template, item)
        if name and (name != template or path[:1] in "=@" or is_there(item, path)):
            named[name] = value_at(item, path, at_us)
    spread = [_spread(item if path == "." else found_at(item, path)) for path in rule.spread]
    return _merged([named, *spread, *(_paired(item, pairs) for pairs in rule.pairs)])


def value_at(item: dict[str, Any], path: str, at_us: int) -> Any:
    """What stands at a path of a rule: `=text` is the text, `@at` the moment of the item."""
    if path.startswith("="):
        return path[1:]
    return from_us(at_us).isoformat() if path == "@at" else found_at(item, path)


def _spread(found: Any) -> dict[str, Any]:
    """Fields of an object, or of HubSpot's older one, in which each value is an object with its history."""
    if isinstance(found, list):
        return {
            str(one["name"]): one.get("value") for one in found if isinstance(one, dict) and "name" in one
        }
    if not isinstance(found, dict):
        return {}
    return {name: value.get("value") if isinstance(value, dict) else value for name, value in found.items()}


def _paired(item: dict[str, Any], pairs: Pairs) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in each_at(item, f"{pairs.path}.*"):
        name, value = plain(found_at(one, pairs.name)), found_at(one, pairs.value)
        value = value[0] if isinstance(value, list) and value else value
        if name and found.get(name) in (None, ""):
            found[name] = value
    return found


def _merged(parts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Fields of several places of one item; of two alike the first that holds something."""
    found: dict[str, Any] = {}
    for part in parts:
        found |= {name: value for name, value in part.items() if found.get(name) in (None, "")}
    return found
