"""The answers that leads were given in a span of time, as the ledger keeps them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from serving.ledger import Ledger
from serving.ledger.schema import EVENTS, FIELD_HISTORY, SCORES

_AT_ONCE = 500


@dataclass(frozen=True)
class Given:
    """An answer without its words: whose, about when, when it was recorded (µs), by which rung and version.

    `features` is the JSON of what it was computed from, None where nobody kept it or asked for it.
    """

    seq: int
    lead_id: str
    as_of_us: int
    recorded_us: int
    rung: str
    version: str
    recipe_hash: str
    features: str | None = field(default=None, repr=False)


def answers_given(
    ledger: Ledger, since_us: int, until_us: int, *, newest: int | None = None, features: bool = False
) -> list[Given]:
    """The answers about moments in (since, until], oldest first; `newest` of them alone where it is given.

    Those of challengers, which nobody was told, are left out.
    """
    names = [name for name in Given.__dataclass_fields__ if features or name != "features"]
    query = select(*(SCORES.c[name] for name in names))
    query = query.where(
        SCORES.c.shadow.is_(False), SCORES.c.as_of_us > since_us, SCORES.c.as_of_us <= until_us
    )
    query = query.order_by(SCORES.c.as_of_us.desc(), SCORES.c.seq.desc())
    with ledger.reading() as connection:
        found = [Given(*row) for row in connection.execute(query.limit(newest) if newest else query)]
    return found[::-1]


def recorded_later(ledger: Ledger, given: Sequence[Given]) -> set[int]:
    """The `seq` of the answers of whose lead the ledger was told something afterwards.

    What was told later and is about a time before the answer makes its features others than they were.
    """
    by_lead: dict[str, list[Given]] = {}
    for one in given:
        by_lead.setdefault(one.lead_id, []).append(one)
    late: set[int] = set()
    with ledger.reading() as connection:
        for lead_id, recorded_us, about_us in _told(connection, sorted(by_lead)):
            late |= {
                one.seq
                for one in by_lead[lead_id]
                if recorded_us > one.recorded_us and (about_us is None or about_us <= one.as_of_us)
            }
    return late


def _told(connection: Connection, leads: Sequence[str]) -> Iterator[tuple[str, int, int | None]]:
    """(lead, when it was recorded, what moment it is about); cells of a lead change it whenever they hold."""
    for start in range(0, len(leads), _AT_ONCE):
        part = leads[start : start + _AT_ONCE]
        cells, events = FIELD_HISTORY.c, EVENTS.c
        of_cells = select(cells.lead_id, cells.recorded_us).where(cells.lead_id.in_(part))
        for lead_id, recorded in connection.execute(of_cells):
            yield lead_id, recorded, None
        of_events = select(events.lead_id, events.recorded_us, events.occurred_us)
        for lead_id, recorded, occurred in connection.execute(of_events.where(events.lead_id.in_(part))):
            yield lead_id, recorded, occurred
