"""The simulated world: firms, people, their lives as leads, and the tables that a CRM keeps of them."""

from data.simulator.chain import Chain, build_chain
from data.simulator.company import EXPORT_END
from data.simulator.rates import MARKETS, RATES, STATES, Rates
from data.simulator.seasons import MONTHS, Ints, month_at, month_ends, month_starts
from data.simulator.sellers import Sellers

__all__ = [
    "EXPORT_END",
    "MARKETS",
    "MONTHS",
    "RATES",
    "STATES",
    "Chain",
    "Ints",
    "Rates",
    "Sellers",
    "build_chain",
    "month_at",
    "month_ends",
    "month_starts",
]
