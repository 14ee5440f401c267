"""What a layer shows, imported when it is first asked for: importing a layer costs only what is used."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


def lazily(layer: str, places: Mapping[str, Sequence[str]]) -> Callable[[str], Any]:
    """The `__getattr__` of a layer (PEP 562); `places`: package → the names of it that the layer shows."""
    homes = {name: place for place, names in places.items() for name in names}

    def named(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {layer!r} has no attribute {name!r}")
        return getattr(import_module(homes[name]), name)

    return named
