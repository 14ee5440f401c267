"""Plan, send, record: a run that may be killed at any step and run again; no score twice, none missed."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from features.errors import LeadscoreError
from features.progress import Tick
from features.recipe import Recipe
from serving.ledger import Ledger
from serving.ledger.pushed import PushState, Taken, turn_of
from serving.push.asking import Asking, StoppedError, crm_asked
from serving.push.pace import PushClock, RealClock
from serving.push.plan import LeadsDue, PushSource
from serving.push.tally import Asks, PushTally
from serving.vendors.adapter import Call, CrmAnswer, Divide, Fate, Halt, Later, Outgoing, Trouble
from serving.vendors.adapter import Renew as TokenOut
from serving.vendors.faults import fault
from serving.vendors.mapping import PushMapping
from serving.vendors.registry import CrmVendor
from serving.vendors.values import KeptValues, rendered

_TRIES = 6
"""Requests for the same records before a run gives up on them: 1 + 2 + 4 + 8 + 16 s in between."""
_PASSING = 3
"""Times that records are sent again that the CRM let pass for the moment (a lock on a row)."""
_SUSPECTS = 20
"""Records of a request that were refused before: they spoil no others, and are found by few halvings."""
_ALL_ALIKE = 8
"""Records that are refused one by one, with none accepted in between, before it is no record's fault."""


