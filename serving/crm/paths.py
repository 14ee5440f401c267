"""Where something stands in what a vendor sent: paths into JSON, and texts made of what stands there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_PLACE = re.compile(r"{([^{}]+)}")


def found_at(content: Any, path: str) -> Any:
    """What stands at the first of the alternatives `a.b|c.0` that holds something, else None.

    >>> found_at({"meta": {"id": 3}, "list": [{"x": 1}]}, "id|meta.id"), found_at({"l": [7]}, "l.0")
    (3, 7)
    """
    for alternative in path.split("|"):
        found = _followed(content, alternative.strip())
        if found is not None and found != "":
            return found
    return None


def is_there(content: Any, path: str) -> bool:
    """Whether anything stands at one of the alternatives, also null and the empty text.

    >>> is_there({"a": None}, "a"), is_there({"a": None}, "b")
    (True, False)
    """
    for alternative in path.split("|"):
        *way, last = alternative.strip().split(".")
        found = _followed(content, ".".join(way)) if way else content
        if isinstance(found, dict) and last in found:
            return True
    return False


def each_at(content: Any, path: str) -> Iterator[Any]:
    """Everything at `path`, in order; `*` stands for each item of a list, and '' for the content itself.

    >>> list(each_at({"entry": [{"changes": [1, 2]}, {"changes": [3]}]}, "entry.*.changes.*"))
    [1, 2, 3]
    """
    if not path:
        yield from content if isinstance(content, list) else [content]
        return
    head, _, rest = path.partition(".")
    found = [_followed(content, head)] if head != "*" else content if isinstance(content, list) else []
    for item in found:
        if item is not None or head == "*":
            yield from each_at(item, rest) if rest else [item]


def filled(template: str, content: Any) -> str | None:
    """`template` with what stands at each `{path}`; None where one of them holds nothing, or no plain value.

    >>> filled("{id}:{kind}", {"id": 4, "kind": "a"}), filled("{id}", {})
    ('4:a', None)
    """
    missing = False

    def value(place: re.Match[str]) -> str:
        nonlocal missing
        text = plain(found_at(content, place[1]))
        missing = missing or not text
        return text or ""

    text = _PLACE.sub(value, template)
    return None if missing else text


def plain(found: Any) -> str | None:
    """A text, number or yes/no as text; None for all else."""
    if isinstance(found, bool):
        return "true" if found else "false"
    if isinstance(found, float) and found.is_integer() and abs(found) < 1e15:
        return str(int(found))
    return str(found).strip() if isinstance(found, str | int | float) else None


def holds(content: Any, conditions: dict[str, tuple[str, ...]]) -> bool:
    """Whether what stands at each path is one of the texts beside it.

    '' is nothing, '*' anything, and a text that ends with '*' a beginning.
    """
    for path, accepted in conditions.items():
        found = found_at(content, path)
        text = plain(found)
        text = "*" if text is None and found is not None else text or ""
        begun = tuple(one.removesuffix("*") for one in accepted if one.endswith("*"))
        if text not in accepted and not (text and text.startswith(begun)):
            return False
    return True


def _followed(content: Any, path: str) -> Any:
    for part in path.split("."):
        if isinstance(content, dict):
            content = content.get(part)
        elif isinstance(content, list) and part.isdigit() and int(part) < len(content):
            content = content[int(part)]
        else:
            return None
    return content
