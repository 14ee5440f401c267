"""Who the simulated leads are: how frequent each kind of company, person and origin is, and how they start.

Every level carries a share (relative frequency) and an effect on *fit*. A lead's fit is the sum of its
effects; the start state is drawn from a softmax over (0, curious + slope * fit, ready + slope * fit).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Level:
    """One level of a category: its share among leads or accounts and its effect on fit, in log-odds."""

    share: float
    effect: float


@dataclass(frozen=True)
class Origin:
    """One origin: share of leads per market, effect on fit, mean cost per lead in euros, and its first month.

    `door` tells how leads of the origin enter: with a web action, with a visit at an event, or with none.
    """

    b2b: float
    b2c: float
    effect: float
    cost: float
    door: str
    from_month: int = 0


@dataclass(frozen=True)
class Population:
    """The static part of the world. Shares need not sum to one; they are normalised where they are drawn."""

    b2b_share: float
    sizes: dict[str, Level]
    industries: dict[str, Level]
    countries: dict[str, Level]
    seniorities: dict[str, Level]
    functions: dict[str, Level]
    addresses: dict[str, Level]
    b2c_addresses: dict[str, Level]
    origins: dict[str, Origin]
    newsletter: Level
    referred_enterprise_effect: float
    curious_intercept: tuple[float, float]
    ready_intercept: tuple[float, float]
    curious_slope: float
    ready_slope: float
    yearly_growth: float
    arrival_season: tuple[float, ...]
    leads_per_account: float
    opted_out_share: float
    blank_shares: dict[str, float]
    duplicate_leads: float
    duplicate_events: float


POPULATION = Population(
    b2b_share=0.72,
    # Keys are "from-to" employees; the middle of the range fits best, so that size is not monotone.
    sizes={
        "1-9": Level(0.30, -0.70),
        "10-49": Level(0.28, 0.00),
        "50-249": Level(0.22, 0.55),
        "250-999": Level(0.11, 0.65),
        "1000-4999": Level(0.06, 0.10),
        "5000-40000": Level(0.03, -0.45),
    },
    industries={
        "Software": Level(0.18, 0.45),
        "Manufacturing": Level(0.15, 0.25),
        "Retail": Level(0.13, -0.10),
        "Professional services": Level(0.12, 0.20),
        "Construction": Level(0.09, -0.25),
        "Health care": Level(0.08, 0.10),
        "Finance": Level(0.07, 0.35),
        "Transport": Level(0.06, 0.00),
        "Education": Level(0.05, -0.55),
        "Public sector": Level(0.03, -0.70),
        "Energy": Level(0.02, 0.30),
        "Agriculture": Level(0.012, -0.35),
        "Aerospace": Level(0.004, 0.50),
        "Fishing": Level(0.002, -0.40),
        "Mining": Level(0.002, 0.00),
    },
    countries={
        "FR": Level(0.46, 0.15),
        "GB": Level(0.12, 0.05),
        "DE": Level(0.09, 0.00),
        "BE": Level(0.08, 0.20),
        "US": Level(0.08, -0.25),
        "CH": Level(0.06, 0.25),
        "ES": Level(0.04, -0.20),
        "IT": Level(0.03, -0.20),
        "CA": Level(0.02, -0.10),
        "LU": Level(0.01, 0.15),
        "MA": Level(0.006, -0.60),
        "SN": Level(0.002, -0.60),
        "IS": Level(0.002, 0.00),
    },
    seniorities={
        "owner": Level(0.12, 0.40),
        "executive": Level(0.10, 0.45),
        "director": Level(0.18, 0.35),
        "manager": Level(0.26, 0.10),
        "specialist": Level(0.24, -0.25),
        "junior": Level(0.10, -0.85),
    },
    functions={
        "sales": Level(0.22, 0.20),
        "marketing": Level(0.22, 0.25),
        "operations": Level(0.18, 0.05),
        "it": Level(0.16, 0.10),
        "finance": Level(0.12, -0.05),
        "people": Level(0.10, -0.35),
    },
    addresses={
        "business": Level(0.74, 0.10),
        "free": Level(0.20, -0.35),
        "disposable": Level(0.015, -1.40),
        "invalid": Level(0.045, -1.10),
    },
    b2c_addresses={
        "business": Level(0.05, 0.10),
        "free": Level(0.90, 0.10),
        "disposable": Level(0.015, -1.40),
        "invalid": Level(0.035, -1.10),
    },
    origins={
        "inbound": Origin(0.30, 0.34, 0.45, 38.0, "web"),
        "outbound": Origin(0.20, 0.06, -0.75, 95.0, "none"),
        "paid": Origin(0.22, 0.36, -0.15, 72.0, "web"),
        # Social selling starts in the thirteenth month: an origin that older history has never seen.
        "social": Origin(0.14, 0.20, -0.40, 41.0, "web", from_month=12),
        "referral": Origin(0.10, 0.10, 0.90, 12.0, "none"),
        "event": Origin(0.10, 0.04, 0.10, 130.0, "visit"),
    },
    newsletter=Level(0.22, 0.40),
    referred_enterprise_effect=0.60,
    curious_intercept=(-0.55, -0.60),
    ready_intercept=(-2.60, -2.45),
    curious_slope=0.70,
    ready_slope=1.65,
    yearly_growth=1.30,
    arrival_season=(1.05, 1.05, 1.10, 1.00, 0.95, 1.00, 0.80, 0.60, 1.20, 1.15, 1.10, 0.75),
    leads_per_account=1.9,
    opted_out_share=0.02,
    blank_shares={
        "company_size": 0.18,
        "revenue": 0.32,
        "founded": 0.40,
        "industry": 0.10,
        "country": 0.03,
        "region": 0.22,
        "job_title": 0.15,
        "email": 0.03,
        "phone": 0.35,
        "campaign": 0.08,
    },
    duplicate_leads=0.004,
    duplicate_events=0.010,
)
