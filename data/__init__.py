"""The simulated company: its history, an export of new leads, and the limit that no model can beat."""

from data.simulator.company import EXPORT_END, SimulationSummary, simulate, simulate_export
from data.simulator.crm_exports import CRMS, simulate_crm
from data.simulator.rates import rates_hash
from data.truth.known_limit import known_limit
from data.truth.limit import true_probability

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
