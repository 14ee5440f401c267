"""How long a rung may take: one that hangs is passed over, and left alone until it may be back."""

from __future__ import annotations

import math
import os
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from features.errors import LeadscoreError
from serving.answer.compose import Computed, Rung

VARIABLE = "LEADSCORE_RUNG_SECONDS"
_SECONDS = 2.0
_A_LEAD = 0.02
"""Seconds more for each further lead of a request: reasons take some milliseconds each."""
_REST_SECONDS = 30.0

PassedOver: TypeAlias = Literal["failed", "slow", "resting"]
Work: TypeAlias = Callable[[], Computed]


@dataclass
class TimeBudget:
    """Asks rungs aside, and gives up each that takes longer than `seconds` (`lead_seconds` more for each
    further lead).

    Nothing ends a thread from outside: what was given up goes on until it ends by itself. Its rung is not
    asked meanwhile, nor for `rest_seconds` after it was given up, so that a hang delays those who were
    waiting then, and nobody after them. `passed_over` counts by rung and reason.
    """

    seconds: float = _SECONDS
    rest_seconds: float = _REST_SECONDS
    lead_seconds: float = _A_LEAD
    passed_over: Counter[tuple[str, PassedOver]] = field(default_factory=Counter)
    _idle: list[_Aside] = field(default_factory=list)
    _hanging: dict[tuple[str, str], Future[Computed]] = field(default_factory=dict)
    _until: dict[tuple[str, str], float] = field(default_factory=dict)

    @classmethod
    def from_environment(cls) -> TimeBudget:
        """By LEADSCORE_RUNG_SECONDS (default 2).

        Raises:
            LeadscoreError: it is no number above 0.
        """
        try:
            seconds = float(os.environ.get(VARIABLE) or _SECONDS)
        except ValueError:
            seconds = math.nan
        if not 0 < seconds < math.inf:
            raise LeadscoreError(
                f"{VARIABLE}: is not a number above 0.", "Say the seconds of a rung, such as 2."
            )
        return cls(seconds)

    def rests(self, rung: Rung) -> bool:
        """Whether `rung` is not asked at the moment."""
        who = _name(rung)
        hanging = self._hanging.get(who)
        return (hanging is not None and not hanging.done()) or time.monotonic() < self._until.get(who, 0.0)

    def seconds_of(self, leads: int) -> float:
        """How long a rung may take on so many."""
        return self.seconds + self.lead_seconds * (leads - 1)

    def asked(self, rung: Rung, leads: int, work: Work) -> Computed:
        """What `work` of `rung` on so many leads gives, or raises.

        Raises:
            SlowRungError: it took too long, or did so a moment ago.
        """
        if self.rests(rung):
            raise SlowRungError("resting", f"the rung '{rung.scorer.rung}' took too long a moment ago")
        aside = self._idle.pop() if self._idle else _Aside(self._idle)
        answer = aside.begin(work)
        try:
            return answer.result(self.seconds_of(leads))
        except TimeoutError:
            if answer.done():
                return answer.result()  # it came at the last moment, or the error is the scorer's own
        self._hanging[_name(rung)] = answer
        self._until[_name(rung)] = time.monotonic() + self.rest_seconds
        raise SlowRungError("slow", f"the rung '{rung.scorer.rung}' took longer than {self.seconds:g} s")


class SlowRungError(Exception):
    """A rung is passed over for the time that it takes, or took."""

    def __init__(self, why: PassedOver, words: str) -> None:
        super().__init__(words)
        self.why: PassedOver = why


def answer_of(rung: Rung, leads: int, work: Work, budget: TimeBudget | None) -> Computed | str:
    """What a rung computes for so many leads, or why it is passed over; without a budget it may take long."""
    why: PassedOver = "failed"
    try:
        return work() if budget is None else budget.asked(rung, leads, work)
    except SlowRungError as slow:
        why, words = slow.why, str(slow)
    except Exception as error:  # a rung that fails is skipped, whatever it fails of
        words = f"the rung '{rung.scorer.rung}' failed ({type(error).__name__})"
    if budget is not None:
        budget.passed_over[rung.scorer.rung, why] += 1
    return words


class _Aside:
    """A thread that works for whoever waits, then waits among `idle`; one that hangs ends no process late."""

    def __init__(self, idle: list[_Aside]) -> None:
        self._idle = idle
        self._given: queue.SimpleQueue[tuple[Work, Future[Computed]]] = queue.SimpleQueue()
        threading.Thread(target=self._go_on, name="leadscore-rung", daemon=True).start()

    def begin(self, work: Work) -> Future[Computed]:
        """The answer to come."""
        answer: Future[Computed] = Future()
        self._given.put((work, answer))
        return answer

    def _go_on(self) -> None:
        while True:
            work, answer = self._given.get()
            try:
                found = work()
            except BaseException as error:
                self._idle.append(self)
                answer.set_exception(error)
            else:
                self._idle.append(self)
                answer.set_result(found)
            del work, answer


def _name(rung: Rung) -> tuple[str, str]:
    """A rung of a version: what replaces it is asked anew."""
    return rung.scorer.rung, rung.scorer.version
