"""Writes a simulated company to files: a history to learn from, or an export of new leads to score.

Leads are simulated in chunks, each with its own random stream, and streamed to Parquet: memory stays flat,
and the same seed and number of leads give the same content.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from data.simulator.arrivals import arrivals_of, draw_moments, draw_profiles
from data.simulator.chain import build_chain
from data.simulator.firms import draw_firms
from data.simulator.lives import LOST, OPEN, WON, Arrivals, Lives, live
from data.simulator.population import POPULATION
from data.simulator.rates import RATES, rates_hash
from data.simulator.recipe_text import recipe_text
from data.simulator.seasons import END, START
from data.simulator.stages import draw_amounts, outcomes_of
from data.simulator.tables import (
    add_leaks,
    event_table,
    lead_ids,
    lead_table,
    outcome_table,
    truth_table,
    with_copies,
)
from features.clock import to_us
from features.errors import LeadscoreError

LEADS_AT_ONCE = 25_000
EXPORT_DAYS = 60
EXPORT_END = END + timedelta(days=EXPORT_DAYS)
# New leads work for companies of their own, numbered above those of any history.
EXPORT_FIRST_FIRM = 5_000_000
HISTORY_STREAM, EXPORT_STREAM = 0, 1


@dataclass(frozen=True)
class SimulationSummary:
    """What was written: rows by table (copies included), endings of distinct leads, the span in ISO 8601."""

    leads: int
    events: int
    outcomes: int
    won: int
    lost: int
    copied_leads: int
    copied_events: int
    start: str
    end: str


@dataclass(frozen=True)
class Chunk:
    """Some leads of the simulation and everything known about them."""

    leads: pa.Table
    events: pa.Table
    outcomes: pa.Table
    truth: pa.Table
    lives: Lives
    distinct_events: int


@dataclass(frozen=True)
class Span:
    """Which leads to simulate: arrivals in [start, end) and lives until `end`, in microseconds."""

    stream: int
    prefix: str
    start: int
    end: int
    first_firm: int


Tables: TypeAlias = tuple[pa.Table, pa.Table, pa.Table]
"""Leads, events, truth."""

HISTORY = Span(HISTORY_STREAM, "L", to_us(START), to_us(END), 0)
EXPORT = Span(EXPORT_STREAM, "N", to_us(END), to_us(EXPORT_END), EXPORT_FIRST_FIRM)


def simulate(
    out: Path, leads: int, seed: int, *, progress: Callable[[int], None] | None = None
) -> SimulationSummary:
    """Write leads, events, outcomes and truth (Parquet), recipe.toml and simulation.json to folder `out`.

    `progress` is called with the number of leads done so far. Row group i of `events.parquet` and
    `outcomes.parquet` belongs to the leads of row group i of `truth.parquet`.

    Raises:
        LeadscoreError: `leads` or `seed` is out of range, or `out` is a file.
    """
    _check(out, leads, seed)
    out.mkdir(parents=True, exist_ok=True)
    counts: Counter[str] = Counter()
    with ExitStack() as stack:
        writers: dict[str, pq.ParquetWriter] = {}
        for chunk in _chunks(HISTORY, leads, seed):
            for name in ("leads", "events", "outcomes", "truth"):
                table: pa.Table = getattr(chunk, name)
                if name not in writers:
                    writer = pq.ParquetWriter(out / f"{name}.parquet", table.schema, compression="zstd")
                    writers[name] = stack.enter_context(writer)
                writers[name].write_table(table, row_group_size=max(table.num_rows, 1))
            counts.update(_counts(chunk))
            if progress is not None:
                progress(counts["leads"] - counts["copied_leads"])
    summary = SimulationSummary(**counts, start=START.isoformat(), end=END.isoformat())
    (out / "recipe.toml").write_text(recipe_text(END.isoformat()), encoding="utf-8")
    about = {"seed": seed, "rates_hash": rates_hash(), **asdict(summary)}
    (out / "simulation.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    return summary


def simulate_export(out: Path, rows: int, seed: int, *, copies: bool = True) -> SimulationSummary:
    """Write `export.csv`, `export_events.csv` and `export_truth.parquet`: leads newer than any history.

    They arrive in the EXPORT_DAYS days after the history's end; the export is made at EXPORT_END and holds
    leads that are open then, without the columns that are filled in after an outcome. `export.csv` has
    exactly `rows` rows; without `copies` each is another lead.

    Raises:
        LeadscoreError: `rows` or `seed` is out of range, or `out` is a file.
    """
    _check(out, rows, seed)
    out.mkdir(parents=True, exist_ok=True)
    arriving = int(1.15 * rows) + 5  # about one in ten ends before the export is made
    while (found := _open_leads(arriving, seed, copies))[0].num_rows < rows:
        arriving += max(arriving // 4, 5)
    new_leads, events, truth = _thinned(found, rows, seed)
    pa.csv.write_csv(new_leads, out / "export.csv")
    pa.csv.write_csv(events, out / "export_events.csv")
    pq.write_table(truth, out / "export_truth.parquet", compression="zstd")
    copied_leads = new_leads.num_rows - truth.num_rows
    copied_events = events.num_rows - len(events["event_id"].unique())
    span = {"start": END.isoformat(), "end": EXPORT_END.isoformat()}
    return SimulationSummary(
        new_leads.num_rows, events.num_rows, 0, 0, 0, copied_leads, copied_events, **span
    )


def _open_leads(arriving: int, seed: int, copies: bool) -> Tables:
    """Leads, events and truth of those among `arriving` leads that are open when the export is made."""
    tables: list[Tables] = []
    for chunk in _chunks(EXPORT, arriving, seed):
        opened = chunk.truth["lead_id"].filter(pa.array(chunk.lives.ending == OPEN))
        new_leads, events, truth = (
            _of_leads(part, opened) for part in (chunk.leads, chunk.events, chunk.truth)
        )
        tables.append((new_leads.drop_columns(["contract_reference", "close_reason"]), events, truth))
    leads, events, truth = (pa.concat_tables(parts) for parts in zip(*tables, strict=True))
    if not copies:
        first = np.unique(leads["lead_id"].to_numpy(zero_copy_only=False), return_index=True)[1]
        leads = leads.take(pa.array(np.sort(first)))
    return leads, events, truth


def _thinned(found: Tables, rows: int, seed: int) -> Tables:
    """`rows` rows of the leads, drawn evenly so that their mix is kept, and what belongs to them."""
    leads, events, truth = found
    rng = np.random.default_rng([seed, EXPORT_STREAM])
    kept = leads.take(pa.array(np.sort(rng.choice(leads.num_rows, rows, replace=False))))
    return kept, _of_leads(events, kept["lead_id"]), _of_leads(truth, kept["lead_id"])


def _of_leads(table: pa.Table, ids: pa.ChunkedArray) -> pa.Table:
    """Rows of the table that belong to the given leads."""
    return table.filter(pa.compute.is_in(table["lead_id"], value_set=ids))


def _check(out: Path, leads: int, seed: int) -> None:
    """Refuse what cannot be simulated."""
    if leads < 1:
        raise LeadscoreError(
            f"leads is {leads}; accepted are whole numbers from 1", "Ask for at least one lead."
        )
    if seed < 0:
        raise LeadscoreError(
            f"seed is {seed}; accepted are whole numbers from 0", "Give a seed of 0 or more."
        )
    if out.exists() and not out.is_dir():
        raise LeadscoreError(f"{out} is a file; accepted is a folder", "Name a folder, new or existing.")


def _chunks(span: Span, leads: int, seed: int) -> Iterator[Chunk]:
    """Simulate the span chunk by chunk, in order of arrival."""
    rng = np.random.default_rng([seed, span.stream])
    firms = draw_firms(
        rng, POPULATION, 1 + int(leads * POPULATION.b2b_share / POPULATION.leads_per_account), span.first_firm
    )
    created = draw_moments(rng, POPULATION, leads, span.start, span.end)
    chain, event_number = build_chain(RATES), 0
    for number, first in enumerate(range(0, leads, LEADS_AT_ONCE)):
        rng = np.random.default_rng([seed, span.stream, number + 1])
        who = draw_profiles(rng, POPULATION, firms, created[first : first + LEADS_AT_ONCE])
        arrivals: Arrivals = arrivals_of(POPULATION, firms, who)
        lives = live(chain, arrivals, span.end, rng)
        ids = lead_ids(span.prefix, first, len(who.created))
        outcomes = outcomes_of(chain, lives, draw_amounts(rng, firms, who.firm), span.end)
        events = event_table(rng, chain, lives, ids, event_number, span.end, span.prefix)
        event_number += events.num_rows
        known = add_leaks(rng, lead_table(rng, POPULATION, firms, who, ids), lives)
        yield Chunk(
            leads=with_copies(rng, known, POPULATION.duplicate_leads),
            events=with_copies(rng, events, POPULATION.duplicate_events),
            outcomes=outcome_table(outcomes, ids),
            truth=truth_table(arrivals, ids),
            lives=lives,
            distinct_events=events.num_rows,
        )


def _counts(chunk: Chunk) -> dict[str, int]:
    """The chunk's part of a summary's counts."""
    return {
        "leads": chunk.leads.num_rows,
        "events": chunk.events.num_rows,
        "outcomes": chunk.outcomes.num_rows,
        "won": int((chunk.lives.ending == WON).sum()),
        "lost": int((chunk.lives.ending == LOST).sum()),
        "copied_leads": chunk.leads.num_rows - chunk.truth.num_rows,
        "copied_events": chunk.events.num_rows - chunk.distinct_events,
    }
