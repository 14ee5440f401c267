"""Plan, send, record: a run that may be killed at any step and run again; no score twice, none missed."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from features.progress import Tick
from features.recipe import Recipe
from serving.ledger import Ledger
from serving.ledger.pushed import PushState, Taken, turn_of
from serving.push.line import NoAnswer
from serving.push.pace import LONGEST_WAIT, CallPace, PushClock, RealClock
from serving.push.plan import looked_at, planned
from serving.push.tally import Asks, PushTally
from serving.vendors.adapter import Call, CrmAnswer, Divide, Fate, Halt, Later, Outgoing, Trouble
from serving.vendors.adapter import Renew as TokenOut
from serving.vendors.faults import fault
from serving.vendors.mapping import PushMapping
from serving.vendors.profile import crm_profile
from serving.vendors.registry import CrmVendor
from serving.vendors.values import KeptValues

_TRIES = 6
"""Requests for the same records before a run gives up on them: 1 + 2 + 4 + 8 + 16 s in between."""
_PASSING = 3
"""Times that records are sent again that the CRM let pass for the moment (a lock on a row)."""
_SUSPECTS = 20
"""Records of a request that were refused before: they spoil no others, and are found by few halvings."""
_ALL_ALIKE = 8
"""Records that are refused one by one, with none accepted in between, before it is no record's fault."""


class _Stopped(Exception):
    def __init__(self, why: Trouble) -> None:
        self.why = why


