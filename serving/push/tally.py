"""What a run needs, and what it tells: the line to a CRM, and the counts of a run."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

from serving.vendors import Call, CrmAnswer, Trouble


class Asks(Protocol):
    """A line to a CRM."""

    def __call__(self, call: Call) -> CrmAnswer:
        """The answer; raises NoAnswer."""

    def renew(self) -> bool:
        """Whether there is a new token."""


@dataclass
class PushTally:
    """What a run did, counted by lead: `sent`, `refused` (by sentence), `passed` over (by reason).

    `retried` counts leads sent again within the run; `left` those that a stop left to the next run, and
    `stopped` says why.
    """

    sent: int = 0
    retried: int = 0
    requests: int = 0
    left: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)
    stopped: Trouble | None = None
