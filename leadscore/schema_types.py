"""Types of what verbs print, made from the types that they stand on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, get_type_hints

Made: TypeAlias = Callable[[], Any]
COUNTS, TEXTS = dict[str, int], list[str]


def closed(name: str, /, **keys: Any) -> Any:
    """A type with exactly these keys, all of them there."""
    from pydantic import ConfigDict, Field, create_model

    fields: Any = {f"key_{n}": (kind, Field(alias=key)) for n, (key, kind) in enumerate(keys.items())}
    return create_model(name, __config__=ConfigDict(extra="forbid"), **fields)


def extended(name: str, /, base: Any, **keys: tuple[Any, Any]) -> Any:
    """The model `base` with further keys, each a type and its default (`...`: it is always there)."""
    from pydantic import create_model

    fields: Any = keys
    return create_model(name, __base__=base, **fields)


def many(one: Any) -> Any:
    """A list of what is of the type `one`."""
    return list[one]


def returned(function: Callable[..., Any]) -> Any:
    """What `function` says that it returns."""
    return hint(function, "return")


def hint(of: Any, name: str) -> Any:
    """The type of what is called `name` in `of`, a class or a function."""
    return get_type_hints(of)[name]
