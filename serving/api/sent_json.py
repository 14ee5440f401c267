"""JSON as it was sent, item by item: what means nothing certain is told, and is never guessed at."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from features.errors import FieldProblem

_SUSPECT = re.compile(rb"NaN|Infinity|[0-9][eE]\+?[0-9]{3}|[0-9]{309}")
"""What a number has that is none, or larger than any that can be computed with."""
_NO_NUMBER = ("is no finite number", "Send null where it is not known.")
_TWICE = ("stands there twice in one object", "Send each key once.")


@dataclass(frozen=True)
class UnfitItem:
    """An item with a key that stands there twice, or a number that is none; the others are as they are."""

    lead_id: Any
    problem: FieldProblem


class _Doubled(dict[str, Any]):
    """An object in which a key stands twice; its last value is the one that a plain reader would take."""

    key: str = ""


def parse_body(content: bytes) -> Any:
    """The JSON in `content`, an `UnfitItem` in place of what means nothing certain.

    Half of a surrogate pair, which no answer could repeat, becomes '?'.

    Raises:
        ValueError, RecursionError: it is not JSON, or nested too deeply.
    """
    doubled = list[_Doubled]()

    def made(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        names = [name for name, _ in pairs]
        marked = _Doubled(found)
        marked.key = next(name for name in names if names.count(name) > 1)
        doubled.append(marked)
        return marked

    body = json.loads(content, object_pairs_hook=made)
    if doubled or _SUSPECT.search(content):
        body = [_fit(item) for item in body] if isinstance(body, list) else _fit(body)
    if b"\\ud" in content.lower():
        return _whole_characters(body)
    return body


def _whole_characters(body: Any) -> Any:
    items = body if isinstance(body, list) else [body]
    whole = [
        item if isinstance(item, UnfitItem)
        else json.loads(json.dumps(item, ensure_ascii=False).encode("utf-8", "replace"))
        for item in items
    ]  # fmt: skip
    return whole if isinstance(body, list) else whole[0]


def _fit(item: Any) -> Any:
    problem = next(_problems(item, ()), None)
    if problem is None:
        return item
    lead_id = item.get("lead_id") if isinstance(item, dict) else None
    return UnfitItem(lead_id if isinstance(lead_id, str | int) else None, problem)


def _problems(value: Any, place: tuple[str, ...]) -> Iterator[FieldProblem]:
    if isinstance(value, _Doubled):
        yield FieldProblem(".".join((*place, value.key)), *_TWICE)
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _problems(inner, (*place, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _problems(inner, (*place, str(number)))
    elif isinstance(value, int | float) and not _finite(value):
        yield FieldProblem(".".join(place) or "item", *_NO_NUMBER)


def _finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer that no float holds
        return False
