"""The simulated world as Arrow tables: what a CRM would export, with its blanks, copies and leaks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from data.simulator.arrivals import NO_FIRM, Profiles
from data.simulator.chain import Chain
from data.simulator.firms import Firms, region_names
from data.simulator.lives import LOST, WON, Arrivals, Lives
from data.simulator.people import draw_emails, draw_phones, draw_titles, number_text, pick
from data.simulator.population import Population
from data.simulator.rates import MARKETS, STATES
from data.simulator.seasons import START, month_at
from data.simulator.stages import STAGES, OutcomeRows

STAMP = pa.timestamp("us", tz="UTC")
CLOSE_REASONS = {
    WON: ("best fit", "price", "existing relation"),
    LOST: ("no budget", "no answer", "competitor", "timing", "not a fit"),
}


def lead_ids(prefix: str, first: int, count: int) -> pa.Array:
    """Identifiers of `count` leads, numbered from `first`."""
    numbered = number_text(np.arange(first, first + count), 7)
    return pc.binary_join_element_wise(pa.scalar(prefix), numbered, "")


def lead_table(
    rng: np.random.Generator, population: Population, firms: Firms, who: Profiles, ids: pa.Array
) -> pa.Table:
    """The leads as they were known at creation, one row each, blanks included."""
    private = who.firm == NO_FIRM
    columns = {
        "lead_id": ids,
        "created_at": pa.array(who.created).cast(STAMP),
        "market": pick(MARKETS, who.market),
        "account_id": _account_ids(firms, who, private),
        "origin": pick(list(population.origins), who.origin),
        "campaign": _campaigns(rng, population, who),
        "cost": pa.array(who.cost),
        "email": draw_emails(rng, population, firms, who),
        "phone": draw_phones(rng, population, who),
        "job_title": draw_titles(rng, population, who),
        "company_size": pa.array(firms.employees[who.firm], mask=private),
        "revenue": pa.array(firms.revenue[who.firm], mask=private),
        "founded": pa.array(firms.founded[who.firm], mask=private),
        "industry": _unless(private, pick(list(population.industries), firms.industry[who.firm])),
        "country": pick(list(population.countries), who.country),
        "region": pick(region_names(population), who.region),
        "newsletter": pa.array(who.newsletter),
        "opted_out": pa.array(who.opted_out),
    }
    for name, share in population.blank_shares.items():
        columns[name] = _unless(rng.random(len(ids)) < share, columns[name])
    return pa.table(columns)


def _unless(blank: npt.NDArray[np.bool_], column: pa.Array) -> pa.Array:
    """The column with nulls where `blank`."""
    return pc.if_else(pa.array(blank), pa.scalar(None, column.type), column)


def _account_ids(firms: Firms, who: Profiles, private: npt.NDArray[np.bool_]) -> pa.Array:
    """Account identifiers; private persons belong to none."""
    numbered = pc.binary_join_element_wise(pa.scalar("A"), number_text(who.firm + firms.first, 6), "")
    return _unless(private, numbered)


def _campaigns(rng: np.random.Generator, population: Population, who: Profiles) -> pa.Array:
    """A campaign of the lead's origin and quarter; three run at a time."""
    quarter = month_at(who.created) // 3
    dated = [f"{START.year + q // 4}q{q % 4 + 1}" for q in range(12)]
    part = pick(("a", "b", "c"), rng.integers(3, size=len(who.origin)))
    origin = pick(list(population.origins), who.origin)
    return pc.binary_join_element_wise(origin, pick(dated, quarter), part, "-")


def add_leaks(rng: np.random.Generator, leads: pa.Table, lives: Lives) -> pa.Table:
    """Two columns that a CRM fills in after the outcome: a contract's number, the reason of closing."""
    count = len(lives.ending)
    contract = pc.binary_join_element_wise("C", number_text(rng.integers(10**6, size=count), 6), "")
    reason = pa.nulls(count, pa.string())
    for ending, reasons in CLOSE_REASONS.items():
        drawn = pick(reasons, rng.integers(len(reasons), size=count))
        reason = pc.if_else(pa.array(lives.ending == ending), drawn, reason)
    leads = leads.append_column("contract_reference", _unless(lives.ending != WON, contract))
    return leads.append_column("close_reason", reason)


def event_table(
    rng: np.random.Generator, chain: Chain, lives: Lives, ids: pa.Array, first: int, until: int, prefix: str
) -> pa.Table:
    """Events ingested by `until`, in order of occurrence, numbered from `first` after `E` and `prefix`.

    `value` is the seconds spent on a page and null for other kinds; it is independent of intent.
    """
    chosen = np.flatnonzero(lives.ingested <= until)
    chosen = chosen[np.argsort(lives.occurred[chosen], kind="stable")]
    numbered = number_text(np.arange(first, first + len(chosen)), 9)
    paged = np.isin(lives.kind[chosen], [chain.kinds.index(kind) for kind in ("page_view", "pricing_view")])
    return pa.table(
        {
            "event_id": pc.binary_join_element_wise("E" + prefix, numbered, ""),
            "lead_id": ids.take(pa.array(lives.lead[chosen])),
            "occurred_at": pa.array(lives.occurred[chosen]).cast(STAMP),
            "kind": pick(chain.kinds, lives.kind[chosen]),
            "ingested_at": pa.array(lives.ingested[chosen]).cast(STAMP),
            "value": pa.array(np.round(rng.lognormal(3.4, 0.8, len(chosen)), 1), mask=~paged),
        }
    )


def outcome_table(outcomes: OutcomeRows, ids: pa.Array) -> pa.Table:
    """Stages and endings, in order of their moments."""
    return pa.table(
        {
            "lead_id": ids.take(pa.array(outcomes.lead)),
            "stage": pick(STAGES, outcomes.stage),
            "occurred_at": pa.array(outcomes.at).cast(STAMP),
            "amount": pa.array(outcomes.amount, mask=np.isnan(outcomes.amount)),
        }
    )


def truth_table(arrivals: Arrivals, ids: pa.Array) -> pa.Table:
    """What only the simulator knows and the limit needs, one row a lead."""
    columns = {
        "lead_id": ids,
        "created_at": pa.array(arrivals.created).cast(STAMP),
        "market": pick(MARKETS, arrivals.market),
        "mailable": pa.array(arrivals.mailable),
    }
    return pa.table(columns | {f"start_{state}": arrivals.start[:, i] for i, state in enumerate(STATES)})


def with_copies(rng: np.random.Generator, table: pa.Table, share: float) -> pa.Table:
    """The table with a share of its rows twice: an exact copy follows at once."""
    copied = rng.random(table.num_rows) < share
    return table.take(pa.array(np.repeat(np.arange(table.num_rows), 1 + copied.astype(np.int64))))
