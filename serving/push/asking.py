"""Calls within a vendor's limits: waited for, held back as it asks; with a new token where one ran out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from features.errors import LeadscoreError
from serving.push.line import NoAnswer
from serving.push.pace import LONGEST_WAIT, CallPace, PushClock
from serving.push.tally import Asks
from serving.vendors.adapter import Call, CrmAnswer, Later, Trouble
from serving.vendors.answers import seconds_of
from serving.vendors.faults import fault
from serving.vendors.mapping import PushMapping
from serving.vendors.profile import RateWindow

_QUESTIONS = 3
"""Times that a question is asked."""


class StoppedError(Exception):
    """Nothing more is to be sent in this run."""

    def __init__(self, why: Trouble) -> None:
        self.why = why


@dataclass(frozen=True)
class Vendor:
    """Whom a run asks: its name, its limits; what is said when it asks for patience, or gives no answer."""

    title: str
    limits: Sequence[RateWindow]
    patience: Trouble
    unanswered: str


def crm_asked(mapping: PushMapping) -> Vendor:
    """The CRM of `mapping`."""
    words = "Check the network and 'url' in the mapping file; the next run goes on from here."
    return Vendor(mapping.profile.title, mapping.limits, fault(mapping, "limit"), words)


class Asking:
    """A line to `vendor`, used as it may be; `requests` counts the calls since the run began."""

    def __init__(self, vendor: Vendor, line: Asks, clock: PushClock) -> None:
        self.vendor, self.line = vendor, line
        self.requests, self.renewed = 0, False
        self._pace = CallPace(vendor.limits, clock)

    def begin(self) -> None:
        """A run begins; what limits ask for goes on."""
        self.requests, self.renewed = 0, False

    def asked(self, call: Call) -> CrmAnswer:
        """The answer to a question; a passing failure and a token that ran out are got over."""
        for failed in range(1, _QUESTIONS + 1):
            answer = self.answered(call)
            if isinstance(answer, Later):
                self.rest(answer, failed)
            elif answer.status == 429 or answer.status >= 500:
                self.rest(Later(self.vendor.patience, seconds_of(answer)), failed)
            elif answer.status != 401 or not self.renew():
                return answer
        if isinstance(answer, Later):
            raise StoppedError(answer.fault)
        return answer

    def answered(self, call: Call) -> CrmAnswer | Later:
        self._check_patience(self.vendor.patience)
        self._pace.wait(call.cost)
        self.requests += 1
        try:
            return self.line(call)
        except NoAnswer as none:
            told = Trouble(f"{self.vendor.title}: {none.words}.", self.vendor.unanswered)
            return Later(told, failing=none.sent)

    def renew(self) -> bool:
        """Whether there is a new token; one that is refused as soon as it is had is not asked for again."""
        if self.renewed:
            return False
        try:
            self.renewed = self.line.renew()
        except LeadscoreError as error:
            raise StoppedError(Trouble(error.problem, error.remedy)) from None
        return self.renewed

    def rest(self, reply: Later, failed: int) -> None:
        """Wait as long as the CRM asks, else longer each time; a wait of hours is the next run's."""
        self._pace.hold(reply.seconds if reply.seconds is not None else 2.0 ** (failed - 1))
        self._check_patience(reply.fault)

    def _check_patience(self, why: Trouble) -> None:
        if self._pace.held > LONGEST_WAIT:
            words = f"{why.problem[:-1]}: it asks to wait {self._pace.held / 60:,.0f} minutes."
            raise StoppedError(Trouble(words, "The rest is sent on the next run after that."))
