"""The simplest points of a rule: a number times what one of it is worth."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Product:
    """Points that are `worth` × the number `name`, 0 where that is missing, held inside ±`cap`."""

    name: str
    worth: float
    cap: float