class PushRun:
    """One run that brings the CRM of `mapping` up to the ledger's newest scores.

    `recipe` says which stages close a lead. `progress` is told leads done, of how many.
    """

    def __init__(
        self,
        ledger: Ledger,
        mapping: PushMapping,
        crm: CrmVendor,
        line: Asks,
        *,
        recipe: Recipe | None = None,
        clock: PushClock | None = None,
        progress: Tick | None = None,
    ) -> None:
        self.ledger, self.mapping, self.crm, self.line, self.recipe = ledger, mapping, crm, line, recipe
        self.clock = clock or RealClock()
        self._state = PushState(ledger, mapping.target)
        self._pace = CallPace(mapping.limits, self.clock)
        self._progress = progress
        self._tally = PushTally()
        self._renewed = False
        self._fresh = True  # no record of those that are sent now was refused before
        self._alike = 0  # refused or failed one after another with none accepted in between

    def run(self, *, again: bool = True) -> PushTally:
        """Send what needs sending; what was refused is in the tally, and tried again on every later run.

        Without `again` leads that were refused before wait. It may be called many times: the CRM's limits
        are kept from one run to the next.

        Raises:
            LeadscoreError: another process sends to this target, or the ledger fails.
        """
        self._tally, self._fresh, self._alike, self._renewed = PushTally(), True, 0, False
        with turn_of(self.ledger, self.mapping.target):
            plan = planned(self.ledger, self.mapping, self.recipe, self.clock.now_us())
            if not again:
                plan.passed["waiting"] += len(plan.again)
                plan.again = []
            self._tally.passed = plan.passed
            total = len(plan.fresh) + len(plan.again)
            try:
                if total:
                    self._check_account()
                self._send_all(plan.fresh, self.mapping.size, total)
                self._fresh = False
                self._send_all(plan.again, min(_SUSPECTS, self.mapping.size), total)
            except _Stopped as stopped:
                self._tally.stopped = stopped.why
                self._tally.left = total - self._done()
        return self._tally

    def _done(self) -> int:
        return self._tally.sent + self._tally.refused.total()

    def _check_account(self) -> None:
        """A token of another account would write its scores onto strangers' records."""
        if not self.mapping.account:
            return
        found = ""

        def ask(call: Call) -> CrmAnswer:
            answer = self._patiently(call, 1)
            if isinstance(answer, Later):
                raise _Stopped(answer.fault)
            return answer

        found = self.crm.account(ask)
        if found and found != self.mapping.account:
            title = crm_profile(self.mapping.vendor).title
            words = f"the token is of account {found} in {title}, the mapping file of {self.mapping.account}."
            raise _Stopped(Trouble(words, "Use the token of that account, or a mapping file for this one."))

    def _patiently(self, call: Call, tries: int) -> CrmAnswer | Later:
        self._check_patience(fault(self.mapping, "limit"))
        for again in range(tries + 1):
            self._pace.wait(call.cost)
            self._tally.requests += 1
            try:
                return self.line(call)
            except NoAnswer as none:
                title = crm_profile(self.mapping.vendor).title
                remedy = "Check the network and 'url' in the mapping file; the next run goes on from here."
                later = Later(Trouble(f"{title}: {none.words}.", remedy))
                if again < tries:
                    self.clock.sleep(1.0)
        return later

    def _send_all(self, lead_ids: Sequence[str], size: int, total: int) -> None:
        for first in range(0, len(lead_ids), size):
            part = lead_ids[first : first + size]
            with self.ledger.reading() as connection:  # anew: what is sent is the newest at that moment
                found = dict(looked_at(connection, part, self.mapping, self.recipe, self.clock.now_us()))
            records = [one for name in part if not isinstance(one := found.get(name, "gone"), str)]
            self._tally.passed.update(one for one in found.values() if isinstance(one, str))
            if records:
                self._state.begin(record.lead_id for record in records)
                self._deliver(records)
            if self._progress is not None:
                self._progress(self._done(), total)

    def _deliver(self, records: Sequence[Outgoing], passing: int = 0) -> None:
        """Send `records` until each has its fate; halves where one of them spoils the others."""
        failed = 0
        while True:
            call = self.crm.call(records)
            if len(records) > 1 and self._too_large(call):
                middle = len(records) // 2
                self._deliver(records[:middle])
                self._deliver(records[middle:])
                return
            answer = self._patiently(call, 0)
            reply = answer if isinstance(answer, Later) else self.crm.reply(records, answer)
            if isinstance(reply, list):
                self._note(records, reply, passing)
                if not isinstance(answer, Later):
                    self._keep_reserve(answer)
                return
            if isinstance(reply, Halt):
                raise _Stopped(reply.fault)
            if isinstance(reply, Divide):
                self._divide(records, reply)
                return
            if isinstance(reply, TokenOut):
                if self._renewed or not self.line.renew():
                    raise _Stopped(reply.fault)
                self._renewed = True
            else:
                failed += 1
                self._rest(reply, failed)
                if (self._alike and reply.failing) or failed >= _TRIES:
                    self._give_up(records, reply)
                    return
            self._tally.retried += len(records)

    def _too_large(self, call: Call) -> bool:
        most = crm_profile(self.mapping.vendor).most_bytes
        return most is not None and len(json.dumps(call.body, ensure_ascii=False).encode()) > most

    def _rest(self, reply: Later, failed: int) -> None:
        """Wait as long as the CRM asks, else longer each time; a wait of hours is the next run's."""
        self._pace.hold(reply.seconds if reply.seconds is not None else 2.0 ** (failed - 1))
        self._check_patience(reply.fault)

    def _check_patience(self, why: Trouble) -> None:
        if self._pace.held > LONGEST_WAIT:
            words = f"{why.problem[:-1]}: it asks to wait {self._pace.held / 60:,.0f} minutes."
            raise _Stopped(Trouble(words, "The rest is sent on the next run after that."))

    def _give_up(self, records: Sequence[Outgoing], reply: Later) -> None:
        """What never got through is left to the next run; of a CRM that fails, a record may be the cause."""
        self._alike += 1
        if not reply.failing or self._alike > math.log2(self.mapping.size) + 2:
            raise _Stopped(reply.fault)
        if len(records) == 1:
            self._note(records, [Fate(reply.fault)], _PASSING)
            return
        self._halves(records)

    def _divide(self, records: Sequence[Outgoing], reply: Divide) -> None:
        if len(records) > 1:
            self._halves(records)
            return
        why = reply.fault
        self._note(records, [Fate(why)], _PASSING)
        self._alike += reply.alike and self._fresh
        if self._alike >= _ALL_ALIKE:
            words = f"{why.problem[:-1]}; so it was for {self._alike} records on end, and none was accepted."
            raise _Stopped(Trouble(words, why.remedy))

    def _halves(self, records: Sequence[Outgoing]) -> None:
        self._tally.retried += len(records)
        middle = len(records) // 2
        self._deliver(records[:middle])
        self._deliver(records[middle:])

    def _note(self, records: Sequence[Outgoing], fates: Sequence[Fate], passing: int) -> None:
        """Record each fate; what the CRM let pass for the moment is sent again."""
        if len(fates) != len(records):
            raise AssertionError(f"{len(records)} records, {len(fates)} fates")
        pairs = list(zip(records, fates, strict=True))
        again = [record for record, fate in pairs if fate.passing] if passing < _PASSING else []
        taken = [self._taken(record) for record, fate in pairs if fate.fault is None]
        refused = {
            record.lead_id: str(fate.fault)
            for record, fate in pairs
            if fate.fault is not None and record not in again
        }
        self._state.record(taken, refused, self.clock.now_us())
        self._tally.sent += len(taken)
        self._tally.refused.update(refused.values())
        if taken:
            self._alike, self._renewed = 0, False
        if again:
            self.clock.sleep(2.0**passing)
            self._tally.retried += len(again)
            self._deliver(again, passing + 1)

    def _taken(self, record: Outgoing) -> Taken:
        kept = KeptValues(record.values, self.mapping.properties)
        return Taken(record.lead_id, kept.written(), record.as_of_us)

    def _keep_reserve(self, answer: CrmAnswer) -> None:
        left = self.crm.left(answer)
        if left is not None and left[0] <= self.mapping.reserve * left[1]:
            told = fault(self.mapping, "daily")
            words = f"{left[0]:,} of the day's {left[1]:,} calls are left; they are kept for others."
            raise _Stopped(Trouble(words, told.remedy))
