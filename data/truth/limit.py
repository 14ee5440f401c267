"""The limit: P(won within the horizon | everything visible at as_of), which no model can beat.

It is exact for the simulated world. It knows a lead's start distribution even where the fields behind it
were blanked, and the rates; so it is an upper bound of what a model may reach from the same tables.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.simulator import MARKETS, RATES, STATES, Chain, Ints, Rates, build_chain
from data.truth.forward import Rows, Sightings, read_states, spectrum, win_within
from features.clock import days_us
from features.columns import Floats
from features.errors import LeadscoreError

LEADS_AT_ONCE = 25_000
COLUMNS = {"lead_id", "created_at", "market", "mailable", *(f"start_{state}" for state in STATES)}
"""What is read of the truth."""


def true_probability(
    truth: pa.Table, events: pa.Table, snapshots: pa.Table, horizon_days: float = 90, *, rates: Rates = RATES
) -> Floats:
    """P(won in (as_of, as_of + horizon_days]) for each snapshot, shape (n_snapshots,), values in (0, 1).

    `truth` and `events` are the simulator's tables (`truth.parquet`, `events.parquet`, duplicates allowed);
    `snapshots` has `lead_id` and `as_of` (timestamp, microseconds). Each lead is taken to be open at its
    as_of. An event counts when it was ingested by then.

    Raises:
        LeadscoreError: a snapshot's lead is not in `truth`, or its as_of lies before the lead's creation.
    """
    chain = build_chain(rates)
    rows, lead_ids = _rows(truth), truth["lead_id"].combine_chunks()
    lead, as_of = _snapshots(snapshots, lead_ids, rows.begin)
    seen, ingested = _sightings(chain, events, lead_ids, rows.begin)
    answer, order = np.empty(len(lead)), np.argsort(lead, kind="stable")
    # Slices of leads keep the memory flat: a token costs about a hundred bytes.
    for first in range(0, len(rows.begin), LEADS_AT_ONCE):
        low, high = np.searchsorted(lead[order], [first, first + LEADS_AT_ONCE])
        begin, end = np.searchsorted(seen.row, [first, first + LEADS_AT_ONCE])
        chosen, part = order[low:high], slice(first, first + LEADS_AT_ONCE)
        some = Rows(rows.begin[part], rows.weights[part], rows.market[part], rows.mailing[part])
        events_of = Sightings(seen.row[begin:end] - first, seen.at[begin:end], seen.code[begin:end])
        states = _states(chain, some, events_of, ingested[begin:end], lead[chosen] - first, as_of[chosen])
        answer[chosen] = win_within(
            chain, states, rows.market[lead[chosen]], as_of[chosen], days_us(horizon_days)
        )
    return answer


def _states(chain: Chain, rows: Rows, seen: Sightings, ingested: Ints, lead: Ints, as_of: Ints) -> Floats:
    """Distribution over states at each snapshot: all is known up to the delay, then only prompt events."""
    known = np.maximum(rows.begin[lead], as_of - chain.delay_us)
    complete = spectrum(chain, np.ones(len(chain.kinds)))
    states = read_states(chain, complete, rows, seen, lead, known)
    event, snapshot = _in_window(seen, lead, known, as_of)
    visible = ingested[event] <= as_of[snapshot]
    event, snapshot = event[visible], snapshot[visible]
    recent = Sightings(snapshot, seen.at[event], seen.code[event])
    mailing = rows.mailing[lead] * ~_unsubscribed(chain, rows, seen, lead, known)
    tail = Rows(known, states, rows.market[lead], mailing)
    return read_states(chain, spectrum(chain, 1 - chain.late), tail, recent, np.arange(len(lead)), as_of)


def _in_window(seen: Sightings, lead: Ints, after: Ints, until: Ints) -> tuple[Ints, Ints]:
    """Pairs (event, snapshot) with the event of the snapshot's lead in (after, until]."""
    low, high = _position(seen, lead, after), _position(seen, lead, until)
    counts = high - low
    snapshot = np.repeat(np.arange(len(lead)), counts)
    nth = np.arange(len(snapshot)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(low, counts) + nth, snapshot


def _position(seen: Sightings, lead: Ints, moment: Ints) -> Ints:
    """Number of sightings (sorted by row and time) up to and including the lead's `moment`."""
    row, at = np.concatenate([seen.row, lead]), np.concatenate([seen.at, moment])
    asked = np.concatenate([np.zeros(len(seen.row), dtype=bool), np.ones(len(lead), dtype=bool)])
    order = np.lexsort((asked, at, row))
    position = np.empty(len(row), dtype=np.int64)
    position[order] = np.cumsum(~asked[order])
    return position[len(seen.row) :]


def _unsubscribed(
    chain: Chain, rows: Rows, seen: Sightings, lead: Ints, moment: Ints
) -> npt.NDArray[np.bool_]:
    """Whether each snapshot's lead had unsubscribed by `moment`."""
    first = np.full(len(rows.begin), np.iinfo(np.int64).max)
    gone = seen.code == chain.unsubscribe
    np.minimum.at(first, seen.row[gone], seen.at[gone])
    return np.asarray(first[lead] <= moment, dtype=bool)


def _rows(truth: pa.Table) -> Rows:
    """The filter's start, one row a lead, in the order of `truth`."""
    market = pc.index_in(truth["market"], value_set=pa.array(MARKETS)).to_numpy().astype(np.int64)
    weights = np.stack([truth[f"start_{state}"].to_numpy() for state in STATES], axis=1)
    mailing = truth["mailable"].to_numpy().astype(np.int64)
    return Rows(_microseconds(truth["created_at"]), weights, market, mailing)


def _snapshots(snapshots: pa.Table, lead_ids: pa.Array, created: Ints) -> tuple[Ints, Ints]:
    """Row of the lead and as_of of each snapshot, checked."""
    lead = pc.fill_null(pc.index_in(snapshots["lead_id"], value_set=lead_ids), -1).to_numpy().astype(np.int64)
    as_of = _microseconds(snapshots["as_of"])
    if (lead < 0).any():
        problem = f"snapshots: lead_id of {int((lead < 0).sum())} rows is not in truth"
        raise LeadscoreError(problem, "Take snapshots and truth from the same simulated folder.")
    if (early := as_of < created[lead]).any():
        problem = f"snapshots: as_of of {int(early.sum())} rows is before the creation of the lead"
        raise LeadscoreError(problem, "Snapshot a lead at its creation or later.")
    return lead, as_of


def _sightings(chain: Chain, events: pa.Table, lead_ids: pa.Array, created: Ints) -> tuple[Sightings, Ints]:
    """Events of known leads sorted by lead and time, exact copies dropped, and when each was ingested."""
    lead = pc.fill_null(pc.index_in(events["lead_id"], value_set=lead_ids), -1).to_numpy().astype(np.int64)
    kind = pc.fill_null(pc.index_in(events["kind"], value_set=pa.array(chain.kinds)), -1).to_numpy()
    if (kind < 0).any():
        known = ", ".join(chain.kinds)
        problem = f"events: kind of {int((kind < 0).sum())} rows is not simulated; known are {known}"
        raise LeadscoreError(problem, "Give the events table of the simulated folder.")
    at, ingested = _microseconds(events["occurred_at"]), _microseconds(events["ingested_at"])
    order = np.lexsort((ingested, kind, at, lead))[int((lead < 0).sum()) :]
    columns = np.stack([lead[order], at[order], kind[order], ingested[order]])
    fresh = np.append(True, (columns[:, 1:] != columns[:, :-1]).any(axis=0))[: len(order)]
    row, at, kind, ingested = columns[:, fresh]
    code = np.where(at == created[row], len(chain.kinds) + kind, kind)
    return Sightings(row, at, code), ingested


def _microseconds(column: pa.ChunkedArray) -> Ints:
    """A timestamp column as microseconds since 1970."""
    stamps = column.cast(pa.timestamp("us", tz="UTC"))
    return np.asarray(stamps.cast(pa.int64()).to_numpy(), dtype=np.int64)
