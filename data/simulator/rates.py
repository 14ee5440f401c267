"""The frozen numbers of the simulated world: how intent moves, what it does, and when it wins.

A lead's hidden intent is one of three states (dormant, curious, ready) and moves between neighbours as a
continuous-time Markov chain. Events are Poisson with a rate that depends on the state, winning and losing
are hazards by state, and both are multiplied by piecewise-constant calendar factors. Every rate is *per day*.

The numbers were chosen once, before any model was fitted, so that base rates and the limit's ranking power
are those seen in lead scoring; a test holds `rates_hash()` so that nobody tunes the world to the model.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Literal

from data.simulator.population import POPULATION

Market = Literal["b2b", "b2c"]
MARKETS: tuple[Market, ...] = ("b2b", "b2c")
STATES = ("dormant", "curious", "ready")
Triple = tuple[float, float, float]
Year = tuple[float, ...]


@dataclass(frozen=True)
class KindRates:
    """One event kind: its rate per day in (dormant, curious, ready) for each market, and how it behaves.

    `mail` kinds stop after an unsubscribe and never start for leads that cannot be mailed. `from_month`
    counts months since the start of history; before it the kind does not exist.
    """

    b2b: Triple
    b2c: Triple
    entry: Triple = (0.0, 0.0, 0.0)
    mail: bool = False
    may_be_late: bool = True
    from_month: int = 0


@dataclass(frozen=True)
class Dynamics:
    """How intent moves in one market, per day: the four neighbour moves, then hazards by state."""

    warm_up: float
    cool_off: float
    ripen: float
    hesitate: float
    win: Triple
    lose: Triple


@dataclass(frozen=True)
class Rates:
    """The whole dynamic part of the world; `kinds` is in file order, `*_season` runs January to December."""

    b2b: Dynamics
    b2c: Dynamics
    kinds: dict[str, KindRates]
    activity_season: Year
    win_season: Year
    win_drift_per_year: float
    late_probability: float
    late_days: int


KINDS = {
    "email_open": KindRates(b2b=(0.016, 0.070, 0.130), b2c=(0.020, 0.075, 0.130), mail=True),
    "email_click": KindRates(b2b=(0.0025, 0.022, 0.070), b2c=(0.003, 0.024, 0.070), mail=True),
    "page_view": KindRates(b2b=(0.012, 0.105, 0.340), b2c=(0.016, 0.130, 0.400)),
    "pricing_view": KindRates(b2b=(0.0006, 0.012, 0.085), b2c=(0.0008, 0.015, 0.100)),
    "form_submit": KindRates(
        b2b=(0.0005, 0.006, 0.016), b2c=(0.0005, 0.006, 0.016), entry=(0.47, 0.42, 0.24)
    ),
    "download": KindRates(b2b=(0.0010, 0.014, 0.020), b2c=(0.0004, 0.005, 0.008), entry=(0.46, 0.38, 0.16)),
    # Webinars begin in the ninth month: a channel whose history is shorter than the company's.
    "webinar_attended": KindRates(b2b=(0.0006, 0.009, 0.014), b2c=(0.0002, 0.002, 0.004), from_month=8),
    "demo_request": KindRates(
        b2b=(0.0001, 0.002, 0.024), b2c=(0.0001, 0.001, 0.010), entry=(0.04, 0.12, 0.34)
    ),
    "quote_request": KindRates(
        b2b=(0.0001, 0.001, 0.020), b2c=(0.0001, 0.002, 0.034), entry=(0.03, 0.08, 0.26)
    ),
    "event_visit": KindRates(b2b=(0.0004, 0.002, 0.002), b2c=(0.0002, 0.001, 0.001), entry=(1.0, 1.0, 1.0)),
    "call_attempt": KindRates(b2b=(0.014, 0.030, 0.070), b2c=(0.008, 0.018, 0.045)),
    "meeting_held": KindRates(b2b=(0.0003, 0.005, 0.034), b2c=(0.0001, 0.001, 0.008)),
    "meeting_no_show": KindRates(b2b=(0.0012, 0.004, 0.004), b2c=(0.0004, 0.001, 0.001)),
    # An unsubscribe stops mail at once, so it is never ingested late: the regime change is always visible.
    "unsubscribe": KindRates(
        b2b=(0.0012, 0.0006, 0.0002), b2c=(0.0016, 0.0008, 0.0003), mail=True, may_be_late=False
    ),
}

RATES = Rates(
    b2b=Dynamics(
        warm_up=0.0028,
        cool_off=0.016,
        ripen=0.0055,
        hesitate=0.014,
        win=(0.00001, 0.0003, 0.0165),
        lose=(0.0022, 0.0020, 0.0060),
    ),
    b2c=Dynamics(
        warm_up=0.0028,
        cool_off=0.026,
        ripen=0.0080,
        hesitate=0.026,
        win=(0.00001, 0.0004, 0.0260),
        lose=(0.0030, 0.0030, 0.0100),
    ),
    kinds=KINDS,
    activity_season=(1.05, 1.05, 1.10, 1.00, 0.95, 1.00, 0.85, 0.65, 1.15, 1.15, 1.10, 0.80),
    win_season=(0.90, 0.95, 1.05, 1.00, 1.00, 1.10, 0.90, 0.70, 1.05, 1.05, 1.10, 1.20),
    win_drift_per_year=0.88,
    late_probability=0.06,
    late_days=2,
)


def rates_hash() -> str:
    """SHA-256 (hex) of every number of the world: dynamics, calendar, population and start effects."""
    world = {"rates": asdict(RATES), "population": asdict(POPULATION)}
    return hashlib.sha256(json.dumps(world, sort_keys=True).encode()).hexdigest()
