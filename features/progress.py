"""How long work tells where it is: in steps with words, or in counts. Who is told decides how it looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

Step: TypeAlias = Callable[[str], None]
"""Is told, in words, what is being done now."""


class Tick(Protocol):
    """Is told how far the work is, and of how much where that is known."""

    def __call__(self, done: int, total: int | None = None) -> None: ...


def tell(step: Step | None, words: str) -> None:
    """Tell `step` what is being done now, where somebody listens."""
    if step is not None:
        step(words)
