"""JSON as it was sent, item by item: what means nothing certain is told, and is never guessed at."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from features.errors import FieldProblem

_LONG = 309
"""Digits from which on no float may hold a whole number."""
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


@dataclass
class _Numbers:
    """Reads numbers; `suspect` once one was none, or larger than any that can be computed with."""

    suspect: bool = False

    def fraction(self, text: str) -> float:
        number = float(text)
        self.suspect |= math.isinf(number)
        return number

    def whole(self, text: str) -> int:
        self.suspect |= len(text) >= _LONG
        return int(text)

    def constant(self, text: str) -> float:
        self.suspect = True
        return float(text)


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

    read = _Numbers()
    body = json.loads(
        content,
        object_pairs_hook=made,
        parse_float=read.fraction,
        parse_int=read.whole,
        parse_constant=read.constant,
    )
    if doubled or read.suspect:
        body = [_fit(item) for item in body] if isinstance(body, list) else _fit(body)
    if b"\\u" in content and b"\\ud" in content.lower():
        return _whole_characters(body)
    return body


def _whole_characters(body: Any) -> Any:
    items = body if isinstance(body, list) else [body]
    whole = [_whole_unfit(item) if isinstance(item, UnfitItem) else _whole(item) for item in items]
    return whole if isinstance(body, list) else whole[0]


def _whole_unfit(item: UnfitItem) -> UnfitItem:
    return UnfitItem(_whole(item.lead_id), replace(item.problem, field=_whole(item.problem.field)))


def _whole(value: Any) -> Any:
    return json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))


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


def as_text(raw: Any) -> Any:
    """CRMs send ids as numbers too: 12 and 12.0 are '12', as in a file. A blank id is an empty one."""
    if isinstance(raw, str):
        return raw if raw.strip() else ""
    number = isinstance(raw, int) or (isinstance(raw, float) and raw.is_integer())
    return str(int(raw)) if number and not isinstance(raw, bool) else raw
