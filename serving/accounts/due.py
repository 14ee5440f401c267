"""Accounts on their way to a CRM: which figures of them, and which of them changed since they were sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from sqlalchemy import Connection

from features.clock import from_us
from serving.accounts.rollup import AccountRow
from serving.ledger import Ledger
from serving.ledger.pushed import PushState, pushed
from serving.push import PushPlan
from serving.vendors import Outgoing, PushMapping
from serving.vendors.adapter import Value, Values
from serving.vendors.values import KeptValues, stepped

_AT_ONCE = 500
"""Names of one query: SQLite takes so many parameters; of more all states are read."""
_CHANCES = ("any", "any_low", "any_high")
_TELLING = ("leads", "active", "roles_missing")
"""A change of one of these is sent at once; of the chances only a step is."""


def account_values(row: AccountRow | None, as_of_us: int) -> Values:
    """Our values of an account; without open leads (None), or where all of them object, there are none.

    Leads whose person objects to profiling are not counted.
    """
    told: dict[str, Value] = dict.fromkeys((*_TELLING, *_CHANCES)) | {
        "leads": 0, "as_of": f"{from_us(as_of_us):%Y-%m-%dT%H:%M:%SZ}",
    }  # fmt: skip
    if row is None or row.leads == row.opted_out:
        return told
    chances = {name: getattr(row, name) for name in _CHANCES}
    return told | {name: None if p is None else round(p, 4) for name, p in chances.items()} | {
        "leads": row.leads - row.opted_out, "active": row.active_leads,
        "roles_missing": None if row.roles_missing is None else ", ".join(row.roles_missing),
    }  # fmt: skip


@dataclass(frozen=True)
class AccountsDue:
    """The accounts `rows` as of a moment, against what the CRM of `mapping` was last seen to accept.

    An account that was sent and has no open lead any more is cleared.
    """

    ledger: Ledger
    mapping: PushMapping
    rows: Sequence[AccountRow]
    as_of_us: int

    @cached_property
    def _by_name(self) -> dict[str, AccountRow]:
        return {row.account: row for row in self.rows}

    def sweep(self, state: PushState) -> None:
        """Nothing: an account without leads is cleared in the CRM, and its row tells of that."""

    def plan(self, now_us: int) -> PushPlan:
        """The accounts that need sending, the most probable first, then those to clear."""
        plan = PushPlan()
        with self.ledger.reading() as connection:
            states = pushed(connection, self.mapping.target)
            names = [*self._by_name, *sorted(set(states) - set(self._by_name))]
            for name, one in self.look(connection, names, now_us):
                if isinstance(one, str):
                    plan.passed[one] += 1
                else:
                    (plan.again if one.tries else plan.fresh).append(name)
        return plan

    def look(
        self, connection: Connection, names: Sequence[str], now_us: int
    ) -> Iterator[tuple[str, Outgoing | str]]:
        """What is to be sent of each of `names`, or why nothing is: 'unchanged', 'older', 'opted out'."""
        states = pushed(connection, self.mapping.target, names if len(names) <= _AT_ONCE else None)
        for name in names:
            state, row = states.get(name), self._by_name.get(name)
            before = KeptValues.read(state.sent) if state else None
            values = account_values(row, self.as_of_us)
            unsure = state is not None and state.problem is not None  # what the CRM holds is not known
            if state is not None and self.as_of_us < state.as_of_us:
                yield name, "older"
            elif before is None and not unsure and not values["leads"]:
                yield name, "opted out"
            elif before is not None and not unsure and not self._changed(values, before):
                yield name, "unchanged"
            else:
                told = before.values if before else None
                yield name, Outgoing(name, self.as_of_us, values, told, state.tries if state else 0)

    def _changed(self, values: Values, before: KeptValues) -> bool:
        if before.properties != self.mapping.places:
            return True
        if any(values[name] != before.values.get(name) for name in _TELLING):
            return True
        step = self.mapping.step / 100
        return any(stepped(values[name], before.values.get(name), step) for name in _CHANCES)
