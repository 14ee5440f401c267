"""The leads that a ledger knows, scored by their names; the scores kept there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlalchemy import exists, select

from features.clock import now_us
from features.errors import LeadError
from features.lead import Lead
from features.progress import Tick
from serving.answer import Opened, Row
from serving.exploration import with_draws
from serving.ledger import Ledger, ScoreGiven, Writer, lead_of
from serving.ledger.schema import FIELD_HISTORY, LEADS
from serving.neighbours import Beside, neighbours_of
from serving.score import Score

_AT_ONCE = 500
"""Leads of one commit."""


@dataclass
class KnownScored:
    """How many leads were scored, how many were closed already or object to being profiled, and why others
    could not be, by reason."""

    scored: int = 0
    closed: int = 0
    opted_out: int = 0
    failed: Counter[str] = field(default_factory=Counter)


def known_leads(ledger: Ledger, as_of_us: int) -> list[str]:
    """The ids of the leads of whom something is known at `as_of_us`, in the order of their arrival."""
    table = FIELD_HISTORY
    known = exists().where(table.c.lead_id == LEADS.c.lead_id, table.c.valid_from_us <= as_of_us)
    with ledger.reading() as connection:
        query = select(LEADS.c.lead_id).where(known).order_by(LEADS.c.seq)
        return list(connection.execute(query).scalars())


def score_known(
    opened: Opened, writer: Writer, as_of_us: int, *, progress: Tick | None = None
) -> KnownScored:
    """Score every open lead of the ledger as of `as_of_us`, and keep the scores there.

    Of who objects to being profiled, that is kept in place of a score, without features: a CRM is told.
    A lead that cannot be read spoils no other. `progress` is told leads done, of how many.

    Raises:
        LeadscoreError: the ledger fails.
    """
    names, done = known_leads(writer.ledger, as_of_us), KnownScored()
    for first in range(0, len(names), _AT_ONCE):
        part = names[first : first + _AT_ONCE]
        answered = _drawn(opened, writer.ledger, scored_by_name(opened, writer.ledger, part, as_of_us, done))
        writer.submit([_given(opened, *one) for one in answered]).result()
        out = sum(lead.opted_out for lead, _, _ in answered)
        done.opted_out += out
        done.scored += len(answered) - out
        if progress is not None:
            progress(min(first + _AT_ONCE, len(names)), len(names))
    return done


def scored_by_name(
    opened: Opened, ledger: Ledger, names: Sequence[str], as_of_us: int, done: KnownScored
) -> Iterator[tuple[Lead, Row, Score]]:
    """Each open lead of `names` with its features and its score; the others are counted in `done`."""
    leads = list[Lead]()
    for name in names:
        try:
            lead = lead_of(ledger, opened.ladder.reader, name, as_of_us)
        except LeadError as error:
            done.failed[f"{error.problem}."] += 1
            continue
        if lead.outcome is None:
            leads.append(lead)
        else:
            done.closed += 1
    leads = neighbours_of(ledger).together(opened.ladder.recipe, leads, Beside())
    rows = opened.ladder.rows(leads)
    yield from zip(leads, rows, opened.ladder.score_rows(leads, rows), strict=True)


def _drawn(
    opened: Opened, ledger: Ledger, answered: Iterator[tuple[Lead, Row, Score]]
) -> list[tuple[Lead, Row, Score]]:
    """`answered` with what exploration drew, recorded before anybody hears it."""
    rows = list(answered)
    scores = with_draws(ledger, opened.ladder.recipe, [(lead, score) for lead, _, score in rows], now_us())
    return [(lead, row, score) for (lead, row, _), score in zip(rows, scores, strict=True)]


def _given(opened: Opened, lead: Lead, row: Row, score: Score) -> ScoreGiven:
    who = opened.version, opened.ladder.recipe.hash
    return ScoreGiven.of(score, lead.lead_id, lead.as_of_us, *who, None if lead.opted_out else row)
