"""One trial: scores come, runs push them, faults fall, the process is killed; what must hold in the end."""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import event

from serving.ledger import Ledger
from serving.ledger.pushed import pushed
from serving.push import CrmLine, PushRun
from serving.vendors import Call, CrmAnswer, crm_of
from serving.vendors.values import KeptValues, rendered
from tests.vendors import scores
from tests.vendors.clock import TurnedClock
from tests.vendors.made import SERVERS, environment_of, ids, mapping_of
from tests.vendors.server import Faults, VendorServer, mark

_LEADS = 40
_RUNS = 12
_RESTART = 300.0
"""Seconds until a process that was killed is there again: the longest window of a limit."""
_EXTRA = {"salesforce": ("expired", "busy"), "marketo": ("expired", "busy")}


class Killed(BaseException):
    """The process is gone: nothing of it catches this."""


@dataclass
class Counts:
    """What happened in trials."""

    faults: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    skipped: int = 0
    refused: int = 0
    retried: int = 0
    runs: int = 0
    stopped: int = 0

    def add(self, other: Counts) -> None:
        self.faults += other.faults
        for name in ("sent", "skipped", "refused", "retried", "runs", "stopped"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Trial:
    """A trial of `vendor` drawn by `seed`, in `folder`."""

    def __init__(self, vendor: str, seed: int, folder: Path) -> None:
        self.vendor, self.chance = vendor, random.Random(f"{vendor} {seed}")
        self.clock, self.counts = TurnedClock(), Counts()
        kinds = (*Faults().kinds, *_EXTRA.get(vendor, ()))
        share = self.chance.choice((0.2, 0.4, 0.6))
        self.faults = Faults(self.chance.randrange(10**9), share, kinds)
        self.leads = ids(vendor, _LEADS)
        self.ledger = Ledger.made(folder / f"{vendor}-{seed}.sqlite")
        self.kills = self.chance.choice((0.0, 0.02, 0.05))
        self.killing = False
        self.number = 0
        self.process: PushRun | None = None
        event.listen(self.ledger.engine, "commit", self._perhaps_killed)

    def run(self) -> Counts:
        """Everything, and what must hold in the end."""
        chosen = self.chance.sample(self.leads, 4)
        with SERVERS[self.vendor](self.leads, self.clock, self.faults) as server:
            server.deleted, server.poison = {chosen[0]}, set(chosen[1:3])
            mapping = mapping_of(self.vendor, server, batch=self.chance.choice((None, 7)), step=5)
            with CrmLine(mapping, environment_of(self.vendor, server), seconds=5) as self.line:
                self._new_scores(self.leads)
                for _ in range(_RUNS):
                    self._one_run(server, mapping, killing=True)
                    self._new_scores(self.chance.sample(self.leads, self.chance.randint(0, 12)))
                self.faults.share = 0.0
                if self.chance.random() < 0.5:  # the record is mended in the CRM
                    server.poison.discard(chosen[1])
                self._one_run(server, mapping, killing=False)
            self._check(server, mapping)
        self.counts.faults += self.faults.drawn
        self.ledger.close()
        return self.counts

    def _new_scores(self, leads: list[str]) -> None:
        """A newer score of each, and now and then one that comes late."""
        made = []
        for lead in leads:
            self.number += self.chance.randint(1, 3)
            made.append(scores.drawn(lead, self.number, self.chance))
            if self.chance.random() < 0.1:
                made.append(scores.drawn(lead, max(self.number - 50, 0), self.chance))
        killing, self.killing = self.killing, False
        scores.keep(self.ledger, made)
        self.killing = killing

    def _one_run(self, server: VendorServer, mapping: Any, *, killing: bool) -> None:
        self.counts.runs += 1
        self.killing = killing
        killer = _KillingLine(self.line, self, server)
        if self.process is None:
            self.process = PushRun(self.ledger, mapping, crm_of(mapping), killer, clock=self.clock)
        self.process.asking.line = killer
        try:
            tally = self.process.run()
        except Killed:
            self.counts.faults["killed"] += 1
            killer.died()
            self.process = None  # with all that it remembered, such as how often it asked
            self.clock.sleep(_RESTART)
            return
        finally:
            self.killing = False
        self.counts.sent += tally.sent
        self.counts.skipped += tally.passed.total()
        self.counts.refused += tally.refused.total()
        self.counts.retried += tally.retried
        self.counts.stopped += tally.stopped is not None
        if not killing:
            assert tally.stopped is None, tally.stopped

    def _perhaps_killed(self, *_: object) -> None:
        if self.killing and self.chance.random() < self.kills:
            raise Killed

    def perhaps_killed(self) -> None:
        self._perhaps_killed()

    def _check(self, server: VendorServer, mapping: Any) -> None:
        with self.ledger.reading() as connection:
            states = pushed(connection, mapping.target)
        newest: dict[str, int] = {}
        for lead, values in server.writes:  # none older over newer
            assert newest.get(lead, -1) <= scores.number_of(values), (self.vendor, lead)
            newest[lead] = scores.number_of(values)
        assert set(states) == set(self.leads)
        refuses = server.poison | (server.deleted if self.vendor != "dynamics" else set())
        for lead, state in states.items():  # none missed; what we believe is what is there
            assert (state.problem is not None) == (lead in refuses), (self.vendor, state)
            if state.problem is None:
                kept = KeptValues.read(state.sent)
                assert kept is not None
                self._same(server.held[lead], kept, mapping)
        twice = Counter((lead, mark(values)) for lead, values in server.writes)
        doubled = {key for key, times in twice.items() if times > 1}
        if self.vendor != "dynamics":  # its trend is told against what was accepted last
            assert doubled <= server.unconfirmed, (self.vendor, doubled - server.unconfirmed)
        assert server.over_limit == 0
        assert server.impatient == 0
        assert set(server.held) <= set(self.leads)  # no record was made up

    def _same(self, held: dict[str, Any], kept: KeptValues, mapping: Any) -> None:
        if self.vendor == "dynamics":
            assert held["msdyn_score"] == kept.values["score"]
            assert scores.number_of(held) == scores.number_of(dict(kept.values))
            return
        empty = "" if self.vendor == "hubspot" else None
        assert held == json.loads(json.dumps(rendered(kept.values, mapping, empty)))


class _KillingLine:
    """A line during which the process may be killed: before a request, and before its answer is seen."""

    def __init__(self, line: CrmLine, trial: Trial, server: VendorServer) -> None:
        self.line, self.trial, self.server, self._answered = line, trial, server, len(server.writes)

    def __call__(self, call: Call) -> CrmAnswer:
        self.trial.perhaps_killed()
        before = len(self.server.writes)
        answer = self.line(call)
        self._answered = before
        self.trial.perhaps_killed()
        return answer

    def died(self) -> None:
        """What the last answer told may not have been kept."""
        told = self.server.writes[self._answered :]
        self.server.unconfirmed |= {(name, mark(values)) for name, values in told}

    def renew(self) -> bool:
        return self.line.renew()
