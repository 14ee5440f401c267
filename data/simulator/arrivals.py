"""Leads as they arrive: when, from where, who they are, and how likely each start of intent is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.simulator.firms import Firms, draw_level, draw_regions, effects, shares
from data.simulator.lives import DOORS, Arrivals
from data.simulator.population import Population
from data.simulator.rates import MARKETS
from data.simulator.seasons import Ints, month_at, month_starts
from features.clock import DAY_US
from features.columns import Floats

NO_FIRM = -1
LARGE = 3  # position of the first size level from which a referral opens more doors
OWNER = 0  # owners have no function of their own
WEEK_SHARES = (1.1, 1.2, 1.15, 1.1, 0.95, 0.3, 0.25)  # Monday to Sunday


@dataclass(frozen=True)
class Profiles:
    """Who arrives, one entry a lead: positions of levels; `firm` is NO_FIRM for private persons."""

    created: Ints
    market: Ints
    firm: Ints
    origin: Ints
    country: Ints
    region: Ints
    seniority: Ints
    function: Ints
    address: Ints
    newsletter: npt.NDArray[np.bool_]
    opted_out: npt.NDArray[np.bool_]
    cost: Floats


def draw_moments(rng: np.random.Generator, population: Population, count: int, start: int, end: int) -> Ints:
    """Sorted creation times in [start, end): growth, season, quiet week-ends, uniform within a day."""
    days = np.arange(start, end, DAY_US)
    month, weekday = month_at(days), (days // DAY_US + 3) % 7  # 1970-01-01 was a Thursday
    growth = population.yearly_growth ** ((days - month_starts()[0]) / DAY_US / 365.25)
    weights = growth * np.tile(population.arrival_season, 3)[month] * np.array(WEEK_SHARES)[weekday]
    day = np.sort(draw_level(rng, weights, count))
    return np.sort(days[day] + np.floor(rng.random(count) * DAY_US).astype(np.int64))


def draw_profiles(rng: np.random.Generator, population: Population, firms: Firms, created: Ints) -> Profiles:
    """Draw who arrives at each creation time."""
    count = len(created)
    market = (rng.random(count) >= population.b2b_share).astype(np.int64)
    private = market == MARKETS.index("b2c")
    # The power makes some companies send many leads and most of them one or two.
    firm = np.floor(len(firms.employees) * rng.random(count) ** 1.5).astype(np.int64)
    country = np.where(private, draw_level(rng, shares(population.countries), count), firms.country[firm])
    region = np.where(private, draw_regions(rng, population, country), firms.region[firm])
    address = np.where(
        private,
        draw_level(rng, shares(population.b2c_addresses), count),
        draw_level(rng, shares(population.addresses), count),
    )
    origin = _draw_origins(rng, population, market, month_at(created))
    mean_cost = np.array([level.cost for level in population.origins.values()])
    return Profiles(
        created=created,
        market=market,
        firm=np.where(private, NO_FIRM, firm),
        origin=origin,
        country=country,
        region=region,
        seniority=draw_level(rng, shares(population.seniorities), count),
        function=draw_level(rng, shares(population.functions), count),
        address=address,
        newsletter=rng.random(count) < population.newsletter.share,
        opted_out=rng.random(count) < population.opted_out_share,
        cost=np.round(mean_cost[origin] * rng.lognormal(-0.08, 0.4, count), 2),
    )


def _draw_origins(rng: np.random.Generator, population: Population, market: Ints, month: Ints) -> Ints:
    """Origins by market and month: one that has not begun takes no leads."""
    origins = population.origins.values()
    weights = np.array([[getattr(origin, name) for origin in origins] for name in MARKETS])
    begun = month[:, None] >= np.array([origin.from_month for origin in origins])
    totals = np.cumsum(weights[market] * begun, axis=1)
    at = rng.random(len(market)) * totals[:, -1]
    return np.asarray((at[:, None] >= totals).sum(axis=1), dtype=np.int64)


def fit_of(population: Population, firms: Firms, profiles: Profiles) -> Floats:
    """Sum of a lead's effects in log-odds, shape (n_leads,): company and role count for b2b leads only."""
    referred = profiles.origin == list(population.origins).index("referral")
    business = profiles.firm != NO_FIRM
    size, industry = firms.size[profiles.firm], firms.industry[profiles.firm]
    company = effects(population.sizes)[size] + effects(population.industries)[industry]
    company += population.referred_enterprise_effect * (referred & (size >= LARGE))
    role = effects(population.seniorities)[profiles.seniority]
    role += effects(population.functions)[profiles.function] * (profiles.seniority != OWNER)
    address = np.where(
        business,
        effects(population.addresses)[profiles.address],
        effects(population.b2c_addresses)[profiles.address],
    )
    origin = np.array([level.effect for level in population.origins.values()])[profiles.origin]
    everyone = address + origin + effects(population.countries)[profiles.country]
    everyone += population.newsletter.effect * profiles.newsletter
    return np.asarray(everyone + business * (company + role), dtype=np.float64)


def arrivals_of(population: Population, firms: Firms, profiles: Profiles) -> Arrivals:
    """The dynamic side of the leads: start distribution (softmax of fit), door, and whether mail arrives."""
    fit = fit_of(population, firms, profiles)
    curious = np.array(population.curious_intercept)[profiles.market] + population.curious_slope * fit
    ready = np.array(population.ready_intercept)[profiles.market] + population.ready_slope * fit
    weights = np.exp(np.stack([np.zeros_like(fit), curious, ready], axis=1))
    doors = np.array([DOORS.index(origin.door) for origin in population.origins.values()])
    invalid = list(population.addresses).index("invalid")
    return Arrivals(
        created=profiles.created,
        market=profiles.market,
        door=doors[profiles.origin],
        mailable=~profiles.opted_out & (profiles.address != invalid),
        start=weights / weights.sum(axis=1, keepdims=True),
    )
