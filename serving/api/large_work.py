"""Work of requests that is not for a turn, each in a thread: who waits for it waits a bounded time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, TypeVar

from serving.api.problems import RefusedError

T = TypeVar("T")
FAR_TOO_MANY = 10
"""What takes as long as so many rungs may is taken for hanging."""
_THREADS = 40
"""As many as the framework has: whoever did not wait among those does not wait here."""
_LEAST_SECONDS = 60.0
"""The first question of accounts reads the whole history of fields; a ledger may let wait for 10 s."""


@dataclass(eq=False)
class _Job:
    work: Callable[[], Any]
    seconds: float
    place: str
    answer: asyncio.Future[Any]
    running: asyncio.Future[Any] | None = None
    hangs: bool = False

    def do(self) -> Any:
        """Do it in the thread that asks; what it raises is such as a future can hold."""
        try:
            return self.work()
        except BaseException as error:  # compiled code may panic with no Exception
            raise holdable(error) from None

    def refuse(self) -> None:
        """Tell who waits, if anybody does still."""
        if not self.answer.done():
            self.answer.set_exception(hanging(self.place))


@dataclass
class LargeWork:
    """Does work in up to `threads` at a time, in the order in which it is asked for.

    Nothing ends a thread from outside: one that was given up counts among `hanging`, and takes its place,
    until it ends. Used from one event loop.
    """

    threads: int = _THREADS
    least_seconds: float = _LEAST_SECONDS
    hanging: int = 0
    _begun: int = 0
    _waiting: deque[_Job] = field(default_factory=deque)

    async def done(self, work: Callable[[], T], seconds: float, place: str) -> T:
        """What `work` gives, or raises; it may take `least_seconds` and `seconds` from when it begins.

        Raises:
            RefusedError: 503 at `place`: it takes longer, or every thread hangs.
        """
        if self.hanging >= self.threads:
            raise hanging(place)
        answer = asyncio.get_running_loop().create_future()
        within = partial(copy_context().run, work)
        self._waiting.append(_Job(within, self.least_seconds + seconds, place, answer))
        self._begin()
        found: T = await answer
        return found

    @cached_property
    def _pool(self) -> Executor:
        return ThreadPoolExecutor(self.threads, "leadscore-large")

    def _begin(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting and self._begun < self.threads:
            job = self._waiting.popleft()
            if job.answer.done():  # its sender has left
                continue
            self._begun += 1
            late = loop.call_later(job.seconds, self._give_up, job)
            job.running = loop.run_in_executor(self._pool, job.do)
            job.running.add_done_callback(partial(self._end, job, late))

    def _give_up(self, job: _Job) -> None:
        if job.running is not None and job.running.done():  # at the last moment
            return
        job.hangs = True
        self.hanging += 1
        job.refuse()
        if self.hanging >= self.threads:
            for one in self._waiting:
                one.refuse()
            self._waiting.clear()

    def _end(self, job: _Job, late: asyncio.TimerHandle, running: asyncio.Future[Any]) -> None:
        late.cancel()
        self._begun -= 1
        self.hanging -= job.hangs
        error = running.exception()  # asked for always: else the loop would log it, and what it names
        if not job.answer.done():
            if error is None:
                job.answer.set_result(running.result())
            else:
                job.answer.set_exception(error)
        self._begin()


def hanging(place: str) -> RefusedError:
    """The answer to who would wait for what does not end."""
    remedy = "Ask again later; where it stays so, restart the service."
    return RefusedError(503, place, "hangs on earlier leads", remedy, {"Retry-After": "5"})


def holdable(error: BaseException) -> Exception:
    """`error` as one that a future can hold, and that ends no loop."""
    if isinstance(error, Exception) and not isinstance(error, StopIteration):
        return error
    return RuntimeError(f"scoring failed ({type(error).__name__})")
