"""Conversions sent to a platform's API: within its limits, each once, each refusal told; killed or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from features.progress import Tick
from serving.conversions.apis import APIS, PlatformLine
from serving.conversions.platforms import PLATFORMS, PlatformName
from serving.conversions.replies import reply_of, trouble
from serving.conversions.requests import ToSend, request_of
from serving.conversions.sent import SentConversion, SentLog
from serving.ledger import Ledger
from serving.ledger.pushed import Pushed, PushState, Taken, pushed, turn_of
from serving.push.asking import Asking, StoppedError, Vendor
from serving.push.pace import PushClock, RealClock
from serving.push.tally import PushTally
from serving.vendors.adapter import Divide, Fate, Halt, Later, Renew, Trouble

_TRIES = 6
_SHRINKING = 40
"""Times that a request is sent again without those that an answer named as faulty."""
_SUSPECTS = 20
"""Conversions of a request that were refused before: they spoil no others."""
_ALL_ALIKE = 8
"""Refused one by one, with none accepted in between, before it is no conversion's own fault."""


def kept_log(ledger: Ledger, platform: PlatformName) -> SentLog:
    """What the ledger knows to have been accepted by `platform`."""
    with ledger.reading() as connection:
        return SentLog(platform=platform, sent=_accepted(pushed(connection, _target(platform))))


def _accepted(known: Mapping[str, Pushed]) -> dict[str, SentConversion]:
    return {name: SentConversion.model_validate_json(one.sent) for name, one in known.items() if one.sent}


def _target(platform: PlatformName) -> str:
    return f"ads-{platform}"


class ConversionRun:
    """One run that sends to `platform` over `line`; `names` is stage → the conversion's name there.

    What it did is kept in `ledger` by order id, a hash. `progress` is told items done, of how many.
    """

    def __init__(
        self,
        ledger: Ledger,
        platform: PlatformName,
        line: PlatformLine,
        names: Mapping[str, str],
        *,
        clock: PushClock | None = None,
        progress: Tick | None = None,
    ) -> None:
        self.ledger, self.platform, self.line, self.names = ledger, platform, line, names
        self.clock, self.progress, self.api = clock or RealClock(), progress, APIS[platform]
        self._state = PushState(ledger, _target(platform))
        words = "Check the network; the next run goes on from here."
        vendor = Vendor(self.api.title, self.api.limits, trouble(self.api, "limit"), words)
        self._asking = Asking(vendor, line, self.clock)
        self._tally, self._alike, self._total = PushTally(), 0, 0

    def run(self, items: Sequence[ToSend], planned_on: SentLog) -> PushTally:
        """Send `items`; what was refused is in the tally, and tried again on every later run.

        `planned_on` is what `kept_log` knew when they were planned: what another run told since is passed
        over, and a later plan finds what is left to tell.

        Raises:
            LeadscoreError: another process sends to this platform, or the ledger fails.
        """
        self._tally, self._alike = PushTally(), 0
        self._asking.begin()
        with turn_of(self.ledger, _target(self.platform)):
            with self.ledger.reading() as connection:
                known = pushed(connection, _target(self.platform))
            accepted = _accepted(known)
            before = planned_on.sent
            due = [one for one in items if accepted.get(one.order_id) == before.get(one.order_id)]
            self._total = len(due)
            if len(due) < len(items):
                self._tally.passed["told by another run meanwhile"] = len(items) - len(due)
            refused = {name for name, one in known.items() if one.tries}
            fresh = [one for one in due if one.order_id not in refused]
            again = [one for one in due if one.order_id in refused]
            size = PLATFORMS[self.platform].batch
            try:
                for part, most in ((fresh, size), (again, min(_SUSPECTS, size))):
                    for change in (False, True):
                        self._send([one for one in part if one.change is change], most)
            except StoppedError as stopped:
                self._tally.stopped = stopped.why
        self._tally.left = self._total - self._done()
        self._tally.requests = self._asking.requests
        return self._tally

    def _done(self) -> int:
        return self._tally.sent + self._tally.refused.total()

    def _send(self, items: Sequence[ToSend], size: int) -> None:
        for first in range(0, len(items), size):
            part = items[first : first + size]
            self._state.begin(one.order_id for one in part)
            self._deliver(part)
            if self.progress is not None:
                self.progress(self._done(), self._total)

    def _deliver(self, items: Sequence[ToSend], passing: int = 0) -> None:
        """Send `items` until each has its fate; halves where one of them spoils the others."""
        call, failed = request_of(self.platform, items, self.line.settings, self.names), 0
        while True:
            answer = self._asking.answered(call)
            reply = answer if isinstance(answer, Later) else reply_of(self.platform, items, answer)
            if isinstance(reply, list):
                self._note(items, reply, passing)
                return
            if isinstance(reply, Divide):
                self._divide(items, reply)
                return
            if isinstance(reply, Halt):
                raise StoppedError(reply.fault)
            if isinstance(reply, Renew):
                if not self._asking.renew():
                    raise StoppedError(reply.fault)
            else:
                failed += 1
                if failed >= _TRIES:
                    raise StoppedError(reply.fault)
                self._asking.rest(reply, failed)
            self._tally.retried += len(items)

    def _divide(self, items: Sequence[ToSend], reply: Divide) -> None:
        if len(items) == 1:
            self._note(items, [Fate(reply.fault)], 0)
            return
        middle = len(items) // 2
        self._tally.retried += len(items)
        self._deliver(items[:middle])
        self._deliver(items[middle:])

    def _note(self, items: Sequence[ToSend], fates: Sequence[Fate], passing: int) -> None:
        """Record each fate; what the platform let pass for the moment is sent again."""
        pairs = list(zip(items, fates, strict=True))
        again = [one for one, fate in pairs if fate.passing]
        again = again if passing < (_TRIES if len(again) == len(items) else _SHRINKING) else []
        waiting = {one.order_id for one in again}
        now = self.clock.now_us()
        accepted = [one for one, fate in pairs if fate.fault is None]
        taken = [Taken(one.order_id, one.after.model_dump_json(), now) for one in accepted]
        refused = {
            one.order_id: str(fate.fault)
            for one, fate in pairs
            if fate.fault is not None and one.order_id not in waiting
        }
        self._state.record(taken, refused, now)
        self._tally.sent += len(taken)
        self._tally.refused.update(refused.values())
        self._alike = 0 if taken else self._alike + len(refused)
        if again:
            self._tally.retried += len(again)
            if len(again) == len(items):
                self.clock.sleep(2.0**passing)
            self._deliver(again, passing + 1)
        elif self._alike >= _ALL_ALIKE:
            why = next(fate.fault for fate in reversed(fates) if fate.fault is not None)
            words = f"{why.problem[:-1]}; so it was for {self._alike} on end, and none was accepted."
            raise StoppedError(Trouble(words, why.remedy))
