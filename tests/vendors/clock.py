"""A clock that a test turns: a run that waits ten minutes takes none."""

from __future__ import annotations

NOON = 1_780_000_000_000_000


class TurnedClock:
    """Seconds pass when somebody sleeps, and a little with each request."""

    def __init__(self) -> None:
        self.passed = 0.0

    def seconds(self) -> float:
        return self.passed

    def sleep(self, seconds: float) -> None:
        self.passed += seconds

    def now_us(self) -> int:
        return NOON + int(self.passed * 1e6)
