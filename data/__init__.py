"""The simulated company: its history, an export of new leads, and the limit that no model can beat."""

from data.crm_exports import CRMS, simulate_crm
from data.known_limit import known_limit
from data.limit import true_probability
from data.rates import rates_hash
from data.simulator import EXPORT_END, SimulationSummary, simulate, simulate_export

__all__ = [
    "CRMS",
    "EXPORT_END",
    "SimulationSummary",
    "known_limit",
    "rates_hash",
    "simulate",
    "simulate_crm",
    "simulate_export",
    "true_probability",
]
