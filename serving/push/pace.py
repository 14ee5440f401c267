"""How fast a CRM may be asked: windows in its own unit, and how long a run waits when it is asked to."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from features.clock import now_us
from serving.vendors.profile import RateWindow

LONGEST_WAIT = 300.0
"""Seconds that a run waits when it is asked to; a longer one is left to the next run."""


class PushClock(Protocol):
    """Time as a run sees it."""

    def seconds(self) -> float:
        """Seconds that never go back."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def now_us(self) -> int:
        """µs since 1970 UTC."""


class RealClock:
    """The clock of the machine."""

    def seconds(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def now_us(self) -> int:
        """µs since 1970 UTC."""
        return now_us()


@dataclass
class CallPace:
    """Waits before a call until every window has room for it."""

    windows: Sequence[RateWindow]
    clock: PushClock
    _held_until: float = 0.0
    _spent: deque[tuple[float, float]] = field(default_factory=deque)

    def hold(self, seconds: float) -> None:
        """Let nothing through for so long, as the CRM asked; also what a later run would send."""
        self._held_until = max(self._held_until, self.clock.seconds() + seconds)

    @property
    def held(self) -> float:
        """Seconds until something is let through again."""
        return max(self._held_until - self.clock.seconds(), 0.0)

    def wait(self, cost: float) -> None:
        """Return when a call of `cost` keeps every limit, and count it; a cost above a limit goes alone."""
        if self.held:
            self.clock.sleep(self.held)
        while (pause := max((self._pause(window, cost) for window in self.windows), default=0.0)) > 0:
            self.clock.sleep(pause)
        now = self.clock.seconds()
        self._spent.append((now, cost))
        longest = max((window.seconds for window in self.windows), default=0.0)
        while self._spent and self._spent[0][0] <= now - longest:
            self._spent.popleft()

    def _pause(self, window: RateWindow, cost: float) -> float:
        now = self.clock.seconds()
        inside = [(at, spent) for at, spent in self._spent if at > now - window.seconds]
        over = sum(spent for _, spent in inside) + cost - window.calls
        for at, spent in inside:  # the oldest leave first
            if over <= 0:
                break
            over -= spent
            pause = at + window.seconds - now
            if over <= 0:
                return max(pause, 1e-3)
        return 0.0 if over <= 0 or not inside else max(inside[-1][0] + window.seconds - now, 1e-3)
