"""What every endpoint stands on: who answers now, and the ledger where there is one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Protocol, TypeAlias

from starlette.requests import Request
from starlette.responses import Response

from features.lead import Lead
from serving.answer import Ladder, Opened, TimeBudget
from serving.api.large_work import FAR_TOO_MANY, LargeWork, T
from serving.api.problems import RefusedError
from serving.asked import Heard
from serving.crm import Receiver, Sender
from serving.crm.mount import Spooling
from serving.jobs import Jobs
from serving.ledger import Ledger, Writer
from serving.ledger.decisions import Voices
from serving.ledger.keys import Scope
from serving.neighbours import neighbours_of
from serving.score import Score
from serving.skew import RequestLog
from serving.wire.written import Answered

Access: TypeAlias = Scope | Literal["any", "open"]
"""What a key must be for; 'any' live key; 'open' needs none, or proves its sender otherwise."""
RetryUnit: TypeAlias = Literal["s", "ms"]
MOST_BYTES = 10_000_000
ANONYMOUS = "local"
"""Who asks where no key is needed."""


NOTHING = Heard()
"""Where there is no ledger nobody has said anything."""


CountedScore: TypeAlias = tuple[Score, float | None]
"""A score that reads like one that is answered, and the probability of that one."""


def _nothing(_: Sequence[CountedScore]) -> None:
    return


class Follower(Protocol):
    """A challenger that scores what was asked, for the ledger alone."""

    @property
    def opened(self) -> Opened | None:
        """The challenger, None while there is none."""

    pending: str

    def put(self, items: Sequence[Any], found: Sequence[Answered]) -> None:
        """What was asked, and what was made of it."""


class Tenure(Protocol):
    """Since when the present one answers, and why another that the registry names does not ('': none)."""

    since_us: int
    pending: str


@dataclass
class Waiting:
    """Leads of one request, scored with those of others by `ladder`; `heard` is what people have said."""

    items: Sequence[Any]
    ladder: Ladder
    heard: Heard
    reasons: int
    answer: asyncio.Future[list[Answered]] = field(init=False, repr=False)

    @property
    def asked(self) -> tuple[int, int, int]:
        """What is alike in questions that are answered together."""
        return id(self.ladder), id(self.heard), self.reasons


@dataclass
class Desk:
    """The state that endpoints share; `opened` is replaced when a promotion is followed.

    `senders` may send at /v1/in/…, `receiver` takes it in. `counted` is told of every score that is answered;
    `budget` is how long a rung may take, `shadow` a challenger beside the one that answers,
    `spool` where signed bodies wait while the ledger is down,
    `jobs` those of the pages (None where no folder can keep their files), `turn` who arrived in this turn of
    the loop, and is scored at its end by `turns`, in the one thread of `turner`; `turn_hangs` while that
    takes far too long. `large` does what is not for a turn.
    """

    opened: Opened
    standing: Tenure
    ledger: Ledger | None = None
    writer: Writer | None = None
    log: RequestLog | None = None
    senders: Mapping[str, Sender] = field(default_factory=dict)
    receiver: Receiver | None = field(default=None, repr=False)
    counted: Callable[[Sequence[CountedScore]], None] = field(default=_nothing, repr=False)
    jobs: Jobs | None = None
    budget: TimeBudget = field(default_factory=TimeBudget, repr=False)
    shadow: Follower | None = field(default=None, repr=False)
    spool: Spooling | None = field(default=None, repr=False)
    turn: list[Waiting] = field(default_factory=list, repr=False)
    turns: asyncio.Task[None] | None = field(default=None, repr=False)
    turn_hangs: bool = False
    turner: Executor = field(default_factory=lambda: ThreadPoolExecutor(1, "leadscore-turn"), repr=False)
    large: LargeWork = field(default_factory=LargeWork, repr=False)

    @property
    def hangs(self) -> bool:
        """Whether something takes far too long, and goes on."""
        return self.turn_hangs or self.large.hanging > 0

    async def aside(self, work: Callable[[], T], leads: int = 1, place: str = "scoring") -> T:
        """What `work` on so many leads gives, done in a thread.

        Raises:
            RefusedError: 503 at `place`, as `LargeWork.done`.
        """
        return await self.large.done(work, FAR_TOO_MANY * self.budget.seconds_of(leads), place)

    @cached_property
    def voices(self) -> Voices | None:
        """Who objects and who contests, where there is a ledger that says it."""
        return None if self.ledger is None else Voices(self.ledger)

    def beside(self, lead: Lead | Score) -> Lead | Score:
        """A lead with what the ledger knows of its account's other leads."""
        if self.ledger is None or isinstance(lead, Score):
            return lead
        return neighbours_of(self.ledger).of(self.opened.ladder.recipe, lead)

    def heard(self) -> Heard:
        """Who objects and who contests now; while the ledger is away, as it was read last."""
        return self.voices.heard() if self.voices else NOTHING

    def kept(self) -> tuple[Ledger, Writer]:
        """The ledger, and who writes to it.

        Raises:
            RefusedError: the service has none.
        """
        if self.ledger is None or self.writer is None:
            remedy = "Make one with 'leadscore ledger init' where the service runs, then start it again."
            raise RefusedError(409, "ledger", "this service has no ledger", remedy)
        return self.ledger, self.writer


@dataclass(frozen=True)
class Mount:
    """One endpoint: where it is, who may ask, how much may be sent, and what answers.

    `path` is Starlette's pattern; it stands for the path in figures and logs, which tell nothing of a lead.
    `retry_unit` is how its callers read Retry-After: the standard says seconds, HubSpot reads milliseconds.
    A `page` is for people: the cookie of a session stands for its key, and a refusal is a page too. Of a
    `streamed` one the endpoint itself reads the body, and bounds it.
    """

    path: str
    methods: tuple[str, ...]
    access: Access
    answer: Callable[[Request], Awaitable[Response]]
    most_bytes: int = MOST_BYTES
    retry_unit: RetryUnit = "s"
    page: bool = False
    streamed: bool = False


def desk_of(request: Request) -> Desk:
    """The desk of the service that was asked."""
    desk: Desk = request.app.state.desk
    return desk


def caller_of(request: Request) -> str:
    """The id of the key that was shown; `ANONYMOUS` where none is needed."""
    return str(request.scope.get("leadscore.caller", ANONYMOUS))