class PushRun:
    """One run that brings the CRM of `mapping` up to `due` (default: the ledger's newest scores by `recipe`).

    `progress` is told records done, of how many.
    """

    def __init__(
        self,
        ledger: Ledger,
        mapping: PushMapping,
        crm: CrmVendor,
        line: Asks,
        *,
        recipe: Recipe | None = None,
        due: PushSource | None = None,
        clock: PushClock | None = None,
        progress: Tick | None = None,
    ) -> None:
        self.ledger, self.mapping, self.crm = ledger, mapping, crm
        self.due = due or LeadsDue(ledger, mapping, recipe)
        self.clock = clock or RealClock()
        self._state = PushState(ledger, mapping.target)
        self.asking = Asking(crm_asked(mapping), line, self.clock)
        self._progress, self._tally = progress, PushTally()
        self._options: dict[str, frozenset[str]] = {}  # what properties take of which a value was refused
        self._fresh = True  # no record of those that are sent now was refused before
        self._alike = 0  # refused or failed one after another with none accepted in between

    def run(self, *, again: bool = True) -> PushTally:
        """Send what needs sending; what was refused is in the tally, and tried again on every later run.

        Without `again` leads that were refused before wait. It may be called many times: the CRM's limits
        are kept from one run to the next.

        Raises:
            LeadscoreError: another process sends to this target, or the ledger fails.
        """
        self._tally, self._fresh, self._alike, self._options = PushTally(), True, 0, {}
        self.asking.begin()
        with turn_of(self.ledger, self.mapping.target):
            self.due.sweep(self._state)
            plan = self.due.plan(self.clock.now_us())
            if not again:
                plan.passed["waiting"] += len(plan.again) + len(plan.unread)
                plan.again, plan.unread = [], []
            self._tally.passed, total = plan.passed, len(plan.fresh) + len(plan.again)
            try:
                if total:
                    self._check_account()
                self._send_all(plan.fresh, self.mapping.size, total)
                self._fresh = False
                self._send_all(plan.again, min(_SUSPECTS, self.mapping.size), total)
            except StoppedError as stopped:
                self._tally.left = total - self._done()
                self._tally.stopped = stopped.why if self._tally.left else None
        self._tally.refused += plan.unread_told()
        self._tally.requests = self.asking.requests
        return self._tally

    def _done(self) -> int:
        return self._tally.sent + self._tally.refused.total()

    def _check_account(self) -> None:
        """A token of another account would write its scores onto strangers' records."""
        if not self.mapping.account:
            return
        try:
            found = self.crm.account(self.asking.asked)
        except LeadscoreError as error:
            raise StoppedError(Trouble(error.problem, error.remedy)) from None
        if found and found != self.mapping.account:
            title = self.mapping.profile.title
            words = f"the token is of account {found} in {title}, the mapping file of {self.mapping.account}."
            raise StoppedError(
                Trouble(words, "Use the token of that account, or a mapping file for this one.")
            )

    def _send_all(self, lead_ids: Sequence[str], size: int, total: int) -> None:
        for first in range(0, len(lead_ids), size):
            part = lead_ids[first : first + size]
            with self.ledger.reading() as connection:  # anew: what is sent is the newest at that moment
                found = dict(self.due.look(connection, part, self.clock.now_us()))
            records = [one for name in part if not isinstance(one := found.get(name, "gone"), str)]
            self._tally.passed.update(one for one in found.values() if isinstance(one, str))
            if records:
                self._state.begin(record.lead_id for record in records)
                self._sift(records)
            if self._progress is not None:
                self._progress(self._done(), total)

    def _deliver(self, records: Sequence[Outgoing], passing: int = 0) -> None:
        """Send `records` until each has its fate; halves where one of them spoils the others."""
        failed = 0
        while True:
            call = self.crm.call(records)
            if len(records) > 1 and self._too_large(call):
                self._halves(records, again=0)
                return
            answer = self.asking.answered(call)
            reply = answer if isinstance(answer, Later) else self.crm.reply(records, answer)
            if isinstance(reply, list):
                self._note(records, reply, passing)
                if not isinstance(answer, Later):
                    self._keep_reserve(answer)
                return
            if isinstance(reply, Halt):
                raise StoppedError(reply.fault)
            if isinstance(reply, Divide):
                self._divide(records, reply)
                return
            if isinstance(reply, TokenOut):
                if not self.asking.renew():
                    raise StoppedError(reply.fault)
            else:
                failed += 1
                self.asking.rest(reply, failed)
                if (self._alike and reply.failing) or failed >= _TRIES:
                    self._give_up(records, reply)
                    return
            self._tally.retried += len(records)

    def _too_large(self, call: Call) -> bool:
        most = self.mapping.profile.most_bytes
        return most is not None and len(json.dumps(call.body, ensure_ascii=False).encode()) > most

    def _give_up(self, records: Sequence[Outgoing], reply: Later) -> None:
        """What never got through is left to the next run; of a CRM that fails, a record may be the cause."""
        self._alike += 1
        if not reply.failing or self._alike > math.log2(self.mapping.size) + 2:
            raise StoppedError(reply.fault)
        if len(records) == 1:
            self._note(records, [Fate(reply.fault, alike=False)], _PASSING)
        else:
            self._halves(records)

    def _divide(self, records: Sequence[Outgoing], reply: Divide) -> None:
        if len(records) == 1:
            self._note(records, [Fate(reply.fault, alike=reply.alike, final=reply.final)], _PASSING)
        elif reply.option and reply.option not in self._options:
            self._options[reply.option] = self._options_of(reply.option)
            self._tally.retried += len(records)
            self._sift(records)
        else:
            self._halves(records)

    def _options_of(self, key: str) -> frozenset[str]:
        """What the CRM takes for the property `key`; empty where it does not say."""
        try:
            known = self.crm.properties(self.asking.asked).values()
        except LeadscoreError:
            return frozenset()
        return next((one.options for one in known if one.key == key), frozenset())

    def _sift(self, records: Sequence[Outgoing]) -> None:
        """Send `records` but those with a value that is known to be no option any more."""
        bad: dict[str, str] = {}
        for record in records if self._options else ():
            written = rendered(record.values, self.mapping)
            for key, options in self._options.items():
                if options and written[key] is not None and str(written[key]) not in options:
                    bad[record.lead_id] = key
        out = [record for record in records if record.lead_id in bad]
        if out:
            told = [fault(self.mapping, "option", "", bad[record.lead_id]) for record in out]
            self._note(out, [Fate(one, alike=False) for one in told], _PASSING)
        if len(out) < len(records):
            self._deliver([record for record in records if record.lead_id not in bad])

    def _halves(self, records: Sequence[Outgoing], again: int = 1) -> None:
        self._tally.retried += again * len(records)
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
        refused = [(one, fate) for one, fate in pairs if fate.fault is not None and one not in again]
        noted = {one.lead_id: f"{one.noted if fate.final else ''}{fate.fault}" for one, fate in refused}
        self._state.record(taken, noted, self.clock.now_us())
        self._tally.sent += len(taken)
        self._tally.refused.update(str(fate.fault) for _, fate in refused)
        if taken:
            self._alike, self.asking.renewed = 0, False
        elif self._fresh:
            self._check_alike([fate for _, fate in refused if fate.alike])
        if again:
            self.clock.sleep(2.0**passing)
            self._tally.retried += len(again)
            self._deliver(again, passing + 1)

    def _check_alike(self, fates: Sequence[Fate]) -> None:
        """Where everybody is refused it is a property, or a right, and no record's fault."""
        self._alike += len(fates)
        if fates and self._alike >= _ALL_ALIKE and (why := fates[-1].fault) is not None:
            words = f"{why.problem[:-1]}; so it was for {self._alike} records on end, and none was accepted."
            raise StoppedError(Trouble(words, why.remedy))

    def _taken(self, record: Outgoing) -> Taken:
        kept = KeptValues(record.values, self.mapping.places).written()
        return Taken(record.lead_id, kept, record.as_of_us)

    def _keep_reserve(self, answer: CrmAnswer) -> None:
        left = self.crm.left(answer)
        if left is not None and left[0] <= self.mapping.reserve * left[1]:
            told = fault(self.mapping, "daily")
            words = f"{left[0]:,} of the day's {left[1]:,} calls are left; they are kept for others."
            raise StoppedError(Trouble(words, told.remedy))
